"""For how long did an answer ask us to stay away? `Retry-After`, in seconds or as a moment; pure.

**Source**: RFC 9110, 10.2.3.
"""

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime


def asked_seconds(headers: Mapping[str, str]) -> float | None:
    """Seconds from now; None when nothing readable is asked. A moment is measured by the answer's own `Date`."""
    named = {name.lower(): value for name, value in headers.items()}
    wish = named.get("retry-after", "").strip()
    if wish.isascii() and wish.isdigit():
        return float(wish[:9])
    moment = _moment(wish)
    if moment is None:
        return None
    said_at = _moment(named.get("date", ""))
    return max(0.0, moment - (time.time() if said_at is None else said_at))


def _moment(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
