"""`sync_numbers`: the clinics' numbers as the environment names them. Run at each start."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from atendeai.common import clock
from clinics import credentials
from clinics.models import Clinic
from whatsapp import numbers


class Command(BaseCommand):
    """Fails when a variable names a number of another clinic, or a file that cannot be read."""

    help = "Create or change the clinics' number rows from CLINIC_<ID>_WHATSAPP_PHONE_NUMBER_ID."

    def handle(self, *args: Any, **options: Any) -> None:
        """Every clinic that can be, then an error for those that cannot."""
        refused = numbers.sync_all(now=clock.now())
        if refused:
            slugs = ", ".join(clinic.slug for clinic in refused)
            raise CommandError(
                _("These clinics name a phone_number_id of another clinic: %(slugs)s") % {"slugs": slugs}
            )
        if unreadable := _unreadable():
            raise CommandError(_("These variables cannot be read: %(names)s") % {"names": ", ".join(unreadable)})


def _unreadable() -> list[str]:
    return [key for clinic in Clinic.objects.filter(is_active=True) for key in credentials.unreadable(clinic)]
