"""When does a repeating event take place? RRULE, RDATE and EXDATE unrolled in the event's own zone, as Google does.

An instance is named by its master's id and the moment at which the rule puts it: `<id>_20261201T120000Z`, or
`<id>_20261201` for an event of whole days. Clock times stay, whatever the zone does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from sandbox.google.errors import GoogleError
from sandbox.store import Json

INSTANCE = re.compile(r"^(.+)_(\d{8}(?:T\d{6}Z)?)$")
# Google unrolls a series without an end for years; this many instances are enough to be a nuisance.
MOST_INSTANCES = 730
UNTIL = re.compile(r"UNTIL=(\d{8}(?:T\d{6}Z?)?)")


def check(resource: Json) -> None:
    """400 as Google would: rules it cannot read, or a clock time without a zone to repeat it in."""
    if not resource.get("recurrence"):
        return
    if not isinstance(resource["recurrence"], list):
        raise GoogleError(400, "invalid", "Invalid value for: recurrence")
    if "dateTime" in resource["start"] and not resource["start"].get("timeZone"):
        raise GoogleError(400, "required", "Missing time zone definition for start time.")
    try:
        next(stamps(resource), None)
    except (ValueError, TypeError) as error:
        raise GoogleError(400, "invalid", "Invalid recurrence rule.") from error


def stamps(resource: Json) -> Iterator[str]:
    """The names of the instances, in order."""
    start = resource["start"]
    if "date" in start:
        for moment in _local_starts(resource["recurrence"], datetime.fromisoformat(start["date"]), None):
            yield moment.strftime("%Y%m%d")
        return
    zone = ZoneInfo(start["timeZone"])
    first = datetime.fromisoformat(start["dateTime"]).astimezone(zone).replace(tzinfo=None)
    for moment in _local_starts(resource["recurrence"], first, zone):
        yield moment.replace(tzinfo=zone).astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _local_starts(lines: list[str], first: datetime, zone: ZoneInfo | None) -> Iterator[datetime]:
    """Clock times without a zone, none twice, without the excluded ones."""
    excluded = {moment for line in lines if line.startswith("EXDATE") for moment in _dates(line, zone)}
    added = sorted(moment for line in lines if line.startswith("RDATE") for moment in _dates(line, zone))
    rules = [line.removeprefix("RRULE:") for line in lines if line.startswith("RRULE:")]
    found = {first, *added}
    for rule in rules:
        local = UNTIL.sub(lambda match: f"UNTIL={_local(match[1], zone):%Y%m%dT%H%M%S}", rule)
        for number, moment in enumerate(rrulestr(local, dtstart=first)):
            if number >= MOST_INSTANCES:
                break
            found.add(moment)
    yield from (moment for moment in sorted(found) if moment not in excluded)


def _dates(line: str, zone: ZoneInfo | None) -> list[datetime]:
    head, _, values = line.partition(":")
    named = re.search(r"TZID=([^;:]+)", head)
    return [_local(value, zone, ZoneInfo(named[1]) if named else None) for value in values.split(",") if value]


def _local(text: str, zone: ZoneInfo | None, written_in: ZoneInfo | None = None) -> datetime:
    """A moment of a rule as a clock time of the event's zone; a bare date is the end of that day for UNTIL's sake."""
    if len(text) == 8:
        day = datetime.strptime(text, "%Y%m%d")  # noqa: DTZ007 - clock times without a zone on purpose
        return day if zone is None else day + timedelta(hours=23, minutes=59, seconds=59)
    moment = datetime.strptime(text.rstrip("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007
    if zone is None:
        return datetime.combine(moment.date(), datetime.min.time())
    source = UTC if text.endswith("Z") else written_in or zone
    return moment.replace(tzinfo=source).astimezone(zone).replace(tzinfo=None)


def span_of(stamp: str, length: float, zone: str) -> tuple[float, float]:
    """(start, end) of an instance in unix seconds."""
    if "T" in stamp:
        starts_at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
        return starts_at, starts_at + length
    day = datetime.strptime(stamp, "%Y%m%d").replace(tzinfo=ZoneInfo(zone))
    return day.timestamp(), (day + timedelta(days=round(length / 86400))).timestamp()


def instance(master: Json, stamp: str) -> Json:
    """The event that the rule makes at that moment."""
    made = {key: value for key, value in master.items() if key != "recurrence"}
    made["id"] = f"{master['id']}_{stamp}"
    made["recurringEventId"] = master["id"]
    if "T" not in stamp:
        day = datetime.strptime(stamp, "%Y%m%d").date()  # noqa: DTZ007
        days = date.fromisoformat(master["end"]["date"]) - date.fromisoformat(master["start"]["date"])
        made["start"], made["end"] = {"date": day.isoformat()}, {"date": (day + days).isoformat()}
    else:
        first = datetime.fromisoformat(master["start"]["dateTime"])
        length = datetime.fromisoformat(master["end"]["dateTime"]) - first
        starts_at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        made["start"] = _edge(master["start"], starts_at)
        made["end"] = _edge(master["end"], starts_at + length)
    made["originalStartTime"] = made["start"]
    return made


def _edge(pattern: Json, at: datetime) -> Json:
    zone = ZoneInfo(pattern["timeZone"])
    return {"dateTime": at.astimezone(zone).isoformat(timespec="seconds"), "timeZone": pattern["timeZone"]}
