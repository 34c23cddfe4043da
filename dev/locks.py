"""Is somebody else already doing this? File locks that vanish with their process, however it dies."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO


class Lock:
    """A lock on a file. The children of its holder do not inherit it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def take(self, note: str = "") -> bool:
        """Take the lock and leave `note` for others to read; return False when somebody holds it."""
        file = self._path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        file.truncate(0)
        file.write(note)
        file.flush()
        self._file = file
        return True

    def note(self) -> str:
        """Return what the present holder left in the file."""
        return self._path.read_text().strip() if self._path.exists() else ""

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
