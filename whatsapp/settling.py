"""What do the provider's reports about our messages do? Their lane: many in one transaction, in no order.

A report that overtook the answer to its send waits for it; one that finds no message after some tries is set aside.
"""

import json
import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from atendeai.common.resilience import backoff
from whatsapp import beginnings, outbox, statuses
from whatsapp.models import Item, ItemState
from whatsapp.payloads import Kind, status_of

logger = logging.getLogger(__name__)

# After so many batches the worker lets others have a turn.
TURN = 20
TRIES = 6
BATCH = 100


def settle(*, now: datetime) -> int:
    """Works the lane of statuses: a batch in one transaction, or one by one when one of them fails; how many.

    Those whose worker was lost come one by one, before the others.
    """
    done = 0
    for _ in range(TURN):
        ids = beginnings.begin(_waiting_statuses(), BATCH)
        done += len(ids)
        if not _settle_begun(ids, now):
            break
    return done


def _settle_begun(ids: Sequence[int], now: datetime) -> bool:
    """Whether it was one whose worker was lost, so that others may wait behind it."""
    try:
        return bool(ids) and _settle_batch(ids, now)
    except Exception:
        logger.exception("statuses not applied together")
    for item_id in ids:
        _settle_one(item_id, now)
    return False


def _waiting_statuses() -> QuerySet[Item]:
    due = Q(not_before__isnull=True) | Q(not_before__lte=Now())
    waiting = Item.objects.filter(due, state=ItemState.WAITING, conversation__isnull=True, kind=Kind.STATUS)
    return waiting.order_by("id")


def _locked(ids: Sequence[int]) -> list[Item]:
    waiting = Item.objects.filter(pk__in=ids, state=ItemState.WAITING).order_by("id")
    # As with deliveries: they are ours, and locked by others for a moment only.
    return list(waiting.select_for_update())


def _settle_batch(ids: Sequence[int], now: datetime) -> bool:
    with transaction.atomic():
        items = _locked(ids)
        was_lost = any(item.begun > 1 for item in items)
        for lost in filter(beginnings.is_lost_too_often, items):
            beginnings.set_aside(lost)
        items = [item for item in items if item.state == ItemState.WAITING]
        reports = [(item, _report(item, now)) for item in items]
        # In the order of the messages, so that two workers cannot wait for each other's rows.
        reports.sort(key=lambda pair: (pair[1].tracked or 0, pair[1].wamid))
        done = [item.pk for item, report in reports if _is_applied(item, report)]
        Item.objects.filter(pk__in=done).update(state=ItemState.DONE)
    return was_lost


def _settle_one(item_id: int, now: datetime) -> None:
    with transaction.atomic():
        for item in _locked([item_id]):
            try:
                with transaction.atomic():
                    if _is_applied(item, _report(item, now)):
                        Item.objects.filter(pk=item.pk).update(state=ItemState.DONE)
            except Exception as error:
                logger.exception("status not applied", extra={"item": item.pk, "clinic_id": item.clinic_id})
                _later(item, type(error).__name__)


def _report(item: Item, now: datetime) -> statuses.Report:
    status = status_of(json.loads(item.payload))
    problem = status.errors[0] if status.errors else None
    return statuses.Report(
        wamid=status.wamid,
        tracked=outbox.find_tracked(status.tracker),
        state=status.status,
        at=status.at or now,
        error_code=problem.code if problem else "",
        error_detail=(problem.details or problem.title) if problem else "",
        pricing=json.dumps(status.pricing) if status.pricing else "",
    )


def _is_applied(item: Item, report: statuses.Report) -> bool:
    if item.clinic_id is not None and statuses.apply_status(clinic_id=item.clinic_id, report=report):
        return True
    # It may have overtaken the answer to the very send it reports.
    _later(item, "unknown_message")
    return False


def _later(item: Item, reason: str) -> None:
    item.attempts += 1
    item.begun, item.begun_at = 0, None
    item.last_error = reason
    item.not_before = Now() + backoff(item.attempts)
    if item.attempts >= TRIES:
        item.state, item.reason = ItemState.SET_ASIDE, reason[:80]
    item.save(update_fields=["attempts", "last_error", "not_before", "state", "reason", "begun", "begun_at"])
