"""`replay_delivery ID`: a stored delivery is unpacked again. Its items are unique, so none is worked twice."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils.translation import gettext as _

from atendeai.celery import wake
from atendeai.common import clock
from clinics import audit
from clinics.audit import SYSTEM
from whatsapp import inbox, routing
from whatsapp.models import Delivery, DeliveryState, Item, ItemState


class Command(BaseCommand):
    """For deliveries that were set aside, once the reason is mended."""

    help = "Unpack a stored delivery again; its items stay unique."

    def add_arguments(self, parser: CommandParser) -> None:
        """The delivery's id, as logs and the portal show it."""
        parser.add_argument("id", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        """Back to «received»; the workers do the rest."""
        if not replay(options["id"]):
            raise CommandError(_("There is no delivery %(id)d.") % {"id": options["id"]})
        audit.record(
            clinic=None,
            action="delivery_replayed",
            target_type="delivery",
            target_id=str(options["id"]),
            by=SYSTEM,
            now=clock.now(),
        )
        wake("whatsapp.unpack")
        self.stdout.write(_("The delivery waits to be unpacked again."))


def replay(delivery_id: int) -> bool:
    """Whether there was such a delivery. Items that found no place are made anew from it; others that were set aside
    wait again."""
    with transaction.atomic():
        found = Delivery.objects.filter(pk=delivery_id).update(
            state=DeliveryState.STORED, attempts=0, not_before=None, last_error=""
        )
        aside = Item.objects.filter(delivery_id=delivery_id, state=ItemState.SET_ASIDE)
        aside.filter(reason=inbox.NOT_PLACED).delete()
        chats = set(aside.filter(conversation__isnull=False).values_list("conversation_id", flat=True))
        aside.exclude(reason="no_sender").update(state=ItemState.WAITING, attempts=0, not_before=None, reason="")
        routing.want(conversation_ids={chat for chat in chats if chat})
    return bool(found)
