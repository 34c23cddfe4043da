"""Is a program's event one that Google will take and this clinic allows? Pure: `event_data` in, Google's body out.

Keys: title, description, start_time, end_time (aware), time_zone (IANA; the clinic's by default), attendees (e-mails,
or {"email", "name"}), metadata (text → text), professional_id. Whatever is wrong is `InvalidEvent` and names its field.

Limits: titles and descriptions ours; private properties 44 and 1024 characters, 300 in all, 32 kB (background
knowledge, no published figure); guests far below what Google calls abuse.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from calendar_sync import events

EventData = Mapping[str, Any]
KEYS = (
    "title",
    "description",
    "start_time",
    "end_time",
    "time_zone",
    "attendees",
    "metadata",
    "professional_id",
)
# What `metadata` may not pretend to be.
RESERVED = frozenset({events.MARK, events.CLINIC, events.APPOINTMENT, events.HASH, events.WROTE, events.WHEN})
LONGEST_TITLE, LONGEST_DESCRIPTION = 1024, 8192
LONGEST = timedelta(days=31)
YEARS = range(2000, 2101)
MOST_GUESTS = 50
LONGEST_EMAIL, LONGEST_NAME = 254, 120
KEY_LENGTH, VALUE_LENGTH = 44, 1024
# Room for our own properties is left of Google's 300 and 32 kB.
MOST_METADATA, METADATA_BYTES = 250, 28_000
EMAIL = re.compile(r"[^@\s,;<>()\"]+@[^@\s,;<>()\".]+(\.[^@\s,;<>()\".]+)+")


class InvalidEvent(ValueError):
    """`event_data` is not usable: `field` says which of its fields, the text why."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field


@dataclass(frozen=True)
class Rules:
    """What follows from the clinic."""

    clinic_id: int
    zone: str
    invites: bool


def body_of(event_data: EventData, rules: Rules, *, is_new: bool) -> dict[str, Any]:
    """What Google is to be sent; of a change only what it names. Raises `InvalidEvent`."""
    _check_keys(event_data, is_new=is_new)
    body: dict[str, Any] = {"visibility": "private", "transparency": "opaque"} if is_new else {}
    body |= _texts(event_data, is_new=is_new)
    body |= _times(event_data, rules, is_new=is_new)
    body |= _guests(event_data, rules)
    marked = events.marked(body, clinic_id=rules.clinic_id, marks=_metadata(event_data))
    if "start" not in body:
        return marked
    return events.with_private(marked, {events.WHEN: _when(event_data)})


def professional_in(event_data: EventData) -> int | None:
    """Whose calendar is meant. Raises `InvalidEvent`."""
    found = event_data.get("professional_id")
    if found is not None and (isinstance(found, bool) or not isinstance(found, int)):
        raise InvalidEvent("professional_id", "a number")
    return found


def check_window(time_min: object, time_max: object, *, longest: timedelta) -> None:
    """A period that goes forward and is not too long. Raises `InvalidEvent`."""
    start, end = _moment("time_min", time_min), _moment("time_max", time_max)
    if end <= start:
        raise InvalidEvent("time_max", "must be after time_min")
    if end - start > longest:
        raise InvalidEvent("time_max", f"at most {longest.days} days after time_min")


def _check_keys(event_data: EventData, *, is_new: bool) -> None:
    if not isinstance(event_data, Mapping):
        raise InvalidEvent("event_data", "values by name")
    for name in event_data:
        if name not in KEYS:
            raise InvalidEvent(str(name)[:60], f"no such field; there are {', '.join(KEYS)}")
    if not is_new and not set(event_data) - {"professional_id"}:
        raise InvalidEvent("event_data", "nothing to change")


def _texts(event_data: EventData, *, is_new: bool) -> dict[str, Any]:
    title = _text(event_data, "title", LONGEST_TITLE)
    description = _text(event_data, "description", LONGEST_DESCRIPTION)
    if not (title or "").strip() and (is_new or "title" in event_data):
        raise InvalidEvent("title", "needed")
    found = {"summary": title, "description": description}
    return {name: value for name, value in found.items() if value is not None}


def _text(event_data: EventData, name: str, longest: int) -> str | None:
    value = event_data.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidEvent(name, "a text")
    if len(value) > longest:
        raise InvalidEvent(name, f"at most {longest} characters, not {len(value)}")
    if any(ord(letter) < 32 and letter not in "\n\r\t" for letter in value):
        raise InvalidEvent(name, "no control characters")
    return value


