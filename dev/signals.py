"""Has somebody asked us to stop? Ctrl-C, SIGTERM and a closed terminal all mean: stop everything in order.

The handlers only take notes, and whoever waits asks `check`: nothing is ever interrupted half-way through.
"""

from __future__ import annotations

import signal
import time
from types import FrameType

from dev.problems import StopRequested

_ONE_BREATH_SECONDS = 0.7  # make, the terminal and a process manager may each send the same request


class StopSignals:
    """Notes of the requests to stop."""

    def __init__(self) -> None:
        self._first_at: float | None = None
        self.is_impatient = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note)

    def check(self) -> None:
        """Raise StopRequested once a request has come."""
        if self._first_at is not None:
            raise StopRequested

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._first_at is None:
            self._first_at = now
        elif now - self._first_at > _ONE_BREATH_SECONDS:
            self.is_impatient = True
