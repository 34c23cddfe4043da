"""`create_api_key --clinic SLUG --name N`: a key for a program of the clinic, shown once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from atendeai.common import clock
from clinics import api_keys
from clinics.audit import SYSTEM
from clinics.models import Clinic


class Command(BaseCommand):
    """The key goes to standard output alone, so that it can be piped."""

    help = "Make an API key for a clinic; it is shown once."

    def add_arguments(self, parser: CommandParser) -> None:
        """Both are needed."""
        parser.add_argument("--clinic", required=True, help="the clinic's slug")
        parser.add_argument("--name", required=True, help="which program uses it")

    def handle(self, *args: Any, **options: Any) -> None:
        """One line: the key."""
        clinic = Clinic.objects.filter(slug=options["clinic"]).first()
        if clinic is None:
            raise CommandError(_("There is no clinic with the slug %(slug)s.") % {"slug": options["clinic"]})
        try:
            _key, plain = api_keys.create(clinic=clinic, name=options["name"], by=SYSTEM, now=clock.now())
        except api_keys.NameTaken:
            raise CommandError(_("The clinic already has a key with this name.")) from None
        self.stdout.write(plain)
        self.stderr.write(_("This key is not shown again. Keep it like a password."))
