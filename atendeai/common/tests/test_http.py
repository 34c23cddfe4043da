"""What becomes of a call, over real sockets: which error, what is logged, what is never sent."""

import logging
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from atendeai.common import http
from atendeai.common.errors import IntegrationError, NotConfigured, OutcomeUnknown, Unreachable
from atendeai.common.tests import servers
from atendeai.common.tests.servers import Server

HIDDEN = "plughxyzzy"


@pytest.fixture
def server() -> Iterator[Server]:
    with servers.answering() as running:
        yield running


@pytest.fixture
def observed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    calls: list[tuple[Any, ...]] = []
    monkeypatch.setattr(http, "_observers", [])
    http.observe(lambda *call: calls.append(call))
    return calls


def call(url: str, method: str = "GET", **options: Any) -> http.Reply:
    about: dict[str, Any] = {"provider": "whatsapp", "operation": "messages", "clinic_id": 7}
    return http.call(method, url, **{**about, "connect_seconds": 1.0, "read_seconds": 0.3, **options})


@pytest.mark.parametrize("status", [200, 204, 400, 401, 404, 429, 500, 503])
def test_any_status_is_a_reply(server: Server, status: int) -> None:
    server.says({"a": 1}, status, X_Usage="9")
    server.answer.body = b"" if status == 204 else server.answer.body
    reply = call(server.url)
    assert reply.status == status
    assert reply.headers["x-usage"] == "9"


def test_bodies_and_headers_go_out_as_given(server: Server) -> None:
    call(server.url + "/a", "POST", json={"x": "é"}, headers={"Authorization": "Bearer t"})
    call(server.url + "/b", "POST", form={"code": "1/x"})
    call(server.url + "/c", "POST", body=b"raw", headers={"Content-Type": "text/x"})
    call(server.url + "/d", params={"fields": "a,b"})
    json_call, form_call, raw_call, query_call = server.seen
    assert json_call.json() == {"x": "é"}
    assert json_call.headers["Authorization"] == "Bearer t"
    assert form_call.body == b"code=1%2Fx"
    assert (raw_call.body, raw_call.headers["Content-Type"]) == (b"raw", "text/x")
    assert query_call.path == "/d?fields=a%2Cb"


def test_json_of_a_body_that_is_none_is_a_value_error(server: Server) -> None:
    for body in (b"<html>", b"", b"[" * 100_000):
        server.answer.body = body
        with pytest.raises(ValueError):
            call(server.url, read_seconds=5).json()


def test_a_redirect_is_a_reply_and_not_followed(server: Server) -> None:
    server.says({}, 302, Location=server.url + "/elsewhere")
    assert call(server.url + "/first", headers={"Authorization": "Bearer t"}).status == 302
    assert [seen.path for seen in server.seen] == ["/first"]


def test_nobody_listening_is_unreachable() -> None:
    with pytest.raises(Unreachable) as caught:
        call(servers.refused_url())
    assert (caught.value.provider, caught.value.operation) == ("whatsapp", "messages")


def test_an_unknown_host_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        call("http://nobody.invalid/")


def test_a_connection_that_is_never_made_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        with pytest.raises(Unreachable):
            call(f"http://127.0.0.1:{port}/", connect_seconds=0.2)
        for one in waiting:
            one.close()


@pytest.mark.parametrize("behave", [servers.speak_nonsense, servers.reset, servers.hang_up])
def test_tls_that_fails_is_unreachable(behave: Callable[[socket.socket], None]) -> None:
    with servers.misbehaving(behave) as url, pytest.raises(Unreachable):
        call(url.replace("http:", "https:"))


def test_a_proxy_that_opens_no_tunnel_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "")
    with servers.misbehaving(servers.hang_up) as url:
        monkeypatch.setenv("HTTPS_PROXY", url)
        with pytest.raises(Unreachable):
            call("https://graph.example/v24.0/1/messages", "POST", json={"a": 1})


@pytest.mark.parametrize(
    "behave",
    [
        servers.say_nothing,
        servers.reset,
        servers.hang_up,
        servers.reset_mid_answer,
        servers.end_mid_answer,
        servers.speak_nonsense,
        servers.trickle,
        servers.trickle_the_body,
    ],
)
def test_no_answer_to_what_was_sent_is_an_unknown_outcome(behave: Callable[[socket.socket], None]) -> None:
    with servers.misbehaving(behave) as url, pytest.raises(OutcomeUnknown):
        call(url, "POST", json={"a": 1})


