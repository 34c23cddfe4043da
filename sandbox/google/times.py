"""When is an event? Google's start and end, read into unix seconds and shown in the calendar's zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sandbox.google.errors import GoogleError
from sandbox.store import Json

DATE = re.compile(r"^\d{4}-\d\d-\d\d$")


def to_stamp(moment: datetime) -> str:
    """Google's own writing of `created` and `updated`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def read_instant(text: str, name: str) -> float:
    """An RFC 3339 parameter with an offset, as unix seconds."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise GoogleError(400, "badRequest", f"Bad Request: {name}", location=name, locationType="parameter")
    return moment.timestamp()


def read_span(resource: Json, zone: str) -> tuple[float, float]:
    """(start, end) in unix seconds; puts both in the calendar's zone. Raises GoogleError as Google would."""
    starts_at = _read_edge(resource, "start", zone)
    ends_at = _read_edge(resource, "end", zone)
    if ("date" in resource["start"]) != ("date" in resource["end"]):
        raise GoogleError(400, "invalid", "Invalid start or end: both must be dates or both times.")
    if ends_at <= starts_at:
        raise GoogleError(400, "timeRangeEmpty", "The specified time range is empty.")
    return starts_at, ends_at


def _read_edge(resource: Json, name: str, zone: str) -> float:
    edge = resource.get(name)
    if not isinstance(edge, dict) or not (edge.get("dateTime") or edge.get("date")):
        raise GoogleError(400, "required", f"Missing {name} time.")
    own_zone = _zone(edge.get("timeZone") or zone)
    moment = _read_moment(edge, name, own_zone, has_zone="timeZone" in edge)
    if edge.get("date"):
        resource[name] = {"date": edge["date"]}
    else:
        shown = moment.astimezone(_zone(zone)).isoformat(timespec="seconds")
        resource[name] = {"dateTime": shown, "timeZone": edge.get("timeZone") or zone}
    return moment.timestamp()


def _read_moment(edge: Json, name: str, zone: ZoneInfo, *, has_zone: bool) -> datetime:
    text: Any = edge.get("date") or edge.get("dateTime")
    if edge.get("date") and not DATE.match(str(text)):
        raise GoogleError(400, "invalid", f"Invalid value for: {name}.date")
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise GoogleError(400, "invalid", f"Invalid value for: {name}") from error
    if moment.tzinfo is not None:
        return moment
    if not edge.get("date") and not has_zone:
        raise GoogleError(400, "required", f"Missing time zone definition for {name} time.")
    return moment.replace(tzinfo=zone)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise GoogleError(400, "invalid", f"Invalid time zone: {name}") from error
