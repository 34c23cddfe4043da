"""What is still running, or lying about, from a house whose supervisor was killed?

Every program of a house carries its mark in the environment. Whoever holds the house's lock and finds such a
program has found an orphan: it is stopped before anything new is started, so that ports and files are free.
Linux only; elsewhere a taken port is simply reported.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

MARK = "ATENDEAI_HOUSE"
PROC = Path("/proc")
PATIENCE_SECONDS = 10.0


def stop_leftovers(home: Path) -> list[int]:
    """Stop every program marked as belonging to the house at `home`; return their process ids."""
    found = sorted(_marked(home))
    # First the programs, then PostgreSQL, whose own "stop now" is SIGINT; what stays after that is killed.
    databases = [pid for pid in found if _is_postgres(pid)]
    _signal(set(found) - set(databases), signal.SIGTERM)
    _wait(set(found) - set(databases), seconds=PATIENCE_SECONDS)
    _signal(databases, signal.SIGINT)
    _wait(found, seconds=2 * PATIENCE_SECONDS)
    _signal(filter(_is_alive, found), signal.SIGKILL)
    _wait(found, seconds=PATIENCE_SECONDS)
    return found


def remove_stale_postgres_lock(data: Path) -> None:
    """Remove `postmaster.pid` when its number is somebody else's now (a reboot starts anew)."""
    lock = data / "postmaster.pid"
    if not (PROC / "self").exists() or not lock.exists():
        return
    first = lock.read_text().split("\n", 1)[0].strip()
    if str(data) not in _read(PROC / first / "cmdline").replace("\0", " "):
        lock.unlink()


def _marked(home: Path) -> Iterator[int]:
    wanted = f"{MARK}={home}"
    for folder in PROC.glob("[0-9]*"):
        if wanted in _read(folder / "environ").split("\0") and int(folder.name) != os.getpid():
            yield int(folder.name)


def _is_postgres(pid: int) -> bool:
    return _read(PROC / str(pid) / "comm").strip() == "postgres"


def _is_alive(pid: int) -> bool:
    stat = _read(PROC / str(pid) / "stat")
    return bool(stat) and stat.rpartition(")")[2].split()[0] != "Z"


def _signal(pids: Iterable[int], wanted: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, wanted)


def _wait(pids: Iterable[int], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while any(map(_is_alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode(errors="replace")
    except OSError:
        return ""
