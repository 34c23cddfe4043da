"""«Sincronizar agora»: a person wants to know now. One try within ten seconds, else in the background.

At most two requests of a web process wait for Google at a time; a calendar that must be listed whole, or one that
somebody reads already, is left to the workers, who are told to hurry.
"""

import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from atendeai.celery import wake
from calendar_sync import pull, timetable, writes
from calendar_sync.models import CalendarWrite, Link, LinkState, WriteState

MOST_AT_ONCE = 2
READ_SECONDS = 6.0
# So many events are written while the person waits; the rest by the workers.
MOST_WRITES = 5

_places = threading.BoundedSemaphore(MOST_AT_ONCE)


@dataclass(frozen=True)
class Synced:
    """How it ended. `waiting` writes are still to be done; `code` says why reading failed."""

    state: Literal["done", "background", "failed", "off"]
    events: int = 0
    written: int = 0
    waiting: int = 0
    code: str = ""


def sync_now(*, link: Link, now: datetime) -> Synced:
    """Reads what is new and writes what waits. Never raises for Google's sake."""
    if link.state != LinkState.LINKED:
        return Synced("off", code=link.error_code)
    mirror_ids = writes.hurry(link=link)
    if pull.is_long(link=link, now=now) or not _places.acquire(blocking=False):
        return _in_background(link, mirror_ids)
    try:
        read = pull.pull_now(link=link, now=now, seconds=READ_SECONDS)
        if read.state == "busy":
            return _in_background(link, mirror_ids)
        if read.state == "done":
            writes.try_now(mirror_ids=mirror_ids[:MOST_WRITES], now=now)
    finally:
        _places.release()
    _hint(mirror_ids[MOST_WRITES:] if read.state == "done" else mirror_ids)
    state: Literal["done", "failed"] = "done" if read.state == "done" else "failed"
    return Synced(state, read.events, _written(link, now), _waiting(link), read.code)


def _in_background(link: Link, mirror_ids: list[int]) -> Synced:
    timetable.want(link_id=link.pk)
    wake("calendar_sync.pull", link_id=link.pk)
    _hint(mirror_ids)
    return Synced("background", waiting=len(mirror_ids))


def _hint(mirror_ids: list[int]) -> None:
    for mirror_id in mirror_ids:
        wake("calendar_sync.write", mirror_id=mirror_id)


def _written(link: Link, now: datetime) -> int:
    rows = CalendarWrite.objects.for_clinic(link.clinic_id).filter(mirror__link=link)
    return rows.filter(state=WriteState.DONE, done_at=now).values("mirror").distinct().count()


def _waiting(link: Link) -> int:
    rows = CalendarWrite.objects.for_clinic(link.clinic_id).filter(mirror__link=link)
    return rows.filter(state__in=(WriteState.QUEUED, WriteState.SENDING)).values("mirror").distinct().count()
