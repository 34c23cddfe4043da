"""`replay --kind … [--clinic SLUG] (--ids … | --all) [--dry-run]`: what is pending gets its turn again."""

from typing import Any

from atendeai.common import clock
from atendeai.portal.pending_command import PendingCommand
from clinics import pending
from clinics.audit import SYSTEM


class Command(PendingCommand):
    """The portal's «Tentar de novo» for operators. Repeating it is harmless: what is settled is left alone."""

    help = "Try again what was set aside, failed or is uncertain."

    def handle(self, *args: Any, **options: Any) -> None:
        """Each row in a transaction of its own, audited."""
        name, now = options["kind"], clock.now()
        self.run(
            options,
            lambda clinic, row_id: pending.replay(name=name, clinic=clinic, row_id=row_id, by=SYSTEM, now=now),
        )
