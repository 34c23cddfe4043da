"""What did Google answer? Its JSON as typed values; KeyError, TypeError or ValueError when it is something else."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from calendar_sync.event_merging import EDITABLE

WRITERS = ("owner", "writer", "writerWithoutPrivateAccess")


@dataclass(frozen=True)
class CalendarEntry:
    """A calendar of the account."""

    id: str
    summary: str
    is_primary: bool
    is_writable: bool
    time_zone: str


@dataclass(frozen=True)
class Event:
    """An event as Google has it. `starts` and `ends` are dates for all-day events, None where Google sent none."""

    id: str
    etag: str
    status: str
    summary: str = ""
    description: str = ""
    starts: datetime | date | None = None
    ends: datetime | date | None = None
    visibility: str = "default"
    transparency: str = "opaque"
    html_link: str = ""
    event_type: str = "default"
    # Of an instance: the id of its series.
    series_id: str = ""
    is_series: bool = False
    # By the person whose calendar this is.
    is_declined: bool = False
    private: Mapping[str, str] = field(default_factory=dict)
    # What people may edit, as Google says it.
    editable: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_cancelled(self) -> bool:
        """Deleted; Google still answers for its id."""
        return self.status == "cancelled"


@dataclass(frozen=True)
class Page:
    """One page of changes. `sync_token` comes with the last one only; `unreadable`: ids of items that made no sense."""

    events: list[Event]
    next_page: str
    sync_token: str
    time_zone: str
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True)
class OpenedChannel:
    """What Google calls the calendar in its pushes, and until when it sends them."""

    resource_id: str
    expires_at: datetime


@dataclass(frozen=True)
class FreeBusy:
    """When somebody is busy. With an `error` nothing is known: that is not free."""

    periods: tuple[tuple[datetime, datetime], ...]
    error: str


def read_page(answer: Mapping[str, Any]) -> Page:
    """One page of events.list."""
    events, unreadable = read_events(answer.get("items", ()))
    return Page(
        events=events,
        next_page=str(answer.get("nextPageToken") or ""),
        sync_token=str(answer.get("nextSyncToken") or ""),
        time_zone=str(answer.get("timeZone") or ""),
        unreadable=unreadable,
    )


def read_events(items: Iterable[Any]) -> tuple[list[Event], tuple[str, ...]]:
    """The events, and the ids of those that are unreadable (empty without one): they keep no other from being read."""
    events: list[Event] = []
    unreadable: list[str] = []
    for item in items:
        try:
            events.append(read_event(item))
        except (KeyError, TypeError, ValueError, AttributeError):
            unreadable.append(str(item.get("id") or "") if isinstance(item, Mapping) else "")
    return events, tuple(unreadable)


def read_calendar(item: Mapping[str, Any]) -> CalendarEntry:
    """One entry of calendarList."""
    return CalendarEntry(
        id=str(item["id"]),
        summary=str(item.get("summaryOverride") or item.get("summary") or item["id"]),
        is_primary=bool(item.get("primary")),
        is_writable=item.get("accessRole") in WRITERS,
        time_zone=str(item.get("timeZone", "")),
    )


def read_event(item: Mapping[str, Any]) -> Event:
    """An events resource; a deleted one may hold little more than its id."""
    return Event(
        id=str(item["id"]),
        etag=str(item.get("etag", "")),
        status=str(item.get("status", "")),
        summary=str(item.get("summary", "")),
        description=str(item.get("description", "")),
        starts=_read_moment(item.get("start")),
        ends=_read_moment(item.get("end")),
        visibility=str(item.get("visibility", "default")),
        transparency=str(item.get("transparency", "opaque")),
        html_link=str(item.get("htmlLink", "")),
        event_type=str(item.get("eventType", "default")),
        series_id=str(item.get("recurringEventId", "")),
        is_series=bool(item.get("recurrence")),
        is_declined=_is_declined(item),
        private=dict(item.get("extendedProperties", {}).get("private", {})),
        editable={name: item[name] for name in EDITABLE if name in item},
    )


def read_channel(answer: Mapping[str, Any]) -> OpenedChannel:
    """The answer of events.watch; `expiration` is in milliseconds."""
    return OpenedChannel(
        resource_id=str(answer["resourceId"]),
        expires_at=datetime.fromtimestamp(int(answer["expiration"]) / 1000, UTC),
    )


def read_free_busy(answer: Mapping[str, Any]) -> FreeBusy:
    """One calendar of the answer of freebusy.query: its failure stands inside a 200."""
    errors = answer.get("errors") or []
    if errors:
        return FreeBusy((), str(errors[0].get("reason") or "unknown"))
    periods = [(datetime.fromisoformat(one["start"]), datetime.fromisoformat(one["end"])) for one in answer["busy"]]
    return FreeBusy(tuple(periods), "")


def _is_declined(item: Mapping[str, Any]) -> bool:
    guests = item.get("attendees") or ()
    return any(guest.get("self") and guest.get("responseStatus") == "declined" for guest in guests)


def _read_moment(value: Mapping[str, str] | None) -> datetime | date | None:
    if not value:
        return None
    if not value.get("dateTime"):
        return date.fromisoformat(value["date"])
    moment = datetime.fromisoformat(value["dateTime"])
    if moment.tzinfo is None and value.get("timeZone"):
        return moment.replace(tzinfo=ZoneInfo(value["timeZone"]))
    return moment