@pytest.mark.parametrize("behave", [servers.trickle, servers.trickle_the_body])
def test_an_answer_that_trickles_in_takes_no_longer_than_its_time(behave: Callable[[socket.socket], None]) -> None:
    started = time.monotonic()
    with servers.misbehaving(behave) as url:
        with pytest.raises(OutcomeUnknown):
            call(url)
        assert time.monotonic() - started < 1.5  # 0.3 s are its time; byte by byte it would be 3 to 4


def test_a_kept_connection_has_its_whole_time_again(server: Server) -> None:
    for _ in range(4):
        time.sleep(0.12)
        assert call(server.url).status == 200
    assert len(server.connections) == 1


def test_a_failure_to_connect_after_a_good_call_is_still_unreachable(server: Server) -> None:
    call(server.url)
    with pytest.raises(Unreachable):
        call(servers.refused_url())


@pytest.mark.parametrize(
    "options",
    [
        {"headers": {"Authorization": "Bearer a\nb"}},
        {"headers": {"Authorization": "Bearer \u2019"}},
    ],
)
def test_a_header_that_cannot_be_sent_is_a_matter_of_configuration(server: Server, options: dict[str, Any]) -> None:
    with pytest.raises(NotConfigured):
        call(server.url, **options)
    assert server.seen == []


@pytest.mark.parametrize("url", ["graph.facebook.com/x", "http://", "gopher://x/"])
def test_an_address_that_is_none_is_a_matter_of_configuration(url: str) -> None:
    with pytest.raises(NotConfigured):
        call(url)


def test_a_thread_reuses_its_connection_and_shares_it_with_no_other(server: Server) -> None:
    def twice() -> None:
        call(server.url)
        call(server.url)

    threads = [threading.Thread(target=twice) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.seen) == 6
    assert len(server.connections) == 3


def test_cookies_are_not_kept(server: Server) -> None:
    server.says({}, 200, Set_Cookie="who=aurora; Path=/")
    call(server.url)
    call(server.url)
    assert "Cookie" not in server.seen[1].headers


def test_netrc_never_replaces_our_authorization(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n", encoding="ascii")
    monkeypatch.setenv("NETRC", str(netrc))
    call(server.url, headers={"Authorization": "Bearer ours"})
    assert server.seen[0].headers["Authorization"] == "Bearer ours"


def test_one_log_line_without_token_query_or_body(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    server.says({"answer": "answersecret"})
    with caplog.at_level(logging.DEBUG):
        call(
            server.url + "/path",
            "POST",
            params={"q": "querysecret"},
            json={"body": "bodysecret"},
            headers={"Authorization": "Bearer tokensecret"},
        )
    (record,) = caplog.records
    assert record.name == "atendeai.outbound"
    logged = vars(record)
    assert "secret" not in repr(logged)
    assert (logged["provider"], logged["operation"], logged["clinic_id"]) == ("whatsapp", "messages", 7)
    assert (logged["status"], logged["outcome"]) == (200, "2xx")
    assert 0 <= logged["duration_ms"] < 300


def test_a_failure_shows_neither_token_nor_query(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(IntegrationError) as refused:
        call(servers.refused_url(), params={"q": HIDDEN}, headers={"Authorization": HIDDEN})
    with pytest.raises(IntegrationError) as unsendable:
        call("http://127.0.0.1:1/", headers={"Authorization": f"Bearer a\n{HIDDEN}"})
    for caught in (refused, unsendable):
        shown = "".join(traceback.format_exception(caught.value))
        assert HIDDEN not in shown
        assert HIDDEN not in repr(caught.value)
    assert all(HIDDEN not in repr(vars(record)) for record in caplog.records)


def test_observers_hear_every_outcome(server: Server, observed: list[tuple[Any, ...]]) -> None:
    call(server.url)
    server.says({}, 503)
    call(server.url)
    with pytest.raises(Unreachable):
        call(servers.refused_url())
    with servers.misbehaving(servers.hang_up) as url, pytest.raises(OutcomeUnknown):
        call(url)
    assert [one[:4] for one in observed] == [
        ("whatsapp", "messages", 7, outcome) for outcome in ("2xx", "5xx", "unreachable", "outcome_unknown")
    ]
    assert all(0 <= one[4] < 2 for one in observed)


def test_an_observer_that_fails_does_not_undo_the_call(
    server: Server, observed: list[tuple[Any, ...]], caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError

    http.observe(fails)
    assert call(server.url).status == 200
    assert "ZeroDivisionError" in caplog.text
    assert len(observed) == 1
