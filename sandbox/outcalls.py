"""How does a call leave at little cost? A small HTTP/1.1 client that keeps its connections.

A general client spent more than half a core on 150 calls per second (pool bookkeeping, looking for other event
loops); the simulator shares two cores with the product, so it speaks the little it needs itself.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, field
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 10.0
MOST_AT_ONCE = 40
LARGEST_BODY = 1024 * 1024
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Place = tuple[str, str, int]


class NoAnswerError(Exception):
    """The address is wrong, nobody listens, or no complete answer came in time."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    keeps_open: bool


@dataclass
class Caller:
    """Made for one event loop."""

    _idle: dict[Place, list[Stream]] = field(default_factory=dict)
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_AT_ONCE))

    async def call(self, method: str, url: str, *, headers: dict[str, str] | None = None, body: bytes = b"") -> Answer:
        """One request; raises NoAnswerError. Redirects are answers like any other."""
        place, request = _write_request(method, url, headers or {}, body)
        async with self._slots:
            try:
                async with asyncio.timeout(TIMEOUT_SECONDS):
                    return await self._exchange(place, request)
            except (OSError, EOFError, ValueError, asyncio.LimitOverrunError, TimeoutError) as error:
                raise NoAnswerError(type(error).__name__) from error

    def close(self) -> None:
        for streams in self._idle.values():
            for _reader, writer in streams:
                writer.close()
        self._idle.clear()

    async def _exchange(self, place: Place, request: bytes) -> Answer:
        while idle := self._idle.get(place):
            stream = idle.pop()
            try:
                return await self._ask(place, stream, request)
            except (ConnectionError, asyncio.IncompleteReadError) as error:
                # a kept connection that was closed meanwhile; one that broke mid-answer is a failure
                if getattr(error, "partial", b""):
                    raise
        return await self._ask(place, await _connect(place), request)

    async def _ask(self, place: Place, stream: Stream, request: bytes) -> Answer:
        reader, writer = stream
        answer = None
        try:
            writer.write(request)
            await writer.drain()
            answer = await _read_answer(reader)
        finally:
            if answer is not None and answer.keeps_open:
                self._idle.setdefault(place, []).append(stream)
            else:
                writer.close()
        return answer


async def _connect(place: Place) -> Stream:
    scheme, host, port = place
    context = ssl.create_default_context() if scheme == "https" else None
    return await asyncio.open_connection(host, port, ssl=context)


def _write_request(method: str, url: str, headers: dict[str, str], body: bytes) -> tuple[Place, bytes]:
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise NoAnswerError("bad address") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NoAnswerError("bad address")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"{method} {target} HTTP/1.1", f"Host: {parts.netloc}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    head = "\r\n".join(lines) + "\r\n\r\n"
    return (parts.scheme, parts.hostname, port), head.encode() + body


async def _read_answer(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    status = int(head[0].partition(" ")[2][:3])
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
    keeps_open = headers.get("connection", "").lower() != "close" and head[0].startswith("HTTP/1.1")
    if status in (204, 304):
        return Answer(status, b"", keeps_open)
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return Answer(status, await _read_chunks(reader), keeps_open)
    if "content-length" not in headers:
        return Answer(status, await reader.read(LARGEST_BODY), keeps_open=False)
    length = int(headers["content-length"])
    if length > LARGEST_BODY:
        return Answer(status, b"", keeps_open=False)
    return Answer(status, await reader.readexactly(length), keeps_open)


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readline()).split(b";")[0], 16):
        body += (await reader.readexactly(size + 2))[:-2]
        if len(body) > LARGEST_BODY:
            raise ValueError("too large")
    await reader.readuntil(b"\r\n")
    return body
