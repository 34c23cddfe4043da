"""One comparison from its claim to its report.

First what is new in Google is read as always, so that only true differences are left; then everything is listed and
compared; then what is safe is mended. An error of Google's ends the run with what is known by then: it decides nothing,
deletes nothing and moves nothing.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings

from atendeai.common.errors import IntegrationError
from calendar_sync import pull, timetable
from calendar_sync.alert_words import DIFFERENCES
from calendar_sync.deadline import Deadline
from calendar_sync.models import Link, LinkState, Origin, Reconciliation
from calendar_sync.reconciling import mending, runs
from calendar_sync.reconciling.comparing import compare
from calendar_sync.reconciling.findings import BY_READING, FOR_PEOPLE, HARMLESS, Finding
from clinics import alerts
from clinics.audit import SYSTEM, Actor

logger = logging.getLogger(__name__)
RESERVE_SECONDS = 15
# Of the whole run, for reading what is new.
FIRST_SECONDS = 30.0


class _Again(Exception):
    """The calendar is in use."""


class _Ended(Exception):
    """`args[0]` is the code of what keeps the calendar from being read."""


@dataclass
class _Known:
    """What a run knows so far."""

    found: list[Finding] = field(default_factory=list)
    mended: list[Finding] = field(default_factory=list)
    events: int = 0


def work(*, run_id: int, now: datetime) -> Reconciliation | None:
    """A worker's turn; the row once it is finished, else None. Never raises for Google's sake."""
    run = runs.claim(run_id)
    if run is None:
        return None
    began, known, code = time.monotonic(), _Known(), ""
    try:
        _run(run, known, now)
    except (_Again, pull.InUse):
        runs.put_off(run)
        return None
    except _Ended as error:
        code = str(error.args[0])
    except IntegrationError as error:
        code = error.code or type(error).__name__
    except Exception as error:
        logger.exception("comparison broke", extra={"clinic_id": run.clinic_id, "run": run.pk})
        code = type(error).__name__
    took_ms = round((time.monotonic() - began) * 1000)
    if runs.finish(run, known.found, known.mended, code=code, now=now, took_ms=took_ms, events=known.events):
        _tell(run, known, code, now)
        if code and run.origin == Origin.DAILY:
            runs.once_more_today(run)
    return run


def _run(run: Reconciliation, known: _Known, now: datetime) -> None:
    link = run.link
    if link.state != LinkState.LINKED:
        raise _Ended(link.state)
    seconds = max(settings.CALENDAR_PULL_HARD_LIMIT_SECONDS - RESERVE_SECONDS / settings.TIMES_DIVIDED_BY, 1)
    deadline = Deadline.after(seconds, read_seconds=settings.CALENDAR_READ_SECONDS)
    first = pull.pull_now(link=link, now=now, seconds=min(FIRST_SECONDS, seconds / 2))
    if first.state == "busy":
        raise _Again
    if first.state == "failed":
        raise _Ended(first.code)

    def inspect(changes: pull.Changes) -> list[Finding]:
        known.events = len(changes.items)
        return compare(link, changes, now=now)

    if run.is_preview:
        known.found = inspect(pull.look_fully(link=link, now=now, deadline=deadline))
        return
    known.found = pull.read_fully(link=link, now=now, deadline=deadline, inspect=inspect)
    known.mended = [one for one in known.found if one.kind in BY_READING]
    known.mended += mending.queue_writes(link, known.found)
    for twin in mending.remove_twins(link, known.found, by=_actor(run), now=now, deadline=deadline):
        known.mended.append(twin)
        # What it took is free again.
        timetable.want(link_id=link.pk)


def _actor(run: Reconciliation) -> Actor:
    return Actor("user", run.asked_by_id) if run.asked_by_id else SYSTEM


def open_differences(found: Sequence[Finding], mended: Sequence[Finding]) -> list[Finding]:
    """What a person should look at."""
    left = set(found) - set(mended)
    return [one for one in found if one in left and one.kind not in HARMLESS]


def _tell(run: Reconciliation, known: _Known, code: str, now: datetime) -> None:
    """An alert when the daily comparison leaves something to people; gone with the next that does not."""
    if run.is_preview or code:
        return
    left = [one for one in open_differences(known.found, known.mended) if one.kind in FOR_PEOPLE]
    link: Link = run.link
    if left and run.origin == Origin.DAILY:
        alerts.raise_alert(clinic=link.clinic, kind=DIFFERENCES, target=link, now=now)
    elif not left:
        alerts.clear_alert(clinic=link.clinic, kind=DIFFERENCES, target=link, now=now)
