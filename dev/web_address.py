"""Does something answer at this address of our own machine?"""

from __future__ import annotations

import contextlib
import select
import socket
from urllib.parse import urlsplit

_CONNECT_SECONDS = 2


class Probe:
    """One GET at a time, as often asked for as one likes.

    A server that is still loading takes its first request and answers it seconds later. Giving up and asking anew would
    fill all its threads with requests nobody waits for, so an open one is kept until it is answered or refused.
    """

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._server = (parts.hostname or "", parts.port or 80)
        self._request = f"GET {parts.path or '/'} HTTP/1.0\r\nHost: {parts.netloc}\r\n\r\n".encode()
        self._open: socket.socket | None = None

    def is_answered(self) -> bool:
        """Return whether the address has answered with 200; never waits for an answer."""
        try:
            return self._look()
        except OSError:
            self._hang_up()
            return False

    def _look(self) -> bool:
        if self._open is None:
            self._open = socket.create_connection(self._server, timeout=_CONNECT_SECONDS)
            self._open.sendall(self._request)
        if not select.select([self._open], [], [], 0)[0]:
            return False
        status = self._open.recv(64).split(b" ")[1:2]
        self._hang_up()
        return status == [b"200"]

    def _hang_up(self) -> None:
        if self._open is not None:
            with contextlib.suppress(OSError):
                self._open.close()
            self._open = None
