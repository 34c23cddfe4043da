"""How is an event kept for lists? As a row that JSON holds as it is, with all that filtering and sorting ask. Pure.

A remembered list of hundreds of events is sorted and cut into pages without reading any of its times again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from atendeai.common.whole_numbers import parse_whole
from calendar_sync import events
from calendar_sync.busy import moment
from calendar_sync.google_api import Event

# By its columns, in this order: `from` and `until` are the edges as texts in UTC (a whole day's are its midnights at
# the clinic), `starts` and `ends` as Google said them; then id, professional, title, busy, ours, appointment.
Row = list[Any]
Key = tuple[str, str]
_FROM, _ID, _IS_BUSY, _IS_OURS = 0, 1, 7, 8

# By start; of two at once by id.
key_of = itemgetter(_FROM, _ID)


@dataclass(frozen=True)
class ListedEvent:
    """An event of a linked calendar. `title` is empty for private events that are not ours."""

    id: str
    professional_id: int
    title: str
    starts: datetime | date | None
    ends: datetime | date | None
    is_busy: bool
    is_ours: bool
    appointment_id: int | None


def row_of(event: Event, *, clinic_id: int, professional_id: int, zone: ZoneInfo) -> Row:
    """`zone` is the clinic's."""
    is_ours = event.private.get(events.MARK) == "1" and event.private.get(events.CLINIC) == str(clinic_id)
    number = event.private.get(events.APPOINTMENT, "") if is_ours else ""
    is_hidden = not is_ours and event.visibility in ("private", "confidential")
    return [
        _in_utc(event.starts, zone),
        event.id,
        professional_id,
        "" if is_hidden else event.summary,
        event.starts.isoformat() if event.starts else None,
        event.ends.isoformat() if event.ends else None,
        _in_utc(event.ends, zone),
        event.transparency != "transparent",
        is_ours,
        # Anybody who may edit the event may write anything there.
        parse_whole(number),
    ]


def in_order(rows: Iterable[Row], *, only_ours: bool = False, only_busy: bool = False) -> list[Row]:
    """Those that are wanted. Lists that are in order already are merely merged."""
    wanted = [row for row in rows if (row[_IS_OURS] or not only_ours) and (row[_IS_BUSY] or not only_busy)]
    wanted.sort(key=key_of)
    return wanted


def event_of(row: Row) -> ListedEvent:
    """The event for a program in Python."""
    _from, event_id, professional_id, title, starts, ends, _until, is_busy, is_ours, appointment_id = row
    return ListedEvent(event_id, professional_id, title, _edge(starts), _edge(ends), is_busy, is_ours, appointment_id)


def json_of(row: Row) -> Mapping[str, Any]:
    """The event for a program outside. Moments end in Z, as everywhere in the API."""
    begins, event_id, professional_id, title, starts, ends, until, is_busy, is_ours, appointment_id = row
    return {
        "id": event_id,
        "professional": professional_id,
        "title": title,
        "starts_at": _written(starts, begins),
        "ends_at": _written(ends, until),
        "all_day": starts is not None and "T" not in starts,
        "busy": is_busy,
        "own": is_ours,
        "appointment": appointment_id,
    }


def _in_utc(edge: datetime | date | None, zone: ZoneInfo) -> str:
    return moment(edge, zone).isoformat() if edge else ""


def _written(edge: str | None, in_utc: str) -> str | None:
    return in_utc.replace("+00:00", "Z") if edge and "T" in edge else edge


def _edge(text: str | None) -> datetime | date | None:
    if not text:
        return None
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
