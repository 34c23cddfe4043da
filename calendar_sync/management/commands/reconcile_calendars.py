"""`reconcile_calendars [--clinic SLUG] [--dry-run]`: compares linked calendars with the appointments, now and here."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from atendeai.common import clock
from calendar_sync import reconciling
from calendar_sync.models import Link, LinkState, Origin, Reconciliation, RunState
from clinics.models import Clinic

# A calendar that is being read: how long to wait for it.
PATIENCE_SECONDS = 60
LOOK_SECONDS = 1


class Command(BaseCommand):
    """One line for each calendar; fails when one could not be compared."""

    help = "Compare linked Google calendars with the appointments and mend what is safe to mend."

    def add_arguments(self, parser: CommandParser) -> None:
        """Without --clinic: all clinics. --dry-run only tells."""
        parser.add_argument("--clinic", default="", metavar="SLUG")
        parser.add_argument("--dry-run", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Clinic by clinic, calendar by calendar."""
        clinics = Clinic.objects.filter(is_active=True).order_by("slug")
        if options["clinic"]:
            clinics = clinics.filter(slug=options["clinic"])
            if not clinics.exists():
                raise CommandError(_("There is no clinic with the slug %(slug)s.") % {"slug": options["clinic"]})
        failed = 0
        for clinic in clinics.iterator():
            for link in Link.objects.for_clinic(clinic).filter(state=LinkState.LINKED).order_by("id"):
                failed += not self._compare(clinic, link, is_preview=options["dry_run"])
        if failed:
            raise CommandError(_("%(number)d calendars could not be compared.") % {"number": failed})

    def _compare(self, clinic: Clinic, link: Link, *, is_preview: bool) -> bool:
        run = _asked(link, is_preview=is_preview)
        if run.is_preview and not is_preview:
            # A person's look is in the way: it ends first, and mends nothing.
            _work(run)
            run = _asked(link, is_preview=False)
        if run.is_preview != is_preview:
            # Above all, what only tells must not work one that mends.
            self.stdout.write(f"{clinic.slug} #{link.pk}: " + _("another comparison is under way"))
            return False
        _work(run)
        self.stdout.write(f"{clinic.slug} #{link.pk}: {_line(run)}")
        return run.state == RunState.DONE


def _asked(link: Link, *, is_preview: bool) -> Reconciliation:
    return reconciling.ask(link=link, origin=Origin.COMMAND, is_preview=is_preview, now=clock.now())


def _work(run: Reconciliation) -> None:
    """Until it has ended, or for as long as anybody waits."""
    until = time.monotonic() + PATIENCE_SECONDS
    while run.is_open and time.monotonic() < until:
        if reconciling.work(run_id=run.pk, now=clock.now()) is None:
            time.sleep(LOOK_SECONDS)
        run.refresh_from_db()


def _line(run: Reconciliation) -> str:
    if run.state != RunState.DONE:
        return f"{run.state} {run.error_code}".strip()
    counts = ", ".join(f"{kind} {number} ({run.mended.get(kind, 0)})" for kind, number in run.found.items())
    return f"{run.events} events, {run.took_ms} ms: {counts or '-'}"
