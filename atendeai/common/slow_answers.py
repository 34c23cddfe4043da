"""How long may an answer take in all? Pure sockets: a provider that sends a byte now and then must not hold a worker.

A socket's time-out is for one read; http.client reads many times. `response_until` makes the time-out that the
socket has when the answer begins count for the whole answer, head and body.
"""

import io
import socket
import time
from http.client import HTTPResponse
from typing import Any


class _UntilDeadline(io.RawIOBase):
    """Reads as the file below it does, and for no longer than what is left."""

    def __init__(self, raw: Any, sock: socket.socket, seconds: float) -> None:
        super().__init__()
        self._raw = raw
        self._sock = sock
        self._ends = time.monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        self._sock.settimeout(left)
        read: int | None = self._raw.readinto(buffer)
        return read

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


def response_until(sock: socket.socket, *args: Any, **kwargs: Any) -> HTTPResponse:
    """As `http.client.HTTPResponse(sock, …)`, read within the socket's present time-out from now on."""
    response = HTTPResponse(sock, *args, **kwargs)
    seconds = sock.gettimeout()
    if seconds is not None:
        raw = response.fp.detach()
        response.fp = io.BufferedReader(_UntilDeadline(raw, sock, seconds))
    return response
