"""How long may a piece of work still wait for Google? Pure: one deadline over several calls.

A request in the portal waits 3 seconds for *everything* (token, calendar call, a second try), a worker 15 per call.
"""

import time
from dataclasses import dataclass

from atendeai.common.errors import Unreachable

LEAST_SECONDS = 0.05


@dataclass(frozen=True)
class Waits:
    """Time-outs of one call, in seconds."""

    connect_seconds: float
    read_seconds: float


@dataclass(frozen=True)
class Deadline:
    """`ends` on the monotonic clock; no single call reads for longer than `read_seconds`."""

    ends: float
    read_seconds: float

    @classmethod
    def after(cls, seconds: float, *, read_seconds: float) -> "Deadline":
        """A deadline that many seconds from now."""
        return cls(time.monotonic() + seconds, read_seconds)

    def left(self) -> float:
        """Seconds, never negative."""
        return max(0.0, self.ends - time.monotonic())

    def waits(self, operation: str) -> Waits:
        """Time-outs for a call that begins now; `Unreachable` when there is no time left to begin one.

        Connecting and reading together stay inside what is left.
        """
        left = self.left()
        if left < LEAST_SECONDS:
            raise Unreachable("google", operation, code="no_time_left")
        connect = min(3.0, left * 0.4)
        return Waits(connect, min(self.read_seconds, left - connect))
