"""`rotate_encryption_key`: everything encrypted anew under the first of CREDENTIALS_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from atendeai.common import clock
from atendeai.common.fields import WrongKeys
from clinics import key_rotation
from clinics.audit import SYSTEM


class Command(BaseCommand):
    """Put the new key first in CREDENTIALS_KEYS, restart everything, run this, then take the old key away."""

    help = "Encrypt every stored secret under the first key of CREDENTIALS_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        """One line for each column."""
        try:
            written = key_rotation.rotate_all(by=SYSTEM, now=clock.now())
        except WrongKeys as error:
            raise CommandError(
                _("CREDENTIALS_KEYS holds no key that opens a stored value; give the old one back.")
            ) from error
        for column, count in written.items():
            self.stdout.write(f"{column}: {count}")
        self.stdout.write(_("Done. The old key may be taken out of CREDENTIALS_KEYS now."))
