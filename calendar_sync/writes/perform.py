"""How does one wish become one event? The calls to Google, safe to repeat at any point.

The id stands in our database before the first call. So an answer that was lost costs nothing: the
next attempt meets its own event (409), looks at it and adopts it. What is written is the appointment
as it is now, not as it was when the row was queued.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from atendeai.common.errors import IntegrationError, Rejected, Unreachable
from calendar_sync import calls, events
from calendar_sync.deadline import Deadline
from calendar_sync.events import Body
from calendar_sync.google_api import (
    AlreadyThere,
    Calendar,
    ChangedMeanwhile,
    Event,
    NotAllowed,
    NotThere,
)
from calendar_sync.models import CalendarWrite, EventMirror, MirrorState, WriteKind, WriteState
from calendar_sync.writes import results
from calendar_sync.writes.wished import body_of
from clinics.models import Status

T = TypeVar("T")
# A person who edits the event at this very moment, or an id that is taken: bounded, then later again.
TRIES = 3


@dataclass(frozen=True)
class Attempt:
    """A claimed row on its way."""

    write: CalendarWrite
    now: datetime
    deadline: Deadline

    @property
    def mirror(self) -> EventMirror:
        """Our side of the event."""
        return self.write.mirror

    @property
    def revision(self) -> int:
        """What the event shows once this is written."""
        return self.write.appointment.revision if self.write.appointment else self.write.revision

    def call(self, operation: str, act: Callable[[Calendar, str, str], T]) -> T:
        """Calls Google about this event: `act(calendar, calendar id, event id)`."""
        place, event_id = self.mirror.calendar_id, self.mirror.google_event_id
        return calls.call(
            link=self.mirror.link,
            operation=operation,
            now=self.now,
            deadline=self.deadline,
            act=lambda calendar: act(calendar, place, event_id),
        )


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
        return json.loads(write.body) if write.kind == WriteKind.UPSERT else None
    if appointment.status == Status.CANCELLED or appointment.professional_id != link.professional_id:
        return None
    return body_of(appointment, write.clinic)


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
    fields = {"synced_revision": attempt.revision, "text_hash": events.text_hash(body)}
    if _is_moved(event, body):
        # Somebody moved it, and that stays until it is decided: without an etag the next pull has it looked at.
        results.keep(attempt.write, state=MirrorState.PRESENT, etag="", **fields)
        return
    results.keep(attempt.write, state=MirrorState.PRESENT, etag=event.etag, **_shown(event), **fields)


def _shown(event: Event) -> dict[str, datetime | None]:
    is_timed = isinstance(event.starts, datetime) and isinstance(event.ends, datetime)
    return {"shown_from": event.starts, "shown_to": event.ends} if is_timed else {}  # type: ignore[dict-item]


def _is_moved(event: Event, body: Body) -> bool:
    """Whether the event takes place at another time than the body says."""
    if "start" not in body:
        return False
    wished = [datetime.fromisoformat(body[edge]["dateTime"]) for edge in ("start", "end")]
    return [event.starts, event.ends] != wished or event.is_series


def _insert(attempt: Attempt, body: Body) -> Event:
    for _ in range(TRIES):
        try:
            return attempt.call("events.insert", lambda api, place, event_id: api.insert_event(place, event_id, body))
        except AlreadyThere:
            found = _find(attempt)
        if found is not None and _is_ours(attempt, found):
            return _adopt(attempt, found, body)
        _next_generation(attempt)
    raise Rejected("google", "events.insert", code="no_free_id")


def _is_ours(attempt: Attempt, event: Event) -> bool:
    mirror = attempt.mirror
    return events.is_own(event.private, clinic_id=mirror.clinic_id, appointment_id=mirror.appointment_id)


def _adopt(attempt: Attempt, event: Event, body: Body) -> Event:
    """An earlier attempt made it and its answer was lost; only an older body needs a change."""
    if event.private.get(events.HASH) == body["extendedProperties"]["private"].get(events.HASH):
        return event
    return _patch(attempt, body, event.etag)


def _change(attempt: Attempt, body: Body) -> Event:
    """Changes the event; one of an appointment that somebody removed in Google is made anew."""
    same_texts = events.text_hash(body) == attempt.mirror.text_hash
    changes = events.without_texts(body) if same_texts else body
    try:
        changed = _patch_present(attempt, changes)
    except NotThere:
        if attempt.mirror.appointment_id is None:
            raise
        changed = None
    if changed is not None:
        return changed
    _next_generation(attempt)
    return _insert(attempt, body)


def _patch_present(attempt: Attempt, changes: Body) -> Event | None:
    """The changed event, or None when it was removed. Somebody's change since our last look is read first."""
    etag = attempt.mirror.etag
    for _ in range(TRIES):
        if not etag:
            found = _find(attempt)
            if found is None:
                return None
            etag = found.etag
            if _only_they_moved(attempt, found, changes):
                changes = events.without_times(changes)
        try:
            event = _patch(attempt, changes, etag)
        except ChangedMeanwhile:
            etag = ""
        else:
            return None if event.is_cancelled else event
    raise Unreachable("google", "events.patch", code="conditionNotMet")


def _only_they_moved(attempt: Attempt, found: Event, changes: Body) -> bool:
    """They moved the event, we did not move the appointment: theirs to be decided about, not to be run over."""
    mirror = attempt.mirror
    if mirror.shown_from is None or "start" not in changes:
        return False
    shown = events.times(mirror.shown_from, mirror.shown_to or mirror.shown_from, attempt.write.clinic.time_zone)
    is_ours_unmoved = all(changes[edge]["dateTime"] == shown[edge]["dateTime"] for edge in ("start", "end"))
    return is_ours_unmoved and _is_moved(found, changes)


def _patch(attempt: Attempt, changes: Body, etag: str) -> Event:
    return attempt.call(
        "events.patch", lambda api, place, event_id: api.patch_event(place, event_id, events.plain(changes), etag=etag)
    )


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
        except NotThere:
            return
        except (ChangedMeanwhile, NotAllowed) as error:
            # Google sometimes answers 403 for an event that is deleted already.
            found = _find(attempt)
            if found is None:
                return
            if isinstance(error, NotAllowed):
                raise
            etag = found.etag
        else:
            return
    raise Unreachable("google", "events.delete", code="conditionNotMet")


def _delete_once(attempt: Attempt, etag: str) -> None:
    attempt.call("events.delete", lambda api, place, event_id: api.delete_event(place, event_id, etag=etag))


def _find(attempt: Attempt) -> Event | None:
    """The event as it is now; None when it is not there or deleted."""
    try:
        event = attempt.call("events.get", lambda api, place, event_id: api.get_event(place, event_id))
    except NotThere:
        return None
    return None if event.is_cancelled else event


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
