"""Is this call one that Google's own description of the API knows? Judged by the document that ships with its library.

Requests: method, path, query (names, types, enumerations, needed ones), headers and body, field by field: nothing that
the schema does not know, nothing read-only, null only where a patch removes. Answers the same way, but for these two.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from googleapiclient import discovery_cache

Schema = Mapping[str, Any]
DOCUMENT: Schema = json.loads(discovery_cache.get_static_doc("calendar", "v3"))
BASE = "/calendar/v3/"
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


def find_method(operation: str) -> Schema | None:
    """The description of `events.insert` and its like."""
    resource, _, name = operation.partition(".")
    found: Schema | None = DOCUMENT["resources"].get(resource, {}).get("methods", {}).get(name)
    return found


def check_request(
    operation: str, uri: str, http_method: str, body: str | bytes | None, headers: Mapping[str, str]
) -> list[str]:
    """What is wrong with it, in words."""
    method = find_method(operation)
    if method is None:
        return [f"{operation}: no such method"]
    return [f"{operation}: {words}" for words in _request(operation, method, uri, http_method, body, headers)]


def check_answer(operation: str, status: int, content: bytes) -> list[str]:
    """What is wrong with the answer of a call that went well."""
    method = find_method(operation)
    if method is None or status >= 300:
        return []
    expected = method.get("response", {}).get("$ref")
    if expected is None:
        return [f"{operation}: an answer where none is expected"] if content else []
    checker = _Checker(f"calendar.{operation}", is_request=False, may_be_null=False)
    return [f"answer of {operation}: {words}" for words in checker.resource(expected, json.loads(content))]


def _request(
    operation: str,
    method: Schema,
    uri: str,
    http_method: str,
    body: str | bytes | None,
    headers: Mapping[str, str],
) -> Iterator[str]:
    parts = urlsplit(uri)
    if http_method != method["httpMethod"]:
        yield f"{http_method} instead of {method['httpMethod']}"
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", method["path"])
    path = re.fullmatch(pattern, parts.path.removeprefix(BASE)) if parts.path.startswith(BASE) else None
    if path is None:
        yield "not this method's path"
    given = {name: unquote(value) for name, value in (path.groupdict() if path else {}).items()}
    yield from _parameters(method, given, parse_qsl(parts.query, keep_blank_values=True))
    names = {name.lower() for name in headers}
    if "if-match" in names and http_method not in ("PATCH", "PUT", "DELETE"):
        yield "If-Match on a call that changes nothing there is"
    expected = method.get("request", {}).get("$ref")
    if expected is None:
        if body:
            yield "a body where none is expected"
        return
    checker = _Checker(method["id"], is_request=True, may_be_null=http_method == "PATCH")
    yield from checker.resource(expected, json.loads(body or b"{}"))


def _parameters(method: Schema, path: Mapping[str, str], query: Sequence[tuple[str, str]]) -> Iterator[str]:
    known = {**DOCUMENT["parameters"], **method.get("parameters", {})}
    names = [name for name, _ in query]
    for name, value in [*path.items(), *query]:
        about = known.get(name)
        if about is None or (about.get("location", "query") == "path") != (name in path):
            yield f"parameter {name}: unknown"
            continue
        if names.count(name) > 1 and not about.get("repeated"):
            yield f"parameter {name}: given twice"
        yield from (f"parameter {name}: {words}" for words in _text_value(about, value))
    given = {*path, *names}
    yield from (
        f"parameter {name}: missing" for name, about in known.items() if about.get("required") and name not in given
    )


def _text_value(about: Schema, value: str) -> Iterator[str]:
    kind = about["type"]
    if kind == "boolean" and value not in ("true", "false"):
        yield f"no boolean: {value!r}"
    if kind == "integer":
        if not value.lstrip("-").isdecimal():
            yield f"no integer: {value!r}"
        elif not int(about.get("minimum", value)) <= int(value) <= int(about.get("maximum", value)):
            yield "out of range"
    if "enum" in about and value not in about["enum"]:
        yield f"not one of {about['enum']}: {value!r}"
    yield from _form(about, value)


def _form(about: Schema, value: str) -> Iterator[str]:
    """Dates and moments. A moment without an offset needs a zone beside it, which the caller looks at."""
    reader = {"date-time": datetime.fromisoformat, "date": date.fromisoformat}.get(about.get("format", ""))
    try:
        if reader is not None:
            reader(value)
    except ValueError:
        yield f"no {about['format']}: {value!r}"


class _Checker:
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
            yield from (f"{at}: {words}" for words in _form(about, value))
