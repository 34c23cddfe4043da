"""What time is it, for business rules?

Promises: an aware UTC datetime. In development the file named by `ATENDEAI_CLOCK_FILE` holds seconds to add,
so that all processes and the simulator can be moved together; the settings refuse the variable elsewhere.
Read it once per entry point and pass `now=` on: two readings in one use case could straddle a limit.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

# A century either way keeps every sum with a datetime inside the calendar.
_MOST_SECONDS = 100 * 366 * 24 * 3600


def now() -> datetime:
    """Aware UTC, moved by the development clock file if there is one."""
    return datetime.now(UTC) + timedelta(seconds=_offset_seconds())


def _offset_seconds() -> float:
    path = os.environ.get("ATENDEAI_CLOCK_FILE")
    if not path:
        return 0.0
    try:
        seconds = float(Path(path).read_text(encoding="ascii"))
    except (OSError, ValueError):  # missing, empty or half-written: the real time
        return 0.0
    return seconds if abs(seconds) <= _MOST_SECONDS else 0.0
