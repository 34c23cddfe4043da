"""Which calendars are compared next, and by whom? The rows: asked for, claimed, finished; and the daily timetable.

Promises: at most one open comparison per link (a partial unique index is the judge); results are written under the
attempt's number; a worker that died is followed by another a few times, then the row says so.
"""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from calendar_sync.models import Link, LinkState, Origin, PullState, Reconciliation, RunState
from calendar_sync.reconciling.findings import Finding, count, samples
from clinics.models import User

OPEN = (RunState.QUEUED, RunState.RUNNING)
SWEEP_LIMIT = 50
TRIES = 3
# Somebody reads the calendar at the moment: a pull takes seconds.
BUSY_PAUSE = timedelta(seconds=5)
AFTER_FAILURE = timedelta(hours=2)
DAY_SECONDS = 24 * 3600
KEPT = 30


def ask(*, link: Link, origin: Origin, is_preview: bool, now: datetime, by: User | None = None) -> Reconciliation:
    """The link's open comparison, or a new one to be worked."""
    rows = Reconciliation.objects.for_clinic(link.clinic_id)
    for _ in range(2):
        found = rows.filter(link=link, state__in=OPEN).first()
        if found is not None:
            return found
        try:
            with transaction.atomic():
                return rows.create(
                    clinic_id=link.clinic_id,
                    link=link,
                    origin=origin,
                    is_preview=is_preview,
                    asked_by=by,
                    asked_at=now,
                    not_before=Now(),
                )
        except IntegrityError:
            # Somebody asked at the same moment.
            continue
    return rows.filter(link=link).latest("id")


def ask_daily(*, now: datetime) -> int:
    """Asks for those whose day has come, each at an hour of its own; how many. Bounded: the next sweep goes on."""
    with transaction.atomic():
        due = PullState.objects.filter(compare_due_at__lte=Now()).select_related("link").order_by("compare_due_at")
        states = list(due.select_for_update(of=("self",), skip_locked=True)[:SWEEP_LIMIT])
        for state in states:
            pause = timedelta(seconds=DAY_SECONDS * random.uniform(0.9, 1.1))
            PullState.objects.for_clinic(state.clinic_id).filter(pk=state.pk).update(compare_due_at=Now() + pause)
            if state.link.state == LinkState.LINKED:
                ask(link=state.link, origin=Origin.DAILY, is_preview=False, now=now)
    return len(states)


def due(limit: int = SWEEP_LIMIT) -> list[int]:
    """Open comparisons to be worked now. Across clinics: the claim's sibling."""
    rows = Reconciliation.objects.filter(_is_ready()).order_by("not_before")
    return list(rows.values_list("id", flat=True)[:limit])


def claim(run_id: int) -> Reconciliation | None:
    """The row with its lease, or None: not due, somebody has it, or it was tried too often (then it says so)."""
    with transaction.atomic():
        locked = Reconciliation.objects.filter(_is_ready(), pk=run_id)
        row = locked.select_for_update(of=("self",), skip_locked=True).first()
        if row is None:
            return None
        mine = Reconciliation.objects.for_clinic(row.clinic_id).filter(pk=row.pk)
        if row.attempt >= TRIES:
            mine.update(state=RunState.FAILED, lease_until=None, error_code="given_up", finished_at=row.asked_at)
            return None
        until = Now() + timedelta(seconds=settings.CALENDAR_PULL_LEASE_SECONDS)
        mine.update(state=RunState.RUNNING, attempt=F("attempt") + 1, lease_until=until)
    related = ("link__clinic", "link__professional", "asked_by")
    return mine.select_related(*related).defer("link__access_token", "link__refresh_token").get()


def _is_ready() -> Q:
    return Q(state=RunState.QUEUED, not_before__lte=Now()) | Q(state=RunState.RUNNING, lease_until__lt=Now())


def put_off(run: Reconciliation) -> None:
    """The calendar is in use: again in a moment. That is no attempt."""
    held(run).update(state=RunState.QUEUED, attempt=F("attempt") - 1, lease_until=None, not_before=Now() + BUSY_PAUSE)


def once_more_today(run: Reconciliation) -> None:
    """Google did not answer at the day's hour: not only tomorrow."""
    rows = PullState.objects.for_clinic(run.clinic_id).filter(link=run.link_id, compare_due_at__isnull=False)
    rows.update(compare_due_at=Now() + AFTER_FAILURE * random.uniform(0.75, 1.25))


def finish(
    run: Reconciliation, found: Sequence[Finding], mended: Sequence[Finding], *, code: str, now: datetime, **more: Any
) -> bool:
    """What is known, also when it could not be ended (`code`); False when the claim was lost."""
    state = RunState.FAILED if code else RunState.DONE
    results = {"found": count(found), "mended": count(mended), "samples": samples(found)}
    is_mine = held(run).update(state=state, lease_until=None, error_code=code[:60], finished_at=now, **results, **more)
    _drop_old(run)
    run.refresh_from_db()
    return bool(is_mine)


def held(run: Reconciliation) -> Any:
    """The row, as long as the claim is ours."""
    rows = Reconciliation.objects.for_clinic(run.clinic_id)
    return rows.filter(pk=run.pk, attempt=run.attempt, state=RunState.RUNNING)


def _drop_old(run: Reconciliation) -> None:
    rows = Reconciliation.objects.for_clinic(run.clinic_id).filter(link=run.link_id)
    kept = list(rows.order_by("-id").values_list("id", flat=True)[:KEPT])
    rows.exclude(pk__in=kept).exclude(state__in=OPEN).delete()


def latest(link_ids: Sequence[int], clinic_id: int) -> dict[int, Reconciliation]:
    """Link → its newest comparison: one query."""
    rows = Reconciliation.objects.for_clinic(clinic_id).filter(link__in=link_ids)
    return {run.link_id: run for run in rows.order_by("link_id", "-id").distinct("link_id")}
