"""`replay_delivery ID`: a stored delivery is unpacked again. Its items are unique, so none is worked twice."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils.translation import gettext as _

from atendeai.common import clock
from clinics import audit
from clinics.audit import SYSTEM
from whatsapp.set_aside import deliveries


class Command(BaseCommand):
    """For deliveries that were set aside, once the reason is mended."""

    help = "Unpack a stored delivery again; its items stay unique."

    def add_arguments(self, parser: CommandParser) -> None:
        """The delivery's id, as logs and the portal show it."""
        parser.add_argument("id", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        """Back to «received»; the workers do the rest."""
        with transaction.atomic():
            if not deliveries.replay(options["id"]):
                raise CommandError(_("There is no delivery %(id)d.") % {"id": options["id"]})
            audit.record(
                clinic=None,
                action="delivery_replayed",
                target_type="delivery",
                target_id=str(options["id"]),
                by=SYSTEM,
                now=clock.now(),
            )
        self.stdout.write(_("The delivery waits to be unpacked again."))
