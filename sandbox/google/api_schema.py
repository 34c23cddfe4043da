"""Is this resource one that Google's own description of the API knows? Judged by the document of its client library.

Field by field: nothing that the schema does not know, nothing read-only in what is sent, null only where a patch
removes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from googleapiclient import discovery_cache

Schema = Mapping[str, Any]
DOCUMENT: Schema = json.loads(discovery_cache.get_static_doc("calendar", "v3"))
NAMED_VALUES = re.compile(r'^- "(\w+)" - ', re.M)
OFFSET = re.compile(r"(Z|[+-]\d\d:\d\d)$")
# Read-only without the document saying so in these words.
ALSO_READ_ONLY = {("Event", "etag"), ("Event", "kind"), ("Event", "sequence")}
KINDS: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "object": dict,
    "array": list,
}
# What only prose says: at most five reminders, no earlier than four weeks; eleven colours; Google's id alphabet.
PATTERNS = {"Event.colorId": r"[1-9]|1[01]", "Event.id": "[a-v0-9]{5,1024}", "EventReminder.method": "email|popup"}
MOST = {"Event.reminders.overrides": 5, "EventReminder.minutes": 40320, "Event.attachments": 25}
PROPERTIES = {"Event.extendedProperties.private", "Event.extendedProperties.shared"}


def form_of(about: Schema, value: str) -> Iterator[str]:
    """Dates and moments. A moment without an offset needs a zone beside it, which the caller looks at."""
    reader = {"date-time": datetime.fromisoformat, "date": date.fromisoformat}.get(about.get("format", ""))
    try:
        if reader is not None:
            reader(value)
    except ValueError:
        yield f"no {about['format']}: {value!r}"


class Checker:
    """Compares a resource with its schema."""

    def __init__(self, method: str, *, is_request: bool, may_be_null: bool) -> None:
        self._method = method
        self._is_request = is_request
        self._may_be_null = may_be_null

    def resource(self, name: str, value: Any) -> Iterator[str]:
        """A named schema."""
        yield from self._value(DOCUMENT["schemas"][name], value, name)
        if self._is_request and isinstance(value, dict):
            yield from self._needed(name, value)
            text = value.get("dateTime") or "Z"
            if name == "EventDateTime" and not value.get("timeZone") and not OFFSET.search(text):
                yield f"{name}.dateTime: neither offset nor zone"

    def _needed(self, name: str, value: Mapping[str, Any]) -> Iterator[str]:
        for field, about in DOCUMENT["schemas"][name].get("properties", {}).items():
            if self._method in about.get("annotations", {}).get("required", ()) and field not in value:
                yield f"{name}.{field}: missing"

    def _value(self, about: Schema, value: Any, at: str) -> Iterator[str]:
        if "$ref" in about:
            if value is None and self._may_be_null:
                return
            yield from self.resource(about["$ref"], value)
            return
        if value is None and self._may_be_null:
            return
        kind = about.get("type", "any")
        if kind == "any":
            return
        is_of_kind: bool = isinstance(value, KINDS[kind])
        if not is_of_kind or (kind in ("integer", "number") and isinstance(value, bool)):
            yield f"{at}: {type(value).__name__} instead of {kind}"
            return
        if kind == "object":
            yield from self._object(about, value, at)
        elif kind == "array":
            if len(value) > MOST.get(at, len(value)):
                yield f"{at}: more than {MOST[at]}"
            for item in value:
                yield from self._value(about["items"], item, at)
        else:
            yield from self._scalar(about, value, at)

    def _object(self, about: Schema, value: Mapping[str, Any], at: str) -> Iterator[str]:
        known = about.get("properties", {})
        others = about.get("additionalProperties")
        for name, inner in value.items():
            place = f"{at}.{name}"
            if name in known:
                if self._is_request and self._is_read_only(at, name, known[name]):
                    yield f"{place}: read-only"
                yield from self._value(known[name], inner, place)
            elif others is not None:
                if self._is_request and at in PROPERTIES and (len(name) > 44 or len(str(inner)) > 1024):
                    yield f"{place}: too long"
                yield from self._value(others, inner, place)
            else:
                yield f"{place}: unknown"

    @staticmethod
    def _is_read_only(at: str, name: str, about: Schema) -> bool:
        # Of a guest only these say so while still being ours to send back in a whole list.
        if at == "EventAttendee":
            return False
        return (
            bool(about.get("readOnly")) or "Read-only" in about.get("description", "") or (at, name) in ALSO_READ_ONLY
        )

    def _scalar(self, about: Schema, value: Any, at: str) -> Iterator[str]:
        named = about.get("enum") or NAMED_VALUES.findall(about.get("description", ""))
        if named and value not in named:
            yield f"{at}: not one of {named}: {value!r}"
        if at in PATTERNS and not re.fullmatch(PATTERNS[at], str(value)):
            yield f"{at}: {value!r}"
        if at in MOST and not 0 <= value <= MOST[at]:
            yield f"{at}: out of range"
        if isinstance(value, str):
            yield from (f"{at}: {words}" for words in form_of(about, value))
