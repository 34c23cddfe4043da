"""What becomes of a file on its way in: in pieces, within its limits, and never with our token to another host."""

import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from atendeai.common import http
from atendeai.common.errors import IntegrationError, OutcomeUnknown, Rejected, Unreachable
from atendeai.common.tests import servers
from atendeai.common.tests.servers import Answer, Server

TOKEN = {"Authorization": "Bearer t"}


@pytest.fixture
def server() -> Iterator[Server]:
    with servers.answering() as running:
        yield running


def download(url: str, take: Callable[[bytes], object], **options: Any) -> http.Downloaded:
    about: dict[str, Any] = {"provider": "whatsapp", "operation": "media.download", "clinic_id": 7}
    limits = {"most_bytes": 1_000_000, "seconds": 5.0, "connect_seconds": 1.0, "read_seconds": 0.5}
    return http.download(url, take=take, **{**about, **limits, **options})


def test_a_file_comes_in_pieces(server: Server) -> None:
    content = bytes(range(256)) * 1024
    server.answer = Answer(body=content)
    pieces: list[bytes] = []
    found = download(server.url, pieces.append, headers=TOKEN)
    assert (found.status, found.size, b"".join(pieces)) == (200, len(content), content)
    assert max(map(len, pieces)) <= http.PIECE_BYTES
    assert server.seen[0].headers["Authorization"] == "Bearer t"
    assert server.seen[0].headers["Accept-Encoding"] == "identity"


def test_what_is_no_file_is_not_given_away(server: Server) -> None:
    server.says({"error": {"code": 190}}, 401)
    pieces: list[bytes] = []
    found = download(server.url, pieces.append)
    assert (found.status, found.size, pieces) == (401, 0, [])
    assert found.reply().json() == {"error": {"code": 190}}


def test_a_redirect_is_an_answer_and_nobody_else_is_called(server: Server) -> None:
    with servers.answering() as elsewhere:
        server.answer = Answer(302, b"", {"Location": elsewhere.url})
        assert download(server.url, lambda _piece: None, headers=TOKEN).status == 302
        assert elsewhere.seen == []


def test_more_than_the_limit_is_refused_while_it_comes(server: Server) -> None:
    server.answer = Answer(body=bytes(300_000))
    pieces: list[bytes] = []
    with pytest.raises(Rejected) as refused:
        download(server.url, pieces.append, most_bytes=100_000)
    assert refused.value.code == "too_large"
    assert sum(map(len, pieces)) <= 100_000
    server.answer = Answer(body=bytes(100_000))
    assert download(server.url, pieces.append, most_bytes=100_000).size == 100_000


@pytest.mark.parametrize(
    ("behave", "error"),
    [
        (servers.reset_mid_answer, OutcomeUnknown),
        (servers.end_mid_answer, OutcomeUnknown),
        (servers.say_nothing, OutcomeUnknown),
        (servers.speak_nonsense, OutcomeUnknown),
    ],
)
def test_a_body_that_is_cut_short_is_an_error(
    behave: Callable[[socket.socket], None], error: type[IntegrationError]
) -> None:
    with servers.misbehaving(behave) as url, pytest.raises(error):
        download(url, lambda _piece: None)


def test_nobody_there_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        download(servers.refused_url(), lambda _piece: None)


def test_a_file_that_drips_is_given_up() -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n")
        for _ in range(20):
            try:
                connection.sendall(bytes(http.PIECE_BYTES))
            except OSError:
                return
            time.sleep(0.1)

    with servers.misbehaving(drip) as url, pytest.raises(OutcomeUnknown):
        download(url, lambda _piece: None, seconds=0.3)


def test_what_the_taker_raises_comes_out_unchanged(server: Server) -> None:
    def full(_piece: bytes) -> None:
        raise OSError(28, "No space left on device")

    server.answer = Answer(body=b"x")
    with pytest.raises(OSError, match="No space left") as found:
        download(server.url, full)
    assert not isinstance(found.value, IntegrationError)
    assert download(server.url, lambda _piece: None).size == 1


def test_a_body_is_read_while_it_is_sent(server: Server) -> None:
    class Slices:
        def __init__(self) -> None:
            self.left, self.asked = 200_000, 0

        def __len__(self) -> int:
            return 200_000

        def __iter__(self) -> Iterator[bytes]:
            while piece := self.read(http.PIECE_BYTES):
                yield piece

        def read(self, size: int = -1) -> bytes:
            assert 0 < size <= http.PIECE_BYTES
            piece = b"x" * min(size, self.left)
            self.left, self.asked = self.left - len(piece), self.asked + 1
            return piece

    body = Slices()
    http.call("POST", server.url, provider="whatsapp", operation="media.upload", body=body)
    assert (server.seen[0].body, server.seen[0].headers["Content-Length"]) == (b"x" * 200_000, "200000")
    assert body.asked > 1
