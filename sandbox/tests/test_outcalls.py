"""Does the small HTTP client read what real servers write?"""

from __future__ import annotations

import asyncio

import pytest

from sandbox.outcalls import Answer, Caller, NoAnswerError


def ask(*replies: bytes, calls: int = 1, keep: bool = False) -> tuple[list[Answer], list[bytes], int]:
    """Answers, the requests as they came, and how many connections were opened."""
    heads: list[bytes] = []
    connections = 0
    waiting = list(replies)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        while waiting:
            head = await reader.readuntil(b"\r\n\r\n")
            heads.append(head)
            writer.write(waiting.pop(0))
            await writer.drain()
            if not keep:
                break
        writer.close()

    async def run() -> list[Answer]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        caller = Caller()
        found = []
        for _ in range(calls):
            found.append(await caller.call("GET", f"http://127.0.0.1:{port}/a?b=c", headers={"X-One": "1"}))
            await asyncio.sleep(0.02)
        caller.close()
        server.close()
        return found

    return asyncio.run(run()), heads, connections


PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_a_request_is_complete_and_connections_are_kept() -> None:
    answers, heads, connections = ask(PLAIN, PLAIN, calls=2, keep=True)
    assert [(one.status, one.body) for one in answers] == [(200, b"ok")] * 2
    assert connections == 1
    assert heads[0].startswith(b"GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"X-One: 1\r\n" in heads[0]


def test_a_kept_connection_that_was_closed_is_opened_again() -> None:
    answers, _heads, connections = ask(PLAIN, PLAIN, calls=2)
    assert [one.status for one in answers] == [200, 200]
    assert connections == 2


@pytest.mark.parametrize(
    ("reply", "status", "body"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (b"HTTP/1.1 503 Busy\r\nConnection: close\r\n\r\nlater", 503, b"later"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", 200, b"abcde"),
    ],
)
def test_every_kind_of_body_is_read(reply: bytes, status: int, body: bytes) -> None:
    (answer,), _heads, _connections = ask(reply)
    assert (answer.status, answer.body) == (status, body)


@pytest.mark.parametrize("reply", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", b"nonsense\r\n\r\n"])
def test_a_broken_answer_is_no_answer(reply: bytes) -> None:
    with pytest.raises(NoAnswerError):
        ask(reply)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "http://", "http://127.0.0.1:x/", "http://127.0.0.1:9/"])
def test_a_bad_or_silent_address_is_no_answer(url: str) -> None:
    with pytest.raises(NoAnswerError):
        asyncio.run(Caller().call("GET", url))
