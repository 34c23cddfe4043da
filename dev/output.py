"""What does the person at the terminal see? One line per event, with the name of its program."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path
from typing import Protocol

_COLOURS = {"web": 36, "worker": 35, "beat": 34, "sandbox": 33, "run": 32}
_WIDTH = 8


class Output(Protocol):
    """Where progress and the programs' lines go."""

    def say(self, text: str) -> None: ...

    def line(self, name: str, text: str) -> None: ...


class Terminal:
    """Prefixed lines on standard output; progress carries the seconds since the start.

    The servers' own lines go to files: nobody reads them unless something breaks.
    """

    def __init__(self, logs: Path) -> None:
        self._started = time.monotonic()
        self._logs = logs
        self._lock = threading.Lock()
        self._colours = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        logs.mkdir(exist_ok=True)
        for name in ("postgres", "redis"):
            (logs / f"{name}.log").write_text("")

    def say(self, text: str) -> None:
        self._print("run", f"{time.monotonic() - self._started:5.1f} s  {text}")

    def line(self, name: str, text: str) -> None:
        if name in {"postgres", "redis"}:
            with (self._logs / f"{name}.log").open("a") as file:
                file.write(text + "\n")
        else:
            self._print(name, text)

    def block(self, text: str) -> None:
        """Print several lines as they are."""
        with self._lock:
            _write(f"\n{text}\n\n")

    def _print(self, name: str, text: str) -> None:
        prefix = f"{name:<{_WIDTH}}|"
        if self._colours:
            prefix = f"\033[{_COLOURS.get(name, 37)}m{prefix}\033[0m"
        with self._lock:
            _write(f"{prefix} {text}\n")


class Quiet:
    """Keeps everything in one file, for tests that start a whole stack and look only when it fails."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()

    def say(self, text: str) -> None:
        self.line("run", text)

    def line(self, name: str, text: str) -> None:
        with self._lock, self.path.open("a", encoding="utf-8") as file:
            file.write(f"{name:<{_WIDTH}}| {text}\n")


def _write(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except (BrokenPipeError, ValueError):
        # The terminal has gone, or `make run | head` has read enough: the programs go on until somebody stops
        # them.
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115
