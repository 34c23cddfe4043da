"""How does one wish become one event? The calls to Google, safe to repeat at any point.

The id stands in our database before the first call. So an answer that was lost costs nothing: the
next attempt meets its own event (409), looks at it and adopts it. What is written is the appointment
as it is now, not as it was when the row was queued.
"""

import json
from datetime import datetime

from django.db import transaction

from atendeai.common.errors import IntegrationError, Rejected, Unreachable
from calendar_sync import events, oauth
from calendar_sync.alert_words import LEFT_BEHIND
from calendar_sync.deadline import Deadline
from calendar_sync.events import Body
from calendar_sync.google_api import AlreadyThere, ChangedMeanwhile, Event, NotAllowed, NotThere
from calendar_sync.models import CalendarWrite, MirrorState, WriteKind, WriteState
from calendar_sync.writes import results
from calendar_sync.writes.attempt import Attempt
from calendar_sync.writes.changing import TRIES, change_present, is_moved
from calendar_sync.writes.wished import body_of
from clinics import alerts
from clinics.models import Status


def perform(*, write: CalendarWrite, now: datetime, deadline: Deadline) -> WriteState:
    """Carries out a claimed row and records how it ended; raises only when the database fails."""
    attempt = Attempt(write, now, deadline)
    try:
        body = _wished_body(write)
        if body is None:
            _remove(attempt)
        else:
            _put(attempt, body)
    except results.LostClaim:
        return WriteState.SUPERSEDED
    except IntegrationError as error:
        return results.failed(write, error)
    except Exception as error:  # noqa: BLE001 - recorded with its traceback; the row must not stay leased
        return results.broken(write, error)
    return results.done(write, now=now)


def _wished_body(write: CalendarWrite) -> Body | None:
    """The event as it should be; None: it should not be there."""
    appointment, link = write.appointment, write.mirror.link
    if appointment is None:
        return _program_body(write) if write.kind == WriteKind.UPSERT else None
    if appointment.status == Status.CANCELLED or appointment.professional_id != link.professional_id:
        return None
    return body_of(appointment, write.clinic)


def _program_body(write: CalendarWrite) -> Body:
    """What a program asked for; no guests once the clinic invites nobody any more."""
    body: Body = json.loads(write.body)
    return body if write.clinic.calendar_invites else {k: v for k, v in body.items() if k != "attendees"}


def _put(attempt: Attempt, body: Body) -> None:
    """The event is in the link's calendar, with this body."""
    mirror, calendar_id = attempt.mirror, attempt.mirror.link.calendar_id
    if mirror.calendar_id and mirror.calendar_id != calendar_id:
        # Another calendar was chosen since.
        _remove(attempt)
    if mirror.state == MirrorState.GONE:
        _next_generation(attempt)
    if mirror.calendar_id != calendar_id:
        results.keep(attempt.write, calendar_id=calendar_id)
    event = _change(attempt, body) if mirror.state == MirrorState.PRESENT else _insert(attempt, body)
    if event is None:
        return
    fields = {"synced_revision": attempt.revision, "text_hash": events.text_hash(body)}
    if is_moved(event, body):
        # Somebody moved it, and that stays until it is decided: without an etag the next pull has it looked at.
        results.keep(attempt.write, state=MirrorState.PRESENT, etag="", **fields)
        return
    results.keep(attempt.write, state=MirrorState.PRESENT, etag=event.etag, **_shown(event), **fields)


def _shown(event: Event) -> dict[str, datetime | None]:
    is_timed = isinstance(event.starts, datetime) and isinstance(event.ends, datetime)
    return {"shown_from": event.starts, "shown_to": event.ends} if is_timed else {}  # type: ignore[dict-item]


def _insert(attempt: Attempt, body: Body) -> Event:
    made = events.new(body)
    for _ in range(TRIES):
        try:
            return attempt.call(
                "events.insert",
                lambda api, place, event_id: api.insert_event(place, event_id, made, tells_guests=attempt.tells_guests),
            )
        except AlreadyThere:
            adopted = _adopt(attempt, body)
        if adopted is not None:
            return adopted
        _next_generation(attempt)
    raise Rejected("google", "events.insert", code="no_free_id")


def _adopt(attempt: Attempt, body: Body) -> Event | None:
    """Our own event from an attempt whose answer was lost; an older body is changed. None: not ours, or gone."""
    found, mirror = attempt.find(), attempt.mirror
    if found is None or not events.is_own(
        found.private, clinic_id=mirror.clinic_id, appointment_id=mirror.appointment_id
    ):
        return None
    if found.private.get(events.HASH) == body["extendedProperties"]["private"].get(events.HASH):
        return found
    return change_present(attempt, body, found)


def _change(attempt: Attempt, body: Body) -> Event | None:
    """Changes the event; one of an appointment that somebody removed in Google is made anew.

    None: it was removed, and that the appointment is only shown otherwise is no reason to make it anew.
    """
    try:
        changed = change_present(attempt, body)
    except NotThere:
        if attempt.mirror.appointment_id is None:
            raise
        changed = None
    if changed is not None or attempt.write.kind == WriteKind.REWRITE:
        return changed
    _next_generation(attempt)
    return _insert(attempt, body)


def _remove(attempt: Attempt) -> None:
    """The event is not in its calendar. An event never sent needs no call; one perhaps sent does."""
    if attempt.mirror.calendar_id and attempt.mirror.state != MirrorState.GONE:
        _delete(attempt)
    results.keep(attempt.write, state=MirrorState.GONE, etag="", synced_revision=attempt.revision)


def _delete(attempt: Attempt) -> None:
    etag = attempt.mirror.etag
    for _ in range(TRIES):
        try:
            _delete_once(attempt, etag)
        except (NotThere, ChangedMeanwhile, NotAllowed) as error:
            # Google answers 403 for events that are deleted already, and 404 for some that are there.
            found = attempt.find()
            if found is None:
                _tell_if_out_of_reach(attempt)
                return
            if isinstance(error, NotAllowed):
                raise
            etag = found.etag
        else:
            return
    raise Unreachable("google", "events.delete", code="conditionNotMet")


def _tell_if_out_of_reach(attempt: Attempt) -> None:
    """Of a calendar that the consent does not open Google says «not found», whatever is in it.

    The appointment goes on into the chosen calendar, where it is looked for. What may have been left behind only a
    person can remove; of a calendar of ours that was deleted this is told, too, for nothing tells the two apart.
    """
    mirror = attempt.mirror
    if mirror.calendar_id == mirror.link.calendar_id or oauth.EVENTS_SCOPE in mirror.link.scopes:
        return
    with transaction.atomic():
        alerts.raise_alert(clinic=attempt.write.clinic, kind=LEFT_BEHIND, target=mirror.link, now=attempt.now)


def _delete_once(attempt: Attempt, etag: str) -> None:
    attempt.call(
        "events.delete",
        lambda api, place, event_id: api.delete_event(place, event_id, etag=etag, tells_guests=attempt.tells_guests),
    )


def _next_generation(attempt: Attempt) -> None:
    """Another id, stored before it is used."""
    mirror = attempt.mirror
    generation = mirror.generation + 1
    results.keep(
        attempt.write,
        generation=generation,
        google_event_id=events.event_id(mirror.key, generation),
        state=MirrorState.ABSENT,
        etag="",
        text_hash="",
    )
