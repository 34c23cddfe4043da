"""How is an event changed that people change too? With its etag; what they wrote stays, what they moved is theirs.

When nothing of what people may edit is to change, one call does. Else, and when the etag no longer holds, the event is
read first and the two changes are put together.
"""

from datetime import datetime

from atendeai.common.errors import Unreachable
from calendar_sync import events
from calendar_sync.events import Body
from calendar_sync.google_api import ChangedMeanwhile, Event, NotThere
from calendar_sync.writes.attempt import Attempt

# A person who edits the event at this very moment, or an id that is taken: bounded, then later again.
TRIES = 3


def change_present(attempt: Attempt, body: Body, found: Event | None = None) -> Event | None:
    """The changed event, or None when it was removed. `found`: as it was read just now. Raises `NotThere`, too."""
    etag = "" if _must_look(attempt, body) else attempt.mirror.etag
    for _ in range(TRIES):
        if found is None and not etag:
            found = attempt.find()
            if found is None:
                return None
        try:
            event = _patch(attempt, _changes(attempt, body, found), found.etag if found else etag)
        except ChangedMeanwhile:
            found, etag = None, ""
        except NotThere:
            # Google says so of events that are there, too: who believes it makes a second one.
            found, etag = attempt.find(), ""
            if found is None:
                raise
        else:
            return None if event.is_cancelled else event
    raise Unreachable("google", "events.patch", code="conditionNotMet")


def _must_look(attempt: Attempt, body: Body) -> bool:
    """Whether something that people may edit is to change."""
    if attempt.mirror.appointment_id is None:
        return "attendees" in body
    return events.text_hash(body) != attempt.mirror.text_hash


def _changes(attempt: Attempt, body: Body, found: Event | None) -> Body:
    """What to send, for the event as it was read, or for one that is as we left it."""
    if attempt.mirror.appointment_id is None:
        # A program's own words are a wish of now: they are written whatever stood there.
        return events.with_guests(body, found.editable, found.private) if found and "attendees" in body else body
    if found is None:
        return events.unedited(body)
    changes = events.merged(body, found.editable, found.private, last_text_hash=attempt.mirror.text_hash)
    return events.without_times(changes) if _only_they_moved(attempt, found, body) else changes


def _only_they_moved(attempt: Attempt, found: Event, body: Body) -> bool:
    """They moved the event, we did not move the appointment: theirs to be decided about, not to be run over."""
    mirror = attempt.mirror
    if mirror.shown_from is None or not is_moved(found, body) or _is_where_we_put_it(found):
        return False
    if found.etag == mirror.etag:
        # It was decided about already: this write puts it back.
        return False
    shown = events.times(mirror.shown_from, mirror.shown_to or mirror.shown_from, attempt.write.clinic.time_zone)
    return all(body[edge]["dateTime"] == shown[edge]["dateTime"] for edge in ("start", "end"))


def _is_where_we_put_it(found: Event) -> bool:
    """By the event's own property: a write of ours whose answer was lost is no person's doing."""
    if not isinstance(found.starts, datetime) or not isinstance(found.ends, datetime) or found.is_series:
        return False
    return found.private.get(events.WHEN) == events.when_of(found.starts, found.ends)


def is_moved(event: Event, body: Body) -> bool:
    """Whether the event takes place at another time than the body says."""
    if "start" not in body:
        return False
    wished = [datetime.fromisoformat(body[edge]["dateTime"]) for edge in ("start", "end")]
    return [event.starts, event.ends] != wished or event.is_series


def _patch(attempt: Attempt, changes: Body, etag: str) -> Event:
    return attempt.call(
        "events.patch",
        lambda api, place, event_id: api.patch_event(
            place, event_id, events.plain(changes), etag=etag, tells_guests=attempt.tells_guests
        ),
    )
