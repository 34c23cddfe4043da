"""Can it be written at once? From a web request within 3 seconds in all; from a worker as long as a task may take.

At most two requests of a web process wait for Google at a time: with a slow Google the others must stay
free for the portal, and their rows go through the queue.
"""

import threading
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings

from calendar_sync.deadline import Deadline
from calendar_sync.models import WriteState
from calendar_sync.writes.perform import perform
from calendar_sync.writes.queue import claim

MOST_INLINE = 2
# Between the last call's end and the task's hard limit.
RESERVE_SECONDS = 5

_places = threading.BoundedSemaphore(MOST_INLINE)


def try_now(*, mirror_ids: Sequence[int], now: datetime) -> bool:
    """Whether all of them are written; False leaves the rest to the queue. Never raises for Google's sake."""
    if not _places.acquire(blocking=False):
        return False
    try:
        seconds = settings.CALENDAR_INLINE_SECONDS
        deadline = Deadline.after(seconds, read_seconds=seconds)
        states = [_write_next(mirror_id, now, deadline) for mirror_id in mirror_ids]
        return all(state == WriteState.DONE for state in states)
    finally:
        _places.release()


def work(*, mirror_id: int, now: datetime) -> None:
    """A worker's turn: carries out what is due for this event, one wish after another while they succeed."""
    seconds = max(settings.CALENDAR_HARD_LIMIT_SECONDS - RESERVE_SECONDS / settings.TIMES_DIVIDED_BY, 1)
    deadline = Deadline.after(seconds, read_seconds=settings.CALENDAR_READ_SECONDS)
    while deadline.left() > settings.CALENDAR_READ_SECONDS:
        if _write_next(mirror_id, now, deadline) != WriteState.DONE:
            return


def _write_next(mirror_id: int, now: datetime, deadline: Deadline) -> WriteState | None:
    write = claim(mirror_id=mirror_id)
    return perform(write=write, now=now, deadline=deadline) if write else None
