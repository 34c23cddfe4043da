"""`close --kind … [--clinic SLUG] (--ids … | --all) --reason …`: what is pending is put away."""

from typing import Any

from django.core.management.base import CommandParser

from atendeai.common import clock
from atendeai.portal.pending_command import PendingCommand
from clinics import pending
from clinics.audit import SYSTEM
from clinics.models import CloseReason


class Command(PendingCommand):
    """The portal's «Encerrar» for operators."""

    help = "Put away what was set aside, failed or is uncertain."

    def add_arguments(self, parser: CommandParser) -> None:
        """And why."""
        super().add_arguments(parser)
        parser.add_argument("--reason", required=True, choices=CloseReason.values)

    def handle(self, *args: Any, **options: Any) -> None:
        """Each row in a transaction of its own, audited with the reason."""
        name, reason, now = options["kind"], options["reason"], clock.now()
        self.run(
            options,
            lambda clinic, row_id: pending.close(
                name=name, clinic=clinic, row_id=row_id, reason=reason, by=SYSTEM, now=now
            ),
        )
