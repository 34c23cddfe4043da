"""Which part of a list of events does an answer hold, and where does it go on? Pure.

A cursor names the event at the page's edge by start and id, not by its number: what comes or goes shifts nothing.
"""

import base64
import binascii
import json
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from calendar_sync.event_rows import Key, Row, key_of


@dataclass(frozen=True)
class Cursor:
    """The page after the event with this key, or the one before it."""

    key: Key
    is_backward: bool = False

    def written(self) -> str:
        """As it stands in an address."""
        return base64.urlsafe_b64encode(json.dumps([*self.key, self.is_backward]).encode()).decode()


def read_cursor(text: str) -> Cursor:
    """Raises ValueError for one that we did not write."""
    try:
        value = json.loads(base64.b64decode(text, altchars=b"-_", validate=True))
    except (binascii.Error, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError("no cursor") from error
    match value:
        case [str(start), str(event_id), bool(is_backward)]:
            return Cursor((start, event_id), is_backward)
    raise ValueError("no cursor")


@dataclass(frozen=True)
class Part:
    """Rows of one page, and the cursors of its neighbours, if there are any."""

    rows: Sequence[Row]
    next: Cursor | None
    previous: Cursor | None


def part_of(found: Sequence[Row], *, limit: int, cursor: Cursor | None) -> Part:
    """`found` in its order, as the service gives it."""
    if cursor and cursor.is_backward:
        end = bisect_left(found, cursor.key, key=key_of)
        start = max(0, end - limit)
    else:
        start = bisect_right(found, cursor.key, key=key_of) if cursor else 0
        end = min(start + limit, len(found))
    return Part(
        found[start:end],
        next=Cursor(key_of(found[end - 1])) if 0 < end < len(found) else None,
        previous=Cursor(key_of(found[start]), is_backward=True) if 0 < start < len(found) else None,
    )
