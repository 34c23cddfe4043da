"""Which calls of Meta could not be unpacked, or reached no clinic, and how is one unpacked again?

Items are unique, so unpacking again adds none twice. Those that found no place are made anew from the call's bytes;
others that were set aside wait again. What somebody has put away stays so.
"""

from datetime import datetime

from django.db.models import Q, QuerySet

from atendeai.celery import wake_after_commit
from clinics.models import NOT_CLOSED
from whatsapp import inbox, routing
from whatsapp.models import STRAY, Delivery, DeliveryState, Item, ItemState

# Deliveries are deleted by age.
TOO_OLD = "delivery_gone"
NO_SENDER = "no_sender"
FRESH = {"attempts": 0, "begun": 0, "begun_at": None, "not_before": None}
# Without a chat although it belongs to one: placed again from the delivery.
UNPLACED = Q(reason__in=(inbox.NOT_PLACED, NO_SENDER))


def aside(_clinic_id: int | None) -> QuerySet[Delivery]:
    """Set aside, without what is in them."""
    return Delivery.objects.filter(state=DeliveryState.SET_ASIDE).defer("body")


def strays(_clinic_id: int | None) -> QuerySet[Item]:
    """Items that reached no clinic."""
    return Item.objects.filter(STRAY).defer("payload")


def again(delivery: Delivery, _now: datetime) -> str:
    """Waits to be unpacked again."""
    replay(delivery.pk)
    return ""


def stray_again(item: Item, _now: datetime) -> str:
    """Its whole delivery is unpacked again: the number may be somebody's by now."""
    return "" if replay(item.delivery_id) else TOO_OLD


def stray_unfit(item: Item, _now: datetime) -> str:
    """Why nothing can be made of it any more; "" when something can."""
    return "" if Delivery.objects.filter(pk=item.delivery_id).exists() else TOO_OLD


def replay(delivery_id: int) -> bool:
    """Whether there is such a delivery (any more). In the transaction at hand."""
    found = Delivery.objects.filter(pk=delivery_id).update(
        state=DeliveryState.STORED, last_error="", **NOT_CLOSED, **FRESH
    )
    if not found:
        return False
    pending = Item.objects.filter(delivery_id=delivery_id, closed_at__isnull=True)
    pending.filter(STRAY | Q(state=ItemState.SET_ASIDE) & UNPLACED).delete()
    aside = pending.filter(state=ItemState.SET_ASIDE)
    chats = set(aside.filter(conversation__isnull=False).values_list("conversation_id", flat=True))
    aside.update(state=ItemState.WAITING, reason="", **FRESH)
    routing.want(conversation_ids={chat for chat in chats if chat})
    wake_after_commit("whatsapp.unpack")
    return True
