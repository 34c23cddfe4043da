"""How does what people do in Google reach us? One calendar at a time: claim, list, store, look again later.

Promises: changes and the new sync token in one transaction, also when nothing changed; a full list replaces the old
picture at once; an error of Google's changes nothing but when we look again.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar

from django.conf import settings

from atendeai.common.errors import IntegrationError
from atendeai.metrics import CALENDAR_PULLS
from calendar_sync import timetable, watch
from calendar_sync.deadline import Deadline
from calendar_sync.models import Link, PullState
from calendar_sync.pull.applying import apply, busy_now, names_of, wished_busy
from calendar_sync.pull.asking_free_busy import ask_free_busy, pull_free_busy
from calendar_sync.pull.behind import note_behind, note_caught_up
from calendar_sync.pull.fetching import Changes, Item, fetch, needs_full, read_window
from clinics.models import CalendarMode

__all__ = [
    "Changes",
    "InUse",
    "Item",
    "Pulled",
    "ask_free_busy",
    "busy_now",
    "is_long",
    "look_fully",
    "names_of",
    "pull_now",
    "read_fully",
    "read_window",
    "wished_busy",
    "work",
]

logger = logging.getLogger(__name__)
RESERVE_SECONDS = 10
T = TypeVar("T")


class InUse(Exception):
    """Somebody else reads this calendar at the moment."""


@dataclass(frozen=True)
class Pulled:
    """How a pull ended. `busy`: somebody else reads the calendar now; `code` says why it failed."""

    state: Literal["done", "busy", "failed"]
    events: int = 0
    code: str = ""


def work(*, link_id: int, now: datetime) -> None:
    """A worker's turn: reads the calendar if it is due, then sees to its push channel."""
    state = timetable.claim(link_id=link_id)
    if state is not None and _pull(state, now).state == "done":
        watch.ensure(link=state.link, now=now)


def pull_now(*, link: Link, now: datetime, seconds: float | None = None) -> Pulled:
    """«Sincronizar agora»: reads the calendar whatever its timetable says. Never raises for Google's sake."""
    state = timetable.claim(link_id=link.pk, is_forced=True)
    return _pull(state, now, seconds) if state else Pulled("busy")


def is_long(*, link: Link, now: datetime) -> bool:
    """Whether the next pull lists everything."""
    return needs_full(_row(link), now=now)


def look_fully(*, link: Link, now: datetime, deadline: Deadline) -> Changes:
    """Everything in the window, read beside the timetable; nothing is stored. Raises the integration errors."""
    return fetch(_row(link), now=now, deadline=deadline, is_full=True)


def read_fully(*, link: Link, now: datetime, deadline: Deadline, inspect: Callable[[Changes], T]) -> T:
    """Everything in the window, read and stored; what `inspect` says of it, called before it is stored.

    Raises `InUse` and the integration errors: then nothing was stored, and the timetable knows it.
    """
    state = timetable.claim(link_id=link.pk, is_forced=True)
    if state is None:
        raise InUse
    try:
        if state.link.mode == CalendarMode.OWN:
            pull_free_busy(state, now=now, deadline=deadline)
        changes = fetch(state, now=now, deadline=deadline, is_full=True)
        seen = inspect(changes)
        apply(state, changes, now=now)
    except timetable.LostClaim:
        _counted("lost", Pulled("busy"))
        raise InUse from None
    except Exception as error:
        _failed(state, error, "", now)
        raise
    note_caught_up(state, now=now)
    _counted("full", Pulled("done"))
    return seen


def _row(link: Link) -> PullState:
    rows = PullState.objects.for_clinic(link.clinic_id).select_related("link__clinic", "link__professional")
    return rows.defer("link__access_token", "link__refresh_token").get(link=link)


def _pull(state: PullState, now: datetime, seconds: float | None = None) -> Pulled:
    seconds = seconds or max(settings.CALENDAR_PULL_HARD_LIMIT_SECONDS - RESERVE_SECONDS / settings.TIMES_DIVIDED_BY, 1)
    deadline = Deadline.after(seconds, read_seconds=min(settings.CALENDAR_READ_SECONDS, seconds))
    try:
        if state.link.mode == CalendarMode.OWN:
            pull_free_busy(state, now=now, deadline=deadline)
        changes = fetch(state, now=now, deadline=deadline)
        events = apply(state, changes, now=now)
    except timetable.LostClaim:
        return _counted("lost", Pulled("busy"))
    except IntegrationError as error:
        return _failed(state, error, error.code, now)
    except Exception as error:
        logger.exception("pull broke", extra={"clinic_id": state.clinic_id, "link": state.link_id})
        return _failed(state, error, "", now)
    note_caught_up(state, now=now)
    return _counted("full" if changes.is_full else "changes", Pulled("done", events))


def _failed(state: PullState, error: Exception, code: str, now: datetime) -> Pulled:
    timetable.fail(state, error, now=now)
    note_behind(state, now=now)
    return _counted(type(error).__name__, Pulled("failed", code=code or type(error).__name__))


def _counted(result: str, pulled: Pulled) -> Pulled:
    CALENDAR_PULLS.labels(result).inc()
    return pulled
