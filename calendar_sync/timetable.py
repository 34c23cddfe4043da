"""Which calendar is read next, and by whom? One row per link; a lease by the database's clock, results fenced by it.

Promises: one pull per calendar at a time; a push or a person's wish that comes while a pull runs leads to another
one; a worker that slept through its lease changes nothing; a calendar whose link does not work waits without being
asked for.
"""

import random
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Case, F, Q, When
from django.db.models.functions import Coalesce, Least, Now

from atendeai.common.circuit import CircuitOpen
from atendeai.common.errors import CredentialsRevoked, IntegrationError, NotConfigured, Rejected
from atendeai.common.resilience import backoff, until_trial
from atendeai.metrics import QueueReading
from calendar_sync.models import Channel, Link, LinkState, PullState
from clinics.models import CalendarMode

SWEEP_LIMIT = 200
# What repeats do not mend (a calendar that is gone) is tried again all the same, slowly. First refusals are doubted:
# Google says «not found» of calendars that are there, and who is believed at once leaves a calendar unread for so long.
STUCK_SECONDS = 900
DOUBTED_REFUSALS = 3
FIRST_COMPARISON = timedelta(minutes=10)
LOST = "worker_lost"
WAITING = (
    "SELECT count(*), extract(epoch FROM now() - min(due_at)) FROM calendar_sync_pullstate"
    " WHERE due_at IS NOT NULL AND due_at <= now()"
)


class LostClaim(Exception):
    """The lease ran out and somebody else reads this calendar."""


def arm(*, link: Link, is_full: bool = False) -> None:
    """The link works from now on: its calendar is read at once, with everything if `is_full`."""
    changes: dict[str, Any] = {"due_at": Now(), "wanted_at": Now(), "failures": 0, "error_code": "", "error_at": None}
    changes |= {"full_wanted": True} if is_full else {}
    rows = PullState.objects.for_clinic(link.clinic_id)
    if not rows.filter(link=link).update(**changes):
        rows.update_or_create(clinic_id=link.clinic_id, link=link, defaults=changes)
    # Once what waited is written: whether this calendar and the appointments agree.
    rows.filter(link=link).update(compare_due_at=Now() + FIRST_COMPARISON * random.uniform(0.5, 1.5))


def park(*, link: Link) -> None:
    """The link is let go: nothing is read any more, and whoever reads now may not store it."""
    rows = PullState.objects.for_clinic(link.clinic_id).filter(link=link)
    rows.update(due_at=None, wanted_at=None, compare_due_at=None, lease_until=None, attempt=F("attempt") + 1)


def want(*, link_id: int) -> bool:
    """Somebody says that the calendar changed. A pause that Google asked for is kept; False for a parked one."""
    soon = Case(When(failures=0, lease_until__isnull=True, then=Least(F("due_at"), Now())), default=F("due_at"))
    rows = PullState.objects.filter(link_id=link_id, due_at__isnull=False)
    return bool(rows.update(wanted_at=Now(), due_at=soon))


def due(limit: int = SWEEP_LIMIT) -> list[int]:
    """Links whose calendars are to be read now, the longest waiting first. Across clinics: the claim's sibling."""
    rows = PullState.objects.filter(due_at__lte=Now()).order_by("due_at")
    return list(rows.values_list("link_id", flat=True)[:limit])


def reading() -> QueueReading:
    """For the gauges."""
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        depth, oldest = cursor.fetchone()
    return QueueReading(depth, max(float(oldest or 0), 0.0))


