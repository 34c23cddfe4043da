"""What does one item do, from start to end? One transaction: read, decide, act, answer; then it is done for ever.

A worker holds a whole conversation (its row lock) and works its items in order of the provider's time. Whatever fails
undoes the item's transaction entirely and holds up only its own conversation, until the item is set aside.
"""

import logging
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from atendeai.common.resilience import backoff
from clinics.booking import is_deadlock
from clinics.calendar_looks import LookFirst, Looks
from whatsapp import arrivals, beginnings
from whatsapp.models import Conversation, Item, ItemState

logger = logging.getLogger(__name__)

# After so many items the worker lets others have a turn; the conversation is hinted at again.
TURN = 20
# A turn of the conversation books once; another wish after a look means that the chat has moved on meanwhile.
MOST_LOOKS = 3
# What was written before may be in an older call that is still being unpacked, or whose worker was lost. A chat waits
# for such a one so long from its receipt, if it names the person; while it is as new as this, a worker will have it in
# a moment. Calls are unpacked in their order, so those that others have in hand are among the newest before it.
OLDER_SECONDS, MOMENT_SECONDS, MOST_OLDER = 15.0, 2.0, 200
# The chat, if it is to be worked now, its oldest waiting item, and the age of the newest such call.
HEAD = """
SELECT head.id, (
    SELECT extract(epoch FROM now() - older.received_at)
      FROM (SELECT received_at, body FROM whatsapp_delivery
             WHERE state = 'stored' AND id < head.delivery_id AND not_before IS NULL
               AND received_at > now() - make_interval(secs => %(older)s)
             ORDER BY id DESC LIMIT %(most)s) AS older
     WHERE position(convert_to(nullif(contact.wa_id, ''), 'UTF8') IN older.body) > 0
        OR position(convert_to(nullif(contact.user_id, ''), 'UTF8') IN older.body) > 0
        OR position(convert_to(nullif(contact.parent_user_id, ''), 'UTF8') IN older.body) > 0
     LIMIT 1)
  FROM whatsapp_conversation chat
  JOIN whatsapp_contact contact ON contact.id = chat.contact_id
  LEFT JOIN LATERAL (SELECT item.id, item.delivery_id FROM whatsapp_item item
                      WHERE item.conversation_id = chat.id AND item.state = 'waiting'
                      ORDER BY item.provider_at, item.delivery_id, item.id LIMIT 1) AS head ON true
 WHERE chat.id = %(chat)s AND chat.wanted_at IS NOT NULL AND (chat.not_before IS NULL OR chat.not_before <= now())
"""
BEGIN = "UPDATE whatsapp_item SET begun = begun + 1, begun_at = now() WHERE id = %s AND state = 'waiting'"


class _OlderOnItsWay(Exception):
    """Something that was written before may come in: in a moment, or once a lost worker's call is taken up."""

    def __init__(self, *, is_near: bool) -> None:
        super().__init__()
        self.is_near = is_near


def work(conversation_id: int, *, now: datetime) -> bool:
    """Works the conversation's waiting items in order; True when some may be left after this turn."""
    with beginnings.alone(conversation_id) as is_mine:
        try:
            return is_mine and all(_work_next(conversation_id, now) for _ in range(TURN))
        except _OlderOnItsWay as older:
            # Otherwise the sweep comes back to it.
            return older.is_near


def _work_next(conversation_id: int, now: datetime) -> bool:
    """One item; when it books, its transaction is left for a look at the calendar, and the item is worked anew."""
    begun = _begin(conversation_id)
    if begun is None:
        return False
    looks = Looks()
    with beginnings.survived(Item, begun):
        for _ in range(MOST_LOOKS):
            try:
                return _work_once(conversation_id, now, looks, begun)
            except LookFirst as first:
                looks.look(first.wish, now=now)
        beginnings.take_back(Item, begun)
    return True


def _work_once(conversation_id: int, now: datetime, looks: Looks, begun: Sequence[int]) -> bool:
    """One item; False when there is nothing to do now (none left, not due yet, or another worker holds the chat)."""
    item: Item | None = None
    try:
        with transaction.atomic():
            conversation = _claim(conversation_id)
            if conversation is None:
                # Somebody in the portal has the chat, or it was merged: the next hint finds the item as it was.
                transaction.on_commit(lambda: beginnings.take_back(Item, begun))
                return False
            waiting = _next_items(conversation)
            is_last = len(waiting) < 2
            if waiting:
                item = waiting[0]
                _handle_or_set_aside(conversation, item, now, looks)
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


def _begin(conversation_id: int) -> list[int] | None:
    """Counts that the chat's head is begun, in a statement of its own (`whatsapp.beginnings`); its id, if there is one.

    None: there is nothing to do now.
    """
    with connection.cursor() as cursor:
        cursor.execute(HEAD, {"chat": conversation_id, "older": OLDER_SECONDS, "most": MOST_OLDER})
        found = cursor.fetchone()
        if found is None:
            return None
        if found[0] is None:
            # Nothing waits: the mark is to be taken away.
            return []
        head, age = found
        if age is not None:
            raise _OlderOnItsWay(is_near=float(age) < MOMENT_SECONDS)
        cursor.execute(BEGIN, [head])
        return [head]


def _claim(conversation_id: int) -> Conversation | None:
    due = Q(not_before__isnull=True) | Q(not_before__lte=Now())
    rows = Conversation.objects.filter(due, pk=conversation_id, wanted_at__isnull=False)
    rows = rows.select_related("clinic", "number", "contact__patient")
    return rows.select_for_update(skip_locked=True, of=("self",)).first()


def _next_items(conversation: Conversation) -> list[Item]:
    """The oldest waiting item, and a second one if there is more to do."""
    waiting = Item.objects.filter(conversation=conversation, state=ItemState.WAITING)
    return list(waiting.order_by("provider_at", "delivery_id", "id")[:2])


def _leave(conversation: Conversation, *, is_last: bool) -> None:
    if is_last:
        # Under the row's lock: whoever adds an item must take the same lock to set the mark again.
        conversation.wanted_at = None
    conversation.save()


def _handle_or_set_aside(conversation: Conversation, item: Item, now: datetime, looks: Looks) -> None:
    if beginnings.is_lost_too_often(item):
        beginnings.set_aside(item)
    else:
        _handle(conversation, item, now, looks)


def _handle(conversation: Conversation, item: Item, now: datetime, looks: Looks) -> None:
    why_not = arrivals.handle(conversation, item, now, looks)
    item.state, item.reason = (ItemState.IGNORED, why_not[:80]) if why_not else (ItemState.DONE, item.reason)
    item.save(update_fields=["state", "reason"])


def _postpone(item: Item, error: Exception) -> None:
    """Counts the failure outside the undone transaction; after MAX_ATTEMPTS the item no longer blocks its chat."""
    pause = backoff(item.attempts + 1)
    with transaction.atomic():
        rows = Item.objects.filter(pk=item.pk, state=ItemState.WAITING)
        rows.update(
            attempts=F("attempts") + 1,
            begun=0,
            begun_at=None,
            last_error=f"{type(error).__name__}",
            not_before=Now() + pause,
        )
        rows.filter(attempts__gte=settings.MAX_ATTEMPTS).update(state=ItemState.SET_ASIDE)
        Conversation.objects.filter(items=item).update(not_before=Now() + pause)
