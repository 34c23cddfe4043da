"""How many signed deliveries does an address take per second? A load generator that costs little itself.

A process of its own with raw sockets that stay open. All requests, each with an id of its own, are written and signed
before the clock starts; each connection sends its next one when it has the answer to the last.
"""

import json
import os
import selectors
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from whatsapp.signature import sign

CONNECTIONS = 24
BODY_BYTES = 940
READ_BYTES = 65_536
STUCK_SECONDS = 30.0
HEAD_END = b"\r\n\r\n"
EMPTY = b"content-length: 0\r\n"


@dataclass(frozen=True)
class Load:
    """What one run did. `accepted`: all answers 200, the warm-up's too; `per_second`: those after the warm-up."""

    accepted: int
    refused: int
    per_second: float
    median_ms: float
    p99_ms: float


def main(port: int, path: str, warm_up_seconds: float, seconds: float, prepared: int) -> None:
    """Sends until the time is over or what was prepared is used up; prints a Load as JSON."""
    requests = list(_requests(port, path, prepared))
    print(json.dumps(asdict(_Run(port, requests).measure(warm_up_seconds, seconds))))


def _requests(port: int, path: str, count: int) -> Iterator[bytes]:
    run = os.urandom(6).hex()
    secret = os.environ["WHATSAPP_APP_SECRET"]
    for number in range(count):
        body = _body(f"wamid.{run}{number:010d}")
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nX-Hub-Signature-256: sha256={sign(body, secret)}\r\n\r\n"
        )
        yield head.encode() + body


def _body(wamid: str) -> bytes:
    """A text message as Meta writes it, to a number that no clinic has."""
    message = {"from": "5511987650001", "id": wamid, "timestamp": "1795000000", "type": "text", "text": {"body": ""}}
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "551130000009", "phone_number_id": "999999999999999"},
        "contacts": [{"profile": {"name": "Fulana"}, "wa_id": "5511987650001"}],
        "messages": [message],
    }
    entry = {"id": "999999999999998", "changes": [{"value": value, "field": "messages"}]}
    whole = {"object": "whatsapp_business_account", "entry": [entry]}
    message["text"] = {"body": "x" * (BODY_BYTES - len(json.dumps(whole)))}
    return json.dumps(whole).encode()


@dataclass
class _Line:
    sent_at: float = 0.0
    received: bytes = b""


class _Run:
    def __init__(self, port: int, requests: list[bytes]) -> None:
        self._left = iter(requests)
        self._lines = selectors.DefaultSelector()
        self._statuses: dict[bytes, int] = {}
        self._taken: list[tuple[float, float]] = []
        self._open = 0
        for _ in range(CONNECTIONS):
            line = socket.create_connection(("127.0.0.1", port))
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._lines.register(line, selectors.EVENT_READ, _Line())

    def measure(self, warm_up_seconds: float, seconds: float) -> Load:
        began = time.perf_counter()
        self._ends = began + warm_up_seconds + seconds
        for key in list(self._lines.get_map().values()):
            self._send(key)
        while self._open:
            self._receive()
        counted = sorted(taken for at, taken in self._taken if began + warm_up_seconds <= at < self._ends)
        last = min(self._ends, max((at for at, _ in self._taken), default=self._ends))
        accepted = self._statuses.get(b"200", 0)
        return Load(
            accepted=accepted,
            refused=sum(self._statuses.values()) - accepted,
            per_second=len(counted) / (last - began - warm_up_seconds),
            median_ms=counted[len(counted) // 2] * 1000,
            p99_ms=counted[len(counted) * 99 // 100] * 1000,
        )

    def _send(self, key: selectors.SelectorKey) -> None:
        request = next(self._left, None) if time.perf_counter() < self._ends else None
        if request is None:
            return
        key.data.sent_at = time.perf_counter()
        key.fileobj.sendall(request)  # type: ignore[union-attr]
        self._open += 1

    def _receive(self) -> None:
        ready = self._lines.select(STUCK_SECONDS)
        if not ready:
            raise TimeoutError("the server stopped answering")
        for key, _ in ready:
            line: _Line = key.data
            got = key.fileobj.recv(READ_BYTES)  # type: ignore[union-attr]
            if not got:
                raise ConnectionError("the server closed a connection")
            line.received += got
            if HEAD_END in line.received:
                self._finish(key, line)

    def _finish(self, key: selectors.SelectorKey, line: _Line) -> None:
        if EMPTY not in line.received.lower():
            raise ValueError("only answers without a body can be told apart here")
        status, line.received = line.received[9:12], b""
        now = time.perf_counter()
        self._open -= 1
        self._statuses[status] = self._statuses.get(status, 0) + 1
        if status == b"200":
            self._taken.append((now, now - line.sent_at))
        self._send(key)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], float(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5]))
