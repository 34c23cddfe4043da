"""How is one program started so that it neither outlives us nor drowns us in its output?

Each child leads a session of its own (a Ctrl-C in the terminal reaches only us, and we stop things in order)
and is told by the kernel when we die, however we die. Children must be started from the main thread: Linux
sends that signal when the *thread* ends that started them.
"""

from __future__ import annotations

import collections
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
Sink = Callable[[str, str], None]


@dataclass(frozen=True)
class Account:
    """Whom a server runs as when we are root."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Program:
    """What to start, and how it likes to be asked to stop."""

    name: str
    argv: Sequence[str]
    environ: Mapping[str, str]
    folder: Path
    stop_signal: signal.Signals = signal.SIGTERM
    account: Account | None = None


@dataclass
class Child:
    """A started program: its process, its last lines."""

    program: Program
    process: subprocess.Popen[str]
    last_lines: collections.deque[str] = field(default_factory=lambda: collections.deque(maxlen=30))
    reader: threading.Thread | None = None

    @property
    def name(self) -> str:
        return self.program.name

    @property
    def pid(self) -> int:
        return self.process.pid

    def is_alive(self) -> bool:
        return self.process.poll() is None

    def ask_to_stop(self) -> None:
        """Send the signal this program takes as a request to end."""
        if self.is_alive():
            self.process.send_signal(self.program.stop_signal)

    def describe_end(self) -> str:
        """Return how it ended, in words."""
        code = self.process.poll()
        return f"signal {signal.Signals(-code).name}" if code is not None and code < 0 else f"exit code {code}"

    def finish_reading(self) -> None:
        """Let the last lines of an ended program arrive."""
        if self.reader is not None:
            self.reader.join(timeout=1)

    def kill(self) -> None:
        """End the program and everything it started, at once."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()

    def wait(self, seconds: float, check: Callable[[], None] = lambda: None) -> bool:
        """Wait until it has ended; return False when it has not after `seconds`. `check` may raise."""
        deadline = time.monotonic() + seconds
        while self.is_alive():
            if time.monotonic() > deadline:
                return False
            check()
            time.sleep(0.02)
        return True


def start(program: Program, sink: Sink) -> Child:
    """Start `program`; each line it writes goes to `sink(name, line)`."""
    child = Child(program, _open(program))
    child.reader = threading.Thread(target=_pump, args=(child, sink), name=f"lines of {program.name}", daemon=True)
    child.reader.start()
    return child


def _open(program: Program) -> subprocess.Popen[str]:
    account = program.account
    with warnings.catch_warnings():
        # Python warns of forking beside threads; the child makes one system call, which takes no lock.
        warnings.simplefilter("ignore", DeprecationWarning)
        return subprocess.Popen(
            program.argv,
            env=dict(program.environ),
            cwd=program.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            preexec_fn=_die_with_parent(program.stop_signal),
        )


def run_to_end(
    program: Program, *, seconds: float = 300, check: Callable[[], None] = lambda: None
) -> tuple[Child, list[str]]:
    """Start `program` and wait until it has ended; return it and the lines it wrote."""
    lines: list[str] = []
    child = start(program, lambda _name, line: lines.append(line))
    try:
        child.wait(seconds, check)
    finally:
        child.kill()
    child.finish_reading()
    return child, lines


def follow_parent() -> None:
    """Ask the kernel for a SIGTERM to ourselves when the process that started us dies."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM))


def _die_with_parent(wanted: signal.Signals) -> Callable[[], None]:
    parent = os.getpid()

    def leash() -> None:
        # Runs between fork and exec, after the change of account, which would undo it.
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, int(wanted))
            if os.getppid() != parent:
                os._exit(1)

    return leash


def _pump(child: Child, sink: Sink) -> None:
    stream = child.process.stdout
    if stream is None:
        return
    for raw in stream:
        line = raw.rstrip()
        if line:
            child.last_lines.append(line)
            sink(child.name, line)
    stream.close()
