"""Is every call one that Google's own description of the API knows? Written down, never refused: tests ask for it.

Requests: method, path, query (names, types, enumerations, needed ones), headers and body. What we answer ourselves is
judged the same way: a simulator that says what Google never says would hide mistakes.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from starlette.requests import Request
from starlette.responses import Response

from sandbox.google.api_schema import DOCUMENT, Checker, Schema, form_of

logger = logging.getLogger(__name__)
Endpoint = Callable[[Request], Awaitable[Response]]
BASE = "/calendar/v3/"
MOST = 200


@dataclass
class Misfits:
    """What did not fit the description since the last reset, in words; the first few hundred."""

    words: list[str] = field(default_factory=list)

    def note(self, found: Sequence[str]) -> None:
        for one in found:
            logger.warning("not as Google describes it: %s", one)
        self.words += found[: MOST - len(self.words)]


def described(operation: str, endpoint: Endpoint) -> Endpoint:
    """The endpoint of a method, with its calls held against the description."""

    async def judged(request: Request) -> Response:
        misfits: Misfits = request.app.state.misfits
        uri = f"{request.scope['raw_path'].decode()}?{request.scope['query_string'].decode()}"
        misfits.note(_careful(check_request, operation, uri, request.method, await request.body(), request.headers))
        answer = await endpoint(request)
        # Nothing in it: a fault cut the connection. A mask of fields leaves out what would be needed.
        if answer.body and "fields=" not in uri:
            misfits.note(_careful(check_answer, operation, answer.status_code, bytes(answer.body)))
        return answer

    return judged


def _careful(check: Callable[..., list[str]], operation: str, *about: Any) -> list[str]:
    try:
        return check(operation, *about)
    except (ValueError, TypeError, AttributeError) as error:
        return [f"{operation}: {type(error).__name__}"]


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
    return [f"{operation}: {words}" for words in _request(method, uri, http_method, body, headers)]


def check_answer(operation: str, status: int, content: bytes) -> list[str]:
    """What is wrong with the answer of a call that went well."""
    method = find_method(operation)
    if method is None or status >= 300:
        return []
    expected = method.get("response", {}).get("$ref")
    if expected is None:
        return [f"{operation}: an answer where none is expected"] if content else []
    checker = Checker(f"calendar.{operation}", is_request=False, may_be_null=False)
    return [f"answer of {operation}: {words}" for words in checker.resource(expected, json.loads(content))]


def _request(
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
    checker = Checker(method["id"], is_request=True, may_be_null=http_method == "PATCH")
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
    yield from form_of(about, value)
