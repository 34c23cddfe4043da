"""What time is it in the simulated world? Real time plus the seconds in a file shared with the product."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path


class Clock:
    """Reads the file at every call, so that a change made by any process counts at once."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def offset_seconds(self) -> float:
        """Seconds to add; 0 while the file is missing, empty or unreadable."""
        with suppress(OSError, ValueError):
            return float(self.path.read_text().strip() or 0)
        return 0.0

    def now(self) -> float:
        """Unix seconds in the simulated world."""
        return time.time() + self.offset_seconds()

    def now_at(self) -> datetime:
        return datetime.fromtimestamp(self.now(), UTC)

    def advance(self, seconds: float) -> float:
        """Adds to the present value and replaces the file in one step; the new offset."""
        offset = self.offset_seconds() + seconds
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_name(self.path.name + ".new")
        fresh.write_text(f"{offset:g}" if offset != int(offset) else str(int(offset)))
        fresh.replace(self.path)
        return offset
