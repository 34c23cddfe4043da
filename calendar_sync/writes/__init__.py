"""How do appointments reach Google? Queue the wish with the booking; claim it; carry it out; record the end."""

from calendar_sync.writes import rewriting
from calendar_sync.writes.now import try_now, work
from calendar_sync.writes.queue import (
    OPEN,
    claim,
    count_waiting,
    drop_queued,
    due,
    has_open,
    hurry,
    hurry_all,
    new_mirror,
    queue_again,
    queue_appointment,
    queue_direct,
    queue_ended,
    queue_rewrite,
    queue_upcoming,
    reading,
)
from calendar_sync.writes.wished import body_of, tells_status

__all__ = [
    "OPEN",
    "body_of",
    "claim",
    "count_waiting",
    "drop_queued",
    "due",
    "has_open",
    "hurry",
    "hurry_all",
    "new_mirror",
    "queue_again",
    "queue_appointment",
    "queue_direct",
    "queue_ended",
    "queue_rewrite",
    "queue_upcoming",
    "reading",
    "rewriting",
    "tells_status",
    "try_now",
    "work",
]