def _times(event_data: EventData, rules: Rules, *, is_new: bool) -> dict[str, Any]:
    zone = _zone(event_data.get("time_zone"), rules.zone)
    names = ("start_time", "end_time")
    if not is_new and all(event_data.get(name) is None for name in names):
        if event_data.get("time_zone") is not None:
            raise InvalidEvent("time_zone", "only together with start_time and end_time")
        return {}
    start, end = (_moment(name, event_data.get(name)) for name in names)
    if end <= start:
        raise InvalidEvent("end_time", "must be after start_time")
    if end - start > LONGEST:
        raise InvalidEvent("end_time", f"at most {LONGEST.days} days after start_time")
    return events.times(start, end, zone)


def _when(event_data: EventData) -> str:
    return events.when_of(event_data["start_time"], event_data["end_time"])


def _moment(name: str, value: object) -> datetime:
    if value is None:
        raise InvalidEvent(name, "needed")
    if not isinstance(value, datetime):
        raise InvalidEvent(name, "a datetime")
    if value.utcoffset() is None:
        raise InvalidEvent(name, "a datetime with its time zone")
    if value.year not in YEARS:
        raise InvalidEvent(name, f"in the years {YEARS[0]} to {YEARS[-1]}")
    # Google keeps whole seconds: what is less apart would be an event without length.
    return value.replace(microsecond=0)


def _zone(name: object, default: str) -> str:
    if name is None:
        return default
    try:
        return ZoneInfo(name).key if isinstance(name, str) and name else _no_zone()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return _no_zone()


def _no_zone() -> str:
    raise InvalidEvent("time_zone", "an IANA zone such as America/Sao_Paulo")


def _guests(event_data: EventData, rules: Rules) -> dict[str, Any]:
    wished = event_data.get("attendees")
    if wished is None:
        return {}
    if isinstance(wished, (str, bytes, Mapping)) or not isinstance(wished, (list, tuple)):
        raise InvalidEvent("attendees", "a list")
    if wished and not rules.invites:
        raise InvalidEvent("attendees", "this clinic invites nobody; an owner can allow it in the clinic's settings")
    if len(wished) > MOST_GUESTS:
        raise InvalidEvent("attendees", f"at most {MOST_GUESTS}, not {len(wished)}")
    found = {guest["email"].lower(): guest for guest in map(_guest, wished, range(len(wished)))}
    return {"attendees": list(found.values())}


def _guest(value: object, position: int) -> dict[str, str]:
    at = f"attendees[{position}]"
    guest = {"email": value} if isinstance(value, str) else value
    if not isinstance(guest, Mapping) or set(guest) - {"email", "name"}:
        raise InvalidEvent(at, 'an e-mail, or {"email", "name"}')
    email, name = guest.get("email"), guest.get("name")
    if not isinstance(email, str) or len(email) > LONGEST_EMAIL or not EMAIL.fullmatch(email):
        raise InvalidEvent(at, "no e-mail address")
    if name is not None and (not isinstance(name, str) or len(name) > LONGEST_NAME):
        raise InvalidEvent(at, f"a name of at most {LONGEST_NAME} characters")
    return {"email": email} | ({"displayName": name} if name else {})


def _metadata(event_data: EventData) -> dict[str, str]:
    marks = event_data.get("metadata")
    if marks is None:
        return {}
    if not isinstance(marks, Mapping):
        raise InvalidEvent("metadata", "texts by name")
    for name, value in marks.items():
        _check_property(name, value)
    if len(marks) > MOST_METADATA:
        raise InvalidEvent("metadata", f"at most {MOST_METADATA} names, not {len(marks)}")
    size = sum(len(name.encode()) + len(value.encode()) for name, value in marks.items())
    if size > METADATA_BYTES:
        raise InvalidEvent("metadata", f"at most {METADATA_BYTES} bytes in all, not {size}")
    return dict(marks)


def _check_property(name: object, value: object) -> None:
    if not isinstance(name, str) or not isinstance(value, str):
        raise InvalidEvent("metadata", "texts by name")
    at = f"metadata.{name[:KEY_LENGTH]}"
    if not 0 < len(name) <= KEY_LENGTH or not name.isprintable():
        raise InvalidEvent(at, f"a name of 1 to {KEY_LENGTH} characters")
    if name in RESERVED:
        raise InvalidEvent(at, "a name of ours")
    if len(value) > VALUE_LENGTH:
        raise InvalidEvent(at, f"at most {VALUE_LENGTH} characters, not {len(value)}")
