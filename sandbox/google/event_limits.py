"""What does Google refuse in an event that a caller writes? Reminders, colour, guests, private properties.

Limits of extendedProperties are background knowledge, no published figure.
"""

from __future__ import annotations

import re
from typing import Any

from sandbox.google.errors import GoogleError
from sandbox.store import Json

COLORS = {str(number) for number in range(1, 12)}
MOST_REMINDERS = 5
LONGEST_MINUTES = 40320
MOST_GUESTS = 200
KEY_LENGTH, VALUE_LENGTH, MOST_PROPERTIES, PROPERTIES_BYTES = 44, 1024, 300, 32 * 1024
EMAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")


def check(resource: Json) -> None:
    """Raises GoogleError as Google would."""
    _reminders(resource.get("reminders") or {})
    if resource.get("colorId") and resource["colorId"] not in COLORS:
        raise GoogleError(400, "invalid", "Invalid value for: colorId")
    source = resource.get("source")
    if source and not str(source.get("url", "")).startswith(("http://", "https://")):
        raise GoogleError(400, "invalid", "Invalid value for: source.url")
    _guests(resource.get("attendees") or [])
    for kind in ("private", "shared"):
        _properties((resource.get("extendedProperties") or {}).get(kind) or {})


def _reminders(reminders: Json) -> None:
    overrides = reminders.get("overrides") or []
    if reminders.get("useDefault") and overrides:
        raise GoogleError(
            400, "cannotUseDefaultRemindersAndSpecifyOverride", "Cannot specify both default reminders and overrides."
        )
    if len(overrides) > MOST_REMINDERS:
        raise GoogleError(400, "tooManyReminders", "Too many reminders.")
    for one in overrides:
        if one.get("method") not in ("email", "popup") or not 0 <= int(one.get("minutes", -1)) <= LONGEST_MINUTES:
            raise GoogleError(400, "invalid", "Invalid value for: reminders.overrides")


def _guests(guests: list[Any]) -> None:
    if len(guests) > MOST_GUESTS:
        raise GoogleError(400, "tooManyAttendees", "Too many attendees.")
    for guest in guests:
        if not isinstance(guest, dict) or not EMAIL.match(str(guest.get("email", ""))):
            raise GoogleError(400, "invalid", "Invalid attendee email.")


def _properties(properties: Json) -> None:
    if len(properties) > MOST_PROPERTIES or len(str(properties).encode()) > PROPERTIES_BYTES:
        raise GoogleError(400, "invalid", "Too many extended properties.")
    for name, value in properties.items():
        if not isinstance(value, str) or len(name) > KEY_LENGTH or len(value) > VALUE_LENGTH:
            raise GoogleError(400, "invalid", "Invalid value for: extendedProperties")
