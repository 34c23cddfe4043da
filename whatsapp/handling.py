"""What does one item do, from start to end? One transaction: read, decide, act, answer; then it is done for ever.

A worker holds a whole conversation (its row lock) and works its items in order of the provider's time. Whatever fails
undoes the item's transaction entirely and holds up only its own conversation, until the item is set aside.
"""

import json
import logging
from datetime import datetime

from django.conf import settings
from django.db import OperationalError, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from atendeai.common.resilience import backoff
from clinics.booking import is_deadlock
from clinics.confirming import LookFirst, Looks
from whatsapp import arrivals, outbox, statuses
from whatsapp.models import Conversation, Item, ItemState
from whatsapp.payloads import Kind, status_of

logger = logging.getLogger(__name__)

# After so many items the worker lets others have a turn; the conversation is hinted at again.
TURN = 20
# A turn of the conversation books once; another wish after a look means that the chat has moved on meanwhile.
MOST_LOOKS = 3
STATUS_TRIES = 6
STATUS_BATCH = 100


def work(conversation_id: int, *, now: datetime) -> bool:
    """Works the conversation's waiting items in order; True when some may be left after this turn."""
    return all(_work_next(conversation_id, now) for _ in range(TURN))


def _work_next(conversation_id: int, now: datetime) -> bool:
    """One item; when it books, its transaction is left for a look at the calendar, and the item is worked anew."""
    looks = Looks()
    for _ in range(MOST_LOOKS):
        try:
            return _work_once(conversation_id, now, looks)
        except LookFirst as first:
            looks.look(first.wish, now=now)
    return True


def _work_once(conversation_id: int, now: datetime, looks: Looks) -> bool:
    """One item; False when there is nothing to do now (none left, not due yet, or another worker holds the chat)."""
    item: Item | None = None
    try:
        with transaction.atomic():
            conversation = _claim(conversation_id)
            if conversation is None:
                return False
            waiting = _next_items(conversation)
            is_last = len(waiting) < 2
            if waiting:
                item = waiting[0]
                _handle(conversation, item, now, looks)
            _leave(conversation, is_last=is_last)
    except LookFirst:
        # No failure: nothing has happened yet.
        raise
    except OperationalError as error:
        if item is None or not is_deadlock(error):
            raise
        _postpone(item, error)
    except Exception as error:
        if item is None:
            raise
        logger.exception("item not handled", extra={"item": item.pk, "clinic_id": item.clinic_id})
        _postpone(item, error)
    else:
        return not is_last
    return True


def _claim(conversation_id: int) -> Conversation | None:
    due = Q(not_before__isnull=True) | Q(not_before__lte=Now())
    rows = Conversation.objects.filter(due, pk=conversation_id, wanted_at__isnull=False)
    rows = rows.select_related("clinic", "number", "contact__patient")
    return rows.select_for_update(skip_locked=True, of=("self",)).first()


def _next_items(conversation: Conversation) -> list[Item]:
    """The oldest waiting item, and a second one if there is more to do."""
    waiting = Item.objects.filter(conversation=conversation, state=ItemState.WAITING)
    return list(waiting.order_by("provider_at", "id")[:2])


def _leave(conversation: Conversation, *, is_last: bool) -> None:
    if is_last:
        # Under the row's lock: whoever adds an item must take the same lock to set the mark again.
        conversation.wanted_at = None
    conversation.save()


def _handle(conversation: Conversation, item: Item, now: datetime, looks: Looks) -> None:
    why_not = arrivals.handle(conversation, item, now, looks)
    item.state, item.reason = (ItemState.IGNORED, why_not[:80]) if why_not else (ItemState.DONE, item.reason)
    item.save(update_fields=["state", "reason"])


def _postpone(item: Item, error: Exception) -> None:
    """Counts the failure outside the undone transaction; after MAX_ATTEMPTS the item no longer blocks its chat."""
    pause = backoff(item.attempts + 1)
    with transaction.atomic():
        rows = Item.objects.filter(pk=item.pk, state=ItemState.WAITING)
        rows.update(attempts=F("attempts") + 1, last_error=f"{type(error).__name__}", not_before=Now() + pause)
        rows.filter(attempts__gte=settings.MAX_ATTEMPTS).update(state=ItemState.SET_ASIDE)
        Conversation.objects.filter(items=item).update(not_before=Now() + pause)


def settle(*, now: datetime) -> int:
    """Works the lane of statuses: a batch in one transaction, or one by one when one of them fails; how many."""
    try:
        return _settle_batch(now)
    except Exception:
        logger.exception("statuses not applied together")
    done = 0
    while done < STATUS_BATCH and _settle_next(now):
        done += 1
    return done


def _waiting_statuses() -> QuerySet[Item]:
    due = Q(not_before__isnull=True) | Q(not_before__lte=Now())
    waiting = Item.objects.filter(due, state=ItemState.WAITING, conversation__isnull=True, kind=Kind.STATUS)
    return waiting.order_by("id").select_for_update(skip_locked=True)


def _settle_batch(now: datetime) -> int:
    with transaction.atomic():
        items = list(_waiting_statuses()[:STATUS_BATCH])
        reports = [(item, _report(item, now)) for item in items]
        # In the order of the messages, so that two workers cannot wait for each other's rows.
        reports.sort(key=lambda pair: (pair[1].tracked or 0, pair[1].wamid))
        done = [item.pk for item, report in reports if _is_applied(item, report)]
        Item.objects.filter(pk__in=done).update(state=ItemState.DONE)
    return len(items)


def _settle_next(now: datetime) -> bool:
    with transaction.atomic():
        item = _waiting_statuses().first()
        if item is None:
            return False
        try:
            with transaction.atomic():
                if _is_applied(item, _report(item, now)):
                    Item.objects.filter(pk=item.pk).update(state=ItemState.DONE)
        except Exception as error:
            logger.exception("status not applied", extra={"item": item.pk, "clinic_id": item.clinic_id})
            _later(item, type(error).__name__)
    return True


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
    item.last_error = reason
    item.not_before = Now() + backoff(item.attempts)
    if item.attempts >= STATUS_TRIES:
        item.state, item.reason = ItemState.SET_ASIDE, reason[:80]
    item.save(update_fields=["attempts", "last_error", "not_before", "state", "reason"])
