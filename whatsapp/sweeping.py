"""What waits that no hint told of? One bounded partial-index query per queue."""

from django.db.models import Q
from django.db.models.functions import Now

from atendeai.celery import wake
from whatsapp import media, outbox
from whatsapp.models import Conversation, Delivery, DeliveryState, Item, ItemState
from whatsapp.payloads import Kind

LIMIT = 200


def sweep() -> None:
    """Wakes the workers for deliveries, conversations, statuses, notices, messages and files that are due."""
    due = Q(not_before__isnull=True) | Q(not_before__lte=Now())
    if Delivery.objects.filter(due, state=DeliveryState.STORED).exists():
        wake("whatsapp.unpack")
    alone = Item.objects.filter(due, state=ItemState.WAITING, conversation__isnull=True)
    if alone.filter(kind=Kind.STATUS).exists():
        wake("whatsapp.settle")
    if alone.exclude(kind=Kind.STATUS).exists():
        wake("whatsapp.notices")
    wanted = Conversation.objects.filter(due, wanted_at__isnull=False).order_by("wanted_at")
    for conversation_id in wanted.values_list("pk", flat=True)[:LIMIT]:
        wake("whatsapp.work", conversation_id=conversation_id)
    outbox.sweep()
    media.sweep()
