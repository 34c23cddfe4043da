"""Real servers on free loopback ports, for tests of HTTP clients: one that answers, one that misbehaves."""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Seen:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Answer:
    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Server:
    """Give `answer` what to say next; look at `seen` for what came."""

    url: str
    answer: Answer = field(default_factory=Answer)
    seen: list[Seen] = field(default_factory=list)
    connections: set[int] = field(default_factory=set)

    def says(self, content: Any, status: int = 200, **headers: str) -> None:
        self.answer = Answer(status, json.dumps(content).encode(), headers)


@contextmanager
def answering() -> Iterator[Server]:
    """A server that gives `Server.answer` to everything."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.daemon_threads = True
    known = Server(f"http://127.0.0.1:{server.server_address[1]}")
    server.RequestHandlerClass = _handler(known)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield known
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(known: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            known.connections.add(self.client_address[1])
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            known.seen.append(Seen(self.command, self.path, dict(self.headers), body))
            # Once its headers are out the test may already be changing the next answer.
            answer = replace(known.answer)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_POST = do_GET  # noqa: N815 - the name that http.server calls

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    return Handler


@contextmanager
def misbehaving(behave: Callable[[socket.socket], None]) -> Iterator[str]:
    """The address of a server that reads one request and hands its socket to `behave`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve_one, args=(listener, behave), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(timeout=10)


def _serve_one(listener: socket.socket, behave: Callable[[socket.socket], None]) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(65536)
        behave(connection)


def reset(connection: socket.socket) -> None:
    """Close with RST, as a dying host does."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def reset_mid_answer(connection: socket.socket) -> None:
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"messages": [')
    reset(connection)


def end_mid_answer(connection: socket.socket) -> None:
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"messages": [')


def trickle(connection: socket.socket) -> None:
    """A true answer, so slowly that no single read ever waits long."""
    connection.settimeout(5)
    try:
        for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n" + b" " * 40:
            connection.sendall(bytes([byte]))
            time.sleep(0.05)
    except OSError:
        return


def trickle_the_body(connection: socket.socket) -> None:
    """The head at once, the body byte by byte."""
    connection.settimeout(5)
    try:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n")
        for _ in range(60):
            connection.sendall(b" ")
            time.sleep(0.05)
    except OSError:
        return


def say_nothing(connection: socket.socket) -> None:
    """Until the client hangs up."""
    connection.settimeout(5)
    connection.recv(1)


def speak_nonsense(connection: socket.socket) -> None:
    connection.sendall(b"\x00\x01 this is no HTTP\r\n\r\n")


def hang_up(connection: socket.socket) -> None:
    connection.close()


def refused_url() -> str:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"