def claim(*, link_id: int, is_forced: bool = False) -> PullState | None:
    """The row with its lease, or None: not due, somebody reads it, or its link does not work (then it is parked)."""
    ready = Q(lease_until__isnull=True) | Q(lease_until__lt=Now())
    if not is_forced:
        ready &= Q(due_at__lte=Now())
    with transaction.atomic():
        locked = PullState.objects.filter(ready, link_id=link_id)
        row = locked.select_related("link").select_for_update(of=("self",), skip_locked=True).first()
        if row is None:
            return None
        mine = PullState.objects.for_clinic(row.clinic_id).filter(pk=row.pk)
        if row.link.state != LinkState.LINKED:
            mine.update(due_at=None, lease_until=None)
            return None
        if row.lease_until is not None and _rests(row) and not is_forced:
            return None
        until = Now() + timedelta(seconds=settings.CALENDAR_PULL_LEASE_SECONDS)
        mine.update(attempt=F("attempt") + 1, wanted_at=None, lease_until=until, due_at=until)
    rows = PullState.objects.for_clinic(row.clinic_id).select_related("link__clinic", "link__professional")
    return rows.defer("link__access_token", "link__refresh_token").get(pk=row.pk)


def _rests(row: PullState) -> bool:
    """Its reader was lost with it. A calendar that does this each time is read slowly, and says that it is not."""
    mine = PullState.objects.for_clinic(row.clinic_id).filter(pk=row.pk)
    mine.update(failures=F("failures") + 1, error_code=LOST, error_at=Coalesce(F("error_at"), Now()))
    if row.failures + 1 < settings.MAX_LOST_WORKERS:
        return False
    mine.update(lease_until=None, due_at=Now() + timedelta(seconds=STUCK_SECONDS / settings.TIMES_DIVIDED_BY))
    return True


def held(state: PullState) -> PullState:
    """The row locked in the transaction at hand, if it is still ours; else `LostClaim`."""
    rows = PullState.objects.for_clinic(state.clinic_id).filter(
        pk=state.pk, attempt=state.attempt, lease_until__isnull=False
    )
    row = rows.select_for_update().first()
    if row is None:
        raise LostClaim
    return row


def finish(state: PullState, *, now: datetime, **fields: Any) -> None:
    """What is known now and when to look again, in the transaction that holds the row."""
    pause = Now() + _interval(state.link)
    held_row = PullState.objects.for_clinic(state.clinic_id).filter(pk=state.pk)
    held_row.update(
        pulled_at=now,
        failures=0,
        error_code="",
        error_at=None,
        lease_until=None,
        due_at=Case(When(wanted_at__isnull=False, then=Now()), default=pause),
        **fields,
    )


def fail(state: PullState, error: Exception, *, now: datetime) -> None:
    """Nothing was stored; when to try again. Does nothing when the claim was lost."""
    code = (error.code if isinstance(error, IntegrationError) else "") or type(error).__name__
    rows = PullState.objects.for_clinic(state.clinic_id).filter(
        pk=state.pk, attempt=state.attempt, lease_until__isnull=False
    )
    if isinstance(error, CircuitOpen):
        # Not asked: it has failed no more often than before.
        since, again = Coalesce(F("error_at"), now), Now() + until_trial(error)
        rows.update(error_code=code, error_at=since, lease_until=None, due_at=again)
        return
    rows.update(
        failures=F("failures") + 1,
        error_code=code[:60],
        error_at=Coalesce(F("error_at"), now),
        lease_until=None,
        due_at=None if isinstance(error, CredentialsRevoked) else Now() + _pause(state, error),
    )


def _pause(state: PullState, error: Exception) -> timedelta:
    wished = error.retry_after_seconds if isinstance(error, IntegrationError) else None
    if isinstance(error, NotConfigured) or (isinstance(error, Rejected) and state.failures >= DOUBTED_REFUSALS):
        wished = max(wished or 0, STUCK_SECONDS)
    return backoff(state.failures + 1, at_least_seconds=wished)


def _interval(link: Link) -> timedelta:
    live = Channel.objects.for_clinic(link.clinic_id).live().filter(link=link)
    return interval(link.mode, is_pushed=link.mode == CalendarMode.EXISTING and live.exists())


def interval(mode: str, *, is_pushed: bool) -> timedelta:
    """Until the next look without being told: ± half with push, ± a quarter where we are not told of all."""
    if mode == CalendarMode.EXISTING and is_pushed:
        return timedelta(seconds=settings.CALENDAR_POLL_SECONDS * random.uniform(0.5, 1.5))
    return timedelta(seconds=settings.CALENDAR_POLL_ALONE_SECONDS * random.uniform(0.75, 1.25))
