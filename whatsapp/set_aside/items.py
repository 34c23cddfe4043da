"""Which units of a clinic's deliveries could not be worked, and how does one get its turn again?"""

from datetime import datetime

from django.db.models import QuerySet

from atendeai.celery import wake_after_commit
from whatsapp import inbox, routing
from whatsapp.models import Delivery, DeliveryState, Item, ItemState
from whatsapp.payloads import Kind
from whatsapp.set_aside.deliveries import FRESH, NO_SENDER, TOO_OLD


def aside(clinic_id: int | None) -> QuerySet[Item]:
    """Set aside, without what is in them."""
    rows = Item.objects.for_clinic(clinic_id).filter(state=ItemState.SET_ASIDE)
    return rows.select_related("conversation__contact__patient").defer("payload")


def unfit(item: Item, _now: datetime) -> str:
    """Why nothing can be made of it any more; "" when something can."""
    is_unplaced = item.reason in (inbox.NOT_PLACED, NO_SENDER)
    return "" if not is_unplaced or Delivery.objects.filter(pk=item.delivery_id).exists() else TOO_OLD


def again(item: Item, _now: datetime) -> str:
    """Waits for its turn. What never found its chat is placed anew. The row is locked."""
    mine = Item.objects.for_clinic(item.clinic_id).filter(pk=item.pk)
    if item.reason in (inbox.NOT_PLACED, NO_SENDER):
        return _place_again(item, mine)
    mine.update(state=ItemState.WAITING, reason="", **FRESH)
    if item.conversation_id is not None:
        for chat in routing.want(conversation_ids=[item.conversation_id]):
            wake_after_commit("whatsapp.work", conversation_id=chat)
    else:
        wake_after_commit("whatsapp.settle" if item.kind == Kind.STATUS else "whatsapp.notices")
    return ""


def _place_again(item: Item, mine: QuerySet[Item]) -> str:
    stored = Delivery.objects.filter(pk=item.delivery_id)
    if not stored.update(state=DeliveryState.STORED, last_error="", **FRESH):
        return TOO_OLD
    # Made anew from the call's bytes; the other items of the call are there already.
    mine.delete()
    wake_after_commit("whatsapp.unpack")
    return ""
