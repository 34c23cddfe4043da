"""Small programs that behave or misbehave, for the tests of the supervisor."""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from dev.children import Program

SLEEPS = "import time; print('up', flush=True); time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


class Recorder:
    """An output that remembers."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.lines: list[tuple[str, str]] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def line(self, name: str, text: str) -> None:
        self.lines.append((name, text))


def python(name: str, code: str, folder: Path, *, stop_signal: signal.Signals = signal.SIGTERM) -> Program:
    """Return a program called `name` that runs `code`."""
    return Program(name, [sys.executable, "-S", "-c", code], dict(os.environ), folder, stop_signal)


def until(is_so: Callable[[], bool], *, seconds: float = 10) -> bool:
    """Wait for something to become true; return whether it did."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if is_so():
            return True
        time.sleep(0.02)
    return False
