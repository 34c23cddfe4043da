"""How does what Meta sends become work, each item once? Store; unpack; find what waits.

`store` is all that a web request does: one durable INSERT. `unpack` turns a stored call into items, unique on
(scope, kind, provider id, status): a repeated delivery adds nothing. Items of a chat are worked by their conversation,
in order; statuses and the rest take their own lane.
"""

import json
import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from atendeai.celery import wake_after_commit
from atendeai.common.resilience import backoff
from atendeai.metrics import UNKNOWN_ITEMS
from whatsapp import payloads, routing
from whatsapp.models import Delivery, DeliveryState, Item, ItemState

logger = logging.getLogger(__name__)

INSERT = "INSERT INTO whatsapp_delivery (body, signed_by_id) VALUES (%s, %s)"
BATCH = 50
# Of an item without a readable time, and of the far past or future: it is worked as if it came now.
PLAUSIBLE = timedelta(days=40)


def store(*, body: bytes, signed_by: int | None) -> None:
    """One durable row, committed when this returns; DatabaseError when it is not stored.

    A connection that died while idle is replaced once. Should the first INSERT have been committed all the same, the
    second row repeats its items, and repeated items add nothing.
    """
    try:
        _insert(body, signed_by)
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block:
            raise
        connection.close()
        _insert(body, signed_by)


def _insert(body: bytes, signed_by: int | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [body, signed_by])


def unpack_some(*, now: datetime) -> int:
    """Unpacks up to BATCH stored deliveries, each in its own transaction; how many it took."""
    done = 0
    while done < BATCH and _unpack_next(now):
        done += 1
    return done


def _unpack_next(now: datetime) -> bool:
    with transaction.atomic():
        delivery = _claim()
        if delivery is None:
            return False
        try:
            with transaction.atomic():
                _unpack(delivery, now)
        except Exception as error:
            logger.exception("delivery not unpacked", extra={"delivery": delivery.pk})
            _postpone(delivery, error)
    return True


def _claim() -> Delivery | None:
    due = Q(not_before__isnull=True) | Q(not_before__lte=Now())
    rows = Delivery.objects.filter(due, state=DeliveryState.STORED).order_by("id")
    return rows.select_for_update(skip_locked=True).first()


def _unpack(delivery: Delivery, now: datetime) -> None:
    unpacked = payloads.unpack(bytes(delivery.body))
    for problem in unpacked.problems:
        UNKNOWN_ITEMS.labels("delivery", "unreadable").inc()
        logger.warning(
            "delivery problem",
            extra={"delivery": delivery.pk, "where": problem.where, "reason": problem.reason},
        )
    _keep_items(delivery, unpacked.items, now)
    delivery.state = DeliveryState.UNPACKED
    delivery.last_error = "; ".join(f"{problem.where}: {problem.reason}" for problem in unpacked.problems)[:2000]
    delivery.save(update_fields=["state", "last_error"])


def _keep_items(delivery: Delivery, items: tuple[payloads.Item, ...], now: datetime) -> None:
    lane = False
    for item in items:
        if not (row := _insert_item(delivery, item, now)):
            continue
        if row.conversation_id:
            routing.want(conversation_id=row.conversation_id)
            wake_after_commit("whatsapp.work", conversation_id=row.conversation_id)
        lane = lane or (row.state == ItemState.WAITING and not row.conversation_id)
    if lane:
        wake_after_commit("whatsapp.settle")


def _insert_item(delivery: Delivery, item: payloads.Item, now: datetime) -> Item | None:
    """The new row, or None when the item is already there (this is where a duplicate ends)."""
    if Item.objects.filter(**_key(item)).exists():
        return None
    place = routing.place(item, signed_by=delivery.signed_by_id, now=now)
    row = Item(
        **_key(item),
        clinic_id=place.clinic_id,
        delivery=delivery,
        conversation_id=place.conversation_id,
        provider_at=_plausible(item.provider_at, now),
        payload=json.dumps(item.payload, ensure_ascii=True, separators=(",", ":")),
        state=place.state,
        reason=place.reason[:80],
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        # Another worker unpacked a copy at this very moment; the unique key let one of us through.
        return None
    return row


def _key(item: payloads.Item) -> dict[str, str]:
    return {
        "scope": item.scope[:64],
        "kind": item.kind.value,
        "provider_id": item.provider_id[:256],
        "status": item.status[:20],
    }


def _plausible(at: datetime | None, now: datetime) -> datetime:
    return at if at is not None and abs(at - now) < PLAUSIBLE else now


def _postpone(delivery: Delivery, error: Exception) -> None:
    delivery.attempts += 1
    delivery.last_error = type(error).__name__
    delivery.not_before = Now() + backoff(delivery.attempts)
    if delivery.attempts >= settings.MAX_ATTEMPTS:
        delivery.state = DeliveryState.SET_ASIDE
    delivery.save(update_fields=["attempts", "last_error", "not_before", "state"])
