import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from dev.ports import free_port
from dev.tests.programs import until
from dev.web_address import Probe


class _SlowServer:
    """Counts requests, and answers when told to."""

    def __init__(self) -> None:
        self.requests = 0
        self.may_answer = threading.Event()
        self.status = "200 OK"
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}/readyz"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                connection.recv(1024)  # closing with unread bytes would reset the connection
                self.requests += 1
                self.may_answer.wait(10)
                connection.sendall(f"HTTP/1.1 {self.status}\r\n\r\n".encode())
                connection.close()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def server() -> Iterator[_SlowServer]:
    made = _SlowServer()
    yield made
    made.close()


def test_a_slow_server_is_asked_once(server: _SlowServer) -> None:
    probe = Probe(server.address)
    assert not any(probe.is_answered() for _ in range(50))
    server.may_answer.set()
    assert until(probe.is_answered)
    assert server.requests == 1


def test_another_status_is_asked_again(server: _SlowServer) -> None:
    server.may_answer.set()
    server.status = "503 Service Unavailable"
    probe = Probe(server.address)
    assert not until(probe.is_answered, seconds=0.3)
    server.status = "200 OK"
    assert until(probe.is_answered)


def test_nobody_there_is_no_answer() -> None:
    assert not Probe(f"http://127.0.0.1:{free_port()}/").is_answered()
