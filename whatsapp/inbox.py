"""How does what Meta sends become work, each item once? Store; unpack; find what waits.

`store` is all that a web request does: one durable INSERT. `unpack` turns a stored call into items, unique on
(scope, kind, provider id, status): a repeated delivery adds nothing. Items of a chat are worked by their conversation,
in order; statuses and notices have lanes of their own.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from atendeai.common.resilience import backoff
from atendeai.metrics import UNKNOWN_ITEMS
from clinics.booking import is_deadlock
from whatsapp import beginnings, payloads, routing
from whatsapp.models import Delivery, DeliveryState, Item, ItemState

logger = logging.getLogger(__name__)

INSERT = "INSERT INTO whatsapp_delivery (body, signed_by_id) VALUES (%s, %s)"
BATCH = 20
# Of an item whose contact or chat could not be found or made.
NOT_PLACED = "not_placed"
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


@dataclass(frozen=True)
class Unpacked:
    """What one turn did: how many deliveries it took, which conversations got something to work on, and whether
    anything came that belongs to no chat."""

    taken: int
    conversation_ids: tuple[int, ...]
    has_notices: bool


def unpack_some(*, now: datetime) -> Unpacked:
    """Unpacks up to BATCH stored deliveries in one transaction, each in a savepoint of its own."""
    due = Q(not_before__isnull=True) | Q(not_before__lte=Now())
    ids = beginnings.begin(Delivery.objects.filter(due, state=DeliveryState.STORED).order_by("id"), BATCH)
    with beginnings.survived(Delivery, ids), transaction.atomic():
        deliveries = [delivery for delivery in _claim(ids) if not _is_lost(delivery)]
        numbers = routing.Numbers()
        rows = [row for delivery in deliveries for row in _unpack_safely(delivery, numbers, now)]
        wanted = {row.conversation_id for row in rows if row.conversation_id}
        unpacked = [delivery.pk for delivery in deliveries if delivery.state == DeliveryState.UNPACKED]
        Delivery.objects.filter(pk__in=unpacked).update(state=DeliveryState.UNPACKED)
        found = routing.want(conversation_ids=wanted)
        taken = BATCH if any(map(_wants_another_turn, deliveries)) else len(ids)
    return Unpacked(taken, found, any(_is_notice(row) for row in rows))


def _wants_another_turn(delivery: Delivery) -> bool:
    """One that was begun alone hides how many wait behind it; one that gave way waits itself."""
    gave_way = delivery.state == DeliveryState.STORED and delivery.not_before is None
    return delivery.begun > 1 or gave_way


def _is_notice(row: Item) -> bool:
    return row.state == ItemState.WAITING and row.conversation_id is None and row.kind != payloads.Kind.STATUS


def _claim(ids: Sequence[int]) -> list[Delivery]:
    if not ids:
        return []
    rows = Delivery.objects.filter(pk__in=ids, state=DeliveryState.STORED).order_by("id")
    # Waited for, not passed by: who counts other rows locks these for a moment, and finds them begun.
    return list(rows.select_for_update())


def _is_lost(delivery: Delivery) -> bool:
    if not beginnings.is_lost_too_often(delivery):
        return False
    beginnings.set_aside(delivery)
    return True


def _unpack_safely(delivery: Delivery, numbers: routing.Numbers, now: datetime) -> list[Item]:
    """The rows of its new items; none when the delivery failed and waits for its next try."""
    try:
        with transaction.atomic():
            rows = _unpack(delivery, numbers, now)
    except Exception as error:
        if isinstance(error, OperationalError) and is_deadlock(error):
            _go_on(delivery)
            return []
        logger.exception("delivery not unpacked", extra={"delivery": delivery.pk})
        _postpone(delivery, error)
        return []
    return rows


def _unpack(delivery: Delivery, numbers: routing.Numbers, now: datetime) -> list[Item]:
    unpacked = payloads.unpack(bytes(delivery.body))
    for problem in unpacked.problems:
        UNKNOWN_ITEMS.labels("delivery", "unreadable").inc()
        extra = {"delivery": delivery.pk, "where": problem.where, "reason": problem.reason}
        logger.warning("delivery problem", extra=extra)
    rows, failed = _rows(delivery, _unseen(unpacked.items), numbers, now)
    is_last_try = delivery.attempts + 1 >= settings.MAX_ATTEMPTS
    if failed and is_last_try:
        rows += [_row(delivery, item, _aside(item, numbers, delivery), now, error) for item, error in failed]
    # Should another worker unpack a copy at this very moment, the unique key lets one of us through.
    Item.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    _finish(delivery, unpacked.problems, failed, is_last_try=is_last_try)
    return rows


def _unseen(items: Sequence[payloads.Item]) -> list[payloads.Item]:
    """Each item once, and none that is there already (this is where a duplicate ends)."""
    first: dict[tuple[str, ...], payloads.Item] = {}
    for item in items:
        first.setdefault(tuple(_key(item).values()), item)
    # A status makes nothing but its row, so the unique key alone may judge it.
    asked = {key for key, item in first.items() if item.kind != payloads.Kind.STATUS}
    if asked:
        known = Item.objects.filter(scope__in={key[0] for key in asked}, provider_id__in={key[2] for key in asked})
        for key in known.values_list("scope", "kind", "provider_id", "status"):
            first.pop(key, None)
    return list(first.values())


def _rows(
    delivery: Delivery, items: Sequence[payloads.Item], numbers: routing.Numbers, now: datetime
) -> tuple[list[Item], list[tuple[payloads.Item, Exception]]]:
    """Rows of the items that found their place, and those that did not: one bad item holds back no good one."""
    signed_by = delivery.signed_by_id
    crowd = routing.gather(items, numbers=numbers, signed_by=signed_by, now=now)
    rows: list[Item] = []
    failed: list[tuple[payloads.Item, Exception]] = []
    for item in items:
        try:
            place = routing.place(item, numbers=numbers, crowd=crowd, signed_by=signed_by, now=now)
        except (OperationalError, InterfaceError):
            # The database's, not the item's.
            raise
        except Exception as error:
            logger.exception("item not placed", extra={"delivery": delivery.pk, "kind": item.kind})
            failed.append((item, error))
        else:
            rows.append(_row(delivery, item, place, now))
    return rows, failed


def _aside(item: payloads.Item, numbers: routing.Numbers, delivery: Delivery) -> routing.Place:
    """Where its clinic can see it, if the signature may speak for that clinic."""
    number = numbers.find(item)
    is_theirs = number is not None and delivery.signed_by_id in (None, number.clinic_id)
    return routing.Place(ItemState.SET_ASIDE, number.clinic_id if number and is_theirs else None, reason=NOT_PLACED)


def _row(
    delivery: Delivery, item: payloads.Item, place: routing.Place, now: datetime, error: Exception | None = None
) -> Item:
    return Item(
        **_key(item),
        field=item.field,
        clinic_id=place.clinic_id,
        delivery=delivery,
        conversation_id=place.conversation_id,
        provider_at=_plausible(item.provider_at, now),
        payload=json.dumps(item.payload, ensure_ascii=True, separators=(",", ":")),
        state=place.state,
        reason=place.reason[:80],
        last_error=type(error).__name__ if error else "",
    )


def _finish(
    delivery: Delivery,
    problems: Sequence[payloads.Problem],
    failed: Sequence[tuple[payloads.Item, Exception]],
    *,
    is_last_try: bool,
) -> None:
    """Unpacked; or, while an item found no place, waiting for the next try."""
    if failed and not is_last_try:
        _postpone(delivery, failed[0][1])
        return
    delivery.state = DeliveryState.UNPACKED
    told = [f"{problem.where}: {problem.reason}" for problem in problems]
    told += [f"{item.kind}: {type(error).__name__}" for item, error in failed]
    if told or delivery.last_error:
        delivery.last_error = "; ".join(told)[:2000]
        delivery.save(update_fields=["last_error"])


def _key(item: payloads.Item) -> dict[str, str]:
    return {
        "scope": item.scope[:64],
        "kind": item.kind.value,
        "provider_id": item.provider_id[:256],
        "status": item.status[:20],
    }


def _plausible(at: datetime | None, now: datetime) -> datetime:
    return at if at is not None and abs(at - now) < PLAUSIBLE else now


def _go_on(delivery: Delivery) -> None:
    """It gave way to another worker that makes the same people: no failure, and its turn is now."""
    delivery.begun, delivery.begun_at = 0, None
    delivery.save(update_fields=["begun", "begun_at"])


def _postpone(delivery: Delivery, error: Exception) -> None:
    delivery.attempts += 1
    delivery.begun, delivery.begun_at = 0, None
    delivery.last_error = type(error).__name__
    delivery.not_before = Now() + backoff(delivery.attempts)
    if delivery.attempts >= settings.MAX_ATTEMPTS:
        delivery.state = DeliveryState.SET_ASIDE
    delivery.save(update_fields=["attempts", "last_error", "not_before", "state", "begun", "begun_at"])
