"""What is done with an item that belongs to no chat: an opt-out, a template's review, past messages, an account's news?

A lane of its own beside the statuses, so that neither waits for the other. Each kind of each number or account is
worked in the provider's order, one item after the other; a failing one is tried again with growing pauses, lets the
others pass, and is set aside after MAX_ATTEMPTS. The slices register what they do about a kind when the app is ready.
"""

import json
import logging
from datetime import datetime
from typing import Any, Protocol

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from atendeai.common.resilience import backoff
from atendeai.metrics import UNKNOWN_ITEMS
from whatsapp import beginnings
from whatsapp.models import Item, ItemState
from whatsapp.payloads import Kind

logger = logging.getLogger(__name__)

# After so many items the worker lets others have a turn.
TURN = 50

# The first due item of each kind of each scope, found by jumping along the index from one pair to the next, and any one
# of these: a number whose whole past comes in at once holds back nobody else.
BEGIN = f"""
WITH RECURSIVE pairs AS (
  (SELECT kind, scope FROM whatsapp_item
    WHERE state = 'waiting' AND conversation_id IS NULL AND kind <> 'status' ORDER BY kind, scope LIMIT 1)
  UNION ALL
  SELECT after.kind, after.scope
    FROM pairs, LATERAL (SELECT kind, scope FROM whatsapp_item
                          WHERE state = 'waiting' AND conversation_id IS NULL AND kind <> 'status'
                            AND (kind, scope) > (pairs.kind, pairs.scope)
                          ORDER BY kind, scope LIMIT 1) AS after),
heads AS (
  SELECT head.id
    FROM pairs, LATERAL (SELECT id FROM whatsapp_item
                          WHERE state = 'waiting' AND conversation_id IS NULL AND kind <> 'status'
                            AND kind = pairs.kind AND scope = pairs.scope
                            AND (not_before IS NULL OR not_before <= now())
                          ORDER BY provider_at, id LIMIT 1) AS head)
UPDATE whatsapp_item SET begun = begun + 1, begun_at = statement_timestamp(), begun_by = pg_backend_pid()
 WHERE id = (SELECT id FROM whatsapp_item
              WHERE id IN (SELECT id FROM heads) AND state = 'waiting'
                AND {beginnings.FREE}
              ORDER BY random() LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id
"""  # noqa: S608 - our own condition


class Handler(Protocol):
    """Acts on one item in the transaction at hand. May answer with a reason why there was nothing to do; raises to be
    tried again. `item.clinic` is set, `item.field` names the webhook field."""

    def __call__(self, *, item: Item, payload: dict[str, Any], now: datetime) -> str | None: ...


_handlers: dict[str, Handler] = {}


def register(kind: Kind, handler: Handler) -> None:
    """Apps call this from `ready()`."""
    _handlers[kind] = handler


def work(*, now: datetime) -> bool:
    """Works a turn of waiting notices; True when some may be left."""
    return all(_work_next(now) for _ in range(TURN))


def _work_next(now: datetime) -> bool:
    begun = _begin()
    if begun is None:
        return False
    with beginnings.survived(Item, [begun]), transaction.atomic():
        waiting = Item.objects.filter(pk=begun, state=ItemState.WAITING).select_related("clinic")
        # As with deliveries: it is ours, and locked by others for a moment only.
        item = waiting.select_for_update(of=("self",)).first()
        if item is None:
            return True
        if beginnings.is_lost_too_often(item):
            beginnings.set_aside(item)
            return True
        try:
            with transaction.atomic():
                why_not = _apply(item, now)
        except Exception as error:
            logger.exception("notice not applied", extra={"item": item.pk, "clinic_id": item.clinic_id})
            _postpone(item, error)
        else:
            item.state, item.reason = (ItemState.IGNORED, why_not[:80]) if why_not else (ItemState.DONE, "")
            item.save(update_fields=["state", "reason"])
    return True


def _begin() -> int | None:
    """Counted and committed before the work (`whatsapp.beginnings`)."""
    with connection.cursor() as cursor:
        cursor.execute(BEGIN, {"pause": beginnings.PAUSE.total_seconds()})
        row = cursor.fetchone()
    return row[0] if row else None


def _apply(item: Item, now: datetime) -> str:
    handler = _handlers.get(item.kind)
    if handler is None:
        why_not = f"not_handled_{item.kind}"
    else:
        why_not = handler(item=item, payload=json.loads(item.payload), now=now) or ""
    if why_not:
        UNKNOWN_ITEMS.labels(item.kind, why_not[:40]).inc()
    return why_not


def _postpone(item: Item, error: Exception) -> None:
    item.attempts += 1
    item.begun, item.begun_at = 0, None
    item.last_error = type(error).__name__
    item.not_before = Now() + backoff(item.attempts)
    if item.attempts >= settings.MAX_ATTEMPTS:
        item.state = ItemState.SET_ASIDE
    item.save(update_fields=["attempts", "last_error", "not_before", "state", "begun", "begun_at"])
