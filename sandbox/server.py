"""How does an answer get lost on the way? By a server that lets a handler reach the connection under it."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any, cast

import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from uvicorn._types import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

from sandbox.settings import Settings

TRANSPORT = "sandbox.transport"
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Protocol(H11Protocol):
    """uvicorn's HTTP protocol that also puts the connection's transport into the scope."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        inner = self.app

        async def with_transport(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
            cast(dict[str, Any], scope)[TRANSPORT] = transport
            await inner(scope, receive, send)

        self.app = cast(ASGI3Application, with_transport)


async def drop_connection(request: Request) -> Response:
    """Resets the TCP connection (RST); the response returned goes nowhere."""
    transport: asyncio.Transport = request.scope[TRANSPORT]
    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    transport.abort()
    await asyncio.sleep(0)  # lets the server notice, so that it does not log a missing answer
    return Response()


async def cut_after(request: Request, part: bytes, promised: int, mime_type: str) -> Response:
    """Sends the head of an answer of `promised` bytes and only a part of them, then hangs up."""
    transport: asyncio.Transport = request.scope[TRANSPORT]
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {mime_type}\r\nContent-Length: {promised}\r\n\r\n"
    transport.write(head.encode() + part)
    transport.close()
    await asyncio.sleep(0)
    return Response()


async def trickle(request: Request, answer: Response, seconds: float) -> Response:
    """Sends a true answer byte by byte over so many seconds, then hangs up: no single read waits long."""
    transport: asyncio.Transport = request.scope[TRANSPORT]
    head = [f"HTTP/1.1 {answer.status_code} OK", "Connection: close"]
    head += [f"{name}: {value}" for name, value in answer.headers.items()]
    whole = "\r\n".join([*head, "", ""]).encode() + bytes(answer.body)
    for number, byte in enumerate(whole):
        if transport.is_closing():
            break
        transport.write(bytes([byte]))
        if number % 8 == 0:
            await asyncio.sleep(seconds * 8 / len(whole))
    transport.close()
    await asyncio.sleep(0)
    return Response()


async def wait_until_gone(request: Request, seconds: float) -> None:
    """Returns when the caller hangs up, or after `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            while (await request.receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return


def build_server(app: Any, settings: Settings, *, log_level: str = "warning") -> uvicorn.Server:
    """A server bound to the loopback address whatever HOST says: nobody else may reach a simulator."""
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=settings.port,
        http=Protocol,
        ws="none",
        log_level=log_level,
        access_log=False,
        proxy_headers=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)
