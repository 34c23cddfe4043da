"""A tiny HTTP server that plays the product: keeps what it is sent and answers as told."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Call:
    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def value(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)["entry"][0]["changes"][0]["value"]
        return found

    @property
    def kind(self) -> str:
        """The status of a status webhook, else "message"."""
        statuses = self.value.get("statuses")
        return str(statuses[0]["status"]) if statuses else "message"


@dataclass
class Receiver:
    """`answers` are the next HTTP statuses, then 200 for ever."""

    calls: list[Call] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    challenge_status: int = 200
    url: str = ""

    def wait_for(self, enough: Callable[[list[Call]], bool], seconds: float = 5) -> list[Call]:
        deadline = time.monotonic() + seconds
        while not enough(self.calls):
            assert time.monotonic() < deadline, f"only {len(self.calls)} calls came"
            time.sleep(0.01)
        return list(self.calls)

    def wait_count(self, count: int, seconds: float = 5) -> list[Call]:
        return self.wait_for(lambda calls: len(calls) >= count, seconds)

    def kinds(self) -> list[str]:
        return [call.kind for call in self.calls]


def start(receiver: Receiver) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            receiver.calls.append(Call(self.path, dict(self.headers.items()), body, time.monotonic()))
            self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            body = query.get("hub.challenge", [""])[0].encode()
            self.send_response(receiver.challenge_status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server
