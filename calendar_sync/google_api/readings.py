"""What did Google answer? Its JSON as typed values; KeyError, TypeError or ValueError when it is something else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

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
    private: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_cancelled(self) -> bool:
        """Deleted; Google still answers for its id."""
        return self.status == "cancelled"


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
        private=dict(item.get("extendedProperties", {}).get("private", {})),
    )


def _read_moment(value: Mapping[str, str] | None) -> datetime | date | None:
    if not value:
        return None
    if "dateTime" in value:
        return datetime.fromisoformat(value["dateTime"])
    return date.fromisoformat(value["date"])
