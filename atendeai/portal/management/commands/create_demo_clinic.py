"""`create_demo_clinic`: two clinics to try things with, in a database that has none."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from atendeai.common import clock
from atendeai.common.errors import IntegrationError
from atendeai.portal.demo import consent, notes, templates
from atendeai.portal.demo.building import build
from atendeai.portal.demo.roster import AURORA, CLINICS
from calendar_sync.linking import CannotLink
from clinics import credentials
from clinics.models import Clinic


class Command(BaseCommand):
    """Does nothing where clinics are already, and nothing outside development."""

    help = "Make the demo clinics Aurora and Boreal in a database without clinics (development only)."

    def handle(self, *args: Any, **options: Any) -> None:
        """All or nothing: rows, linked calendars and `var/demo.json`."""
        if not settings.IS_DEVELOPMENT:
            self.stdout.write(_("The demo is for development only; nothing was made."))
            return
        credentials.check_keys()
        try:
            self._make()
        except (CannotLink, IntegrationError, consent.ConsentFailed) as error:
            message = _("The demo's calendars could not be linked in the simulator: %(error)s")
            raise CommandError(message % {"error": error}) from error

    def _make(self) -> None:
        with transaction.atomic():
            if not self._is_first():
                notes.refresh()
                self.stdout.write(_("There are clinics already; nothing was made."))
                return
            now = clock.now()
            built = [build(told, now=now) for told in CLINICS]
            aurora = next(one.clinic for one in built if one.clinic.slug == AURORA.slug)
            calendars = consent.find_calendars()
            linked = consent.link_all(clinic=aurora, calendars=calendars, now=now)
            notes.write(built)
        # After the commit: WhatsApp is asked while nobody waits for our rows.
        templates.submit_all([one.clinic for one in built], now=now)
        message = _("The demo is made: 2 clinics, %(linked)d linked calendars. Logins: %(path)s")
        self.stdout.write(message % {"linked": linked, "path": notes.path()})

    def _is_first(self) -> bool:
        with connection.cursor() as cursor:
            # Of two started at once the second one waits, and then finds the clinics of the first.
            cursor.execute("LOCK TABLE clinics_clinic IN SHARE ROW EXCLUSIVE MODE")
        return not Clinic.objects.exists()
