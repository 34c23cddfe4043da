"""The Calendar calls: the table of refusals, and the shared service with a transport of its own per call."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from atendeai.common.errors import (
    CredentialsRevoked,
    IntegrationError,
    NotConfigured,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Unreachable,
)
from calendar_sync.deadline import Waits
from calendar_sync.google_api import (
    AlreadyThere,
    BadToken,
    Calendar,
    ChangedMeanwhile,
    NotAllowed,
    NotThere,
    classify,
)

WHEN = {"start": {"date": "2028-01-17"}, "end": {"date": "2028-01-18"}}
TABLE = [
    (400, "badRequest", Rejected),
    (400, "timeRangeEmpty", Rejected),
    (400, "", Rejected),
    (401, "authError", BadToken),
    (403, "userRateLimitExceeded", Throttled),
    (403, "rateLimitExceeded", Throttled),
    (403, "quotaExceeded", Throttled),
    (403, "forbiddenForNonOrganizer", Rejected),
    (403, "insufficientPermissions", CredentialsRevoked),
    (403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT", CredentialsRevoked),
    (403, "accessNotConfigured", NotConfigured),
    (401, "push.webhookUrlUnauthorized", NotConfigured),
    (400, "push.webhookUrlUnauthorized", NotConfigured),
    (403, "SERVICE_DISABLED", NotConfigured),
    (403, "forbidden", NotAllowed),
    (404, "notFound", NotThere),
    (408, "", Unreachable),
    (409, "duplicate", AlreadyThere),
    (410, "deleted", NotThere),
    (412, "conditionNotMet", ChangedMeanwhile),
    (429, "rateLimitExceeded", Throttled),
    (429, "", Throttled),
    (500, "backendError", Unreachable),
    (503, "backendError", Unreachable),
    (502, "", OutcomeUnknown),
]


@pytest.mark.parametrize(("status", "reason", "expected"), TABLE)
def test_refusals(status: int, reason: str, expected: type[IntegrationError]) -> None:
    assert classify(status, reason) is expected


class Handler(BaseHTTPRequestHandler):
    """Answers what the test said, and notes what came."""

    protocol_version = "HTTP/1.1"
    status, answer, headers_out = 200, b"{}", {}  # type: ignore[var-annotated]
    seen: list[tuple[str, str, dict[str, str], bytes]] = []

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.seen.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        answer = (
            self.answer
            if self.answer != b"token"
            else json.dumps(
                {"id": self.headers["Authorization"].removeprefix("Bearer "), "status": "confirmed"}
            ).encode()
        )
        self.send_response(self.status)
        for name, value in {**self.headers_out, "Content-Length": str(len(answer))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815 - names that http.server calls

    def log_message(self, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[tuple[str, type[Handler]]]:
    handler = type("OwnHandler", (Handler,), {"seen": []})
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{httpd.server_port}", handler
    httpd.shutdown()
    httpd.server_close()


def calendar(address: str, token: str = "token-of-aurora") -> Calendar:
    return Calendar(base_url=address, access_token=token, waits=Waits(1, 2), clinic_id=1)


def refusal(reason: str) -> bytes:
    return json.dumps({"error": {"errors": [{"reason": reason}], "code": 1, "message": "m"}}).encode()


def test_an_insert_carries_our_id_our_token_and_tells_nobody(server: Any) -> None:
    address, handler = server
    handler.answer = b'{"id": "abcde", "etag": "\\"1\\"", "status": "confirmed"}'
    event = calendar(address).insert_event("a@b.example", "abcde", {"summary": "Consulta", **WHEN})
    (method, path, headers, body) = handler.seen[0]
    assert (method, path.partition("?")[0]) == ("POST", "/calendar/v3/calendars/a%40b.example/events")
    assert "sendUpdates=none" in path
    assert json.loads(body) == {"summary": "Consulta", "id": "abcde", **WHEN}
    assert headers["authorization"] == "Bearer token-of-aurora"
    assert headers["content-type"] == "application/json"
    assert (event.id, event.etag) == ("abcde", '"1"')


def test_a_change_is_made_only_if_the_etag_still_holds(server: Any) -> None:
    address, handler = server
    handler.answer = b'{"id": "abcde", "status": "confirmed"}'
    calendar(address).patch_event("c", "abcde", {"summary": "x"}, etag='"7"')
    handler.status, handler.answer = 204, b""
    calendar(address).delete_event("c", "abcde", etag='"8"')
    calendar(address).delete_event("c", "abcde", etag="")
    assert [headers.get("if-match") for _, _, headers, _ in handler.seen] == ['"7"', '"8"', None]


@pytest.mark.parametrize(("status", "reason", "expected"), TABLE)
def test_refusals_on_the_wire(server: Any, status: int, reason: str, expected: type[IntegrationError]) -> None:
    address, handler = server
    handler.status, handler.answer = status, refusal(reason) if reason else b"<html>no</html>"
    with pytest.raises(expected) as caught:
        calendar(address).get_event("person@clinic.example", "abcde")
    assert (caught.value.status, caught.value.code) == (status, reason or str(status))
    assert "person@clinic.example" not in str(caught.value)
    assert len(handler.seen) == 1  # nothing is repeated here


def test_a_pause_is_as_long_as_google_says_and_an_hour_for_the_quota(server: Any) -> None:
    address, handler = server
    handler.status, handler.answer, handler.headers_out = 429, refusal("rateLimitExceeded"), {"Retry-After": "17"}
    with pytest.raises(Throttled) as caught:
        calendar(address).get_event("c", "abcde")
    assert caught.value.retry_after_seconds == 17
    handler.status, handler.answer, handler.headers_out = 403, refusal("quotaExceeded"), {}
    with pytest.raises(Throttled) as caught:
        calendar(address).get_event("c", "abcde")
    assert caught.value.retry_after_seconds == 3600
    handler.headers_out = {"Retry-After": "90"}
    with pytest.raises(Throttled) as caught:
        calendar(address).get_event("c", "abcde")
    assert caught.value.retry_after_seconds == 90


@pytest.mark.parametrize("answer", [b"", b"not json", b"[]", b'{"no": "id"}', b'{"id": "a", "start": {"date": "x"}}'])
def test_an_unreadable_success_is_an_unknown_outcome(server: Any, answer: bytes) -> None:
    address, handler = server
    handler.answer = answer
    with pytest.raises(OutcomeUnknown):
        calendar(address).insert_event("c", "abcde", WHEN)


def test_a_redirect_is_refused_so_that_no_token_travels(server: Any) -> None:
    address, handler = server
    handler.status, handler.headers_out = 307, {"Location": f"{address}/elsewhere"}
    with pytest.raises(Rejected):
        calendar(address).get_event("c", "abcde")
    assert len(handler.seen) == 1


def test_lists_are_read_to_the_last_page(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    address, handler = server
    pages = [
        {
            "items": [{"id": "one", "start": {"date": "2026-11-23"}, "end": {"date": "2026-11-24"}}],
            "nextPageToken": "p2",
        },
        {"items": [], "nextPageToken": "p3"},
        {"items": [{"id": "two", "start": {"dateTime": "2026-11-23T08:00:00-03:00"}}]},
    ]
    plain = handler.do_GET

    def do_get(self: Handler) -> None:
        type(self).answer = json.dumps(pages[len(self.seen)]).encode()
        plain(self)

    monkeypatch.setattr(handler, "do_GET", do_get)
    moment = datetime(2026, 11, 23, tzinfo=UTC)
    found = calendar(address).list_events("c", time_min=moment, time_max=moment)
    assert [event.id for event in found] == ["one", "two"]
    assert found[0].starts == date(2026, 11, 23)
    assert found[1].starts == datetime(2026, 11, 23, 11, tzinfo=UTC)
    assert ["pageToken=p2" in handler.seen[1][1], "pageToken=p3" in handler.seen[2][1]] == [True, True]


def test_threads_never_get_each_others_answers(server: Any) -> None:
    """The service is shared, the transport and the token are not."""
    address, handler = server
    handler.answer = b"token"
    wrong: list[str] = []

    def ask(name: str) -> None:
        wrong.extend(name for _ in range(20) if calendar(address, name).get_event("c", "e").id != name)

    threads = [threading.Thread(target=ask, args=(f"token{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(handler.seen) == 160
