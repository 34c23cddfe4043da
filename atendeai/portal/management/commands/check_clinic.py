"""`check_clinic SLUG`: what is still missing before the clinic can go live. Exit code 1 when something is."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from atendeai.portal.readiness import ask_meta, list_missing
from clinics.models import Clinic


class Command(BaseCommand):
    """For the operator, and for scripts by the exit code."""

    help = "List what a clinic still needs before it can go live."

    def add_arguments(self, parser: CommandParser) -> None:
        """The clinic's slug, and whether to ask Meta."""
        parser.add_argument("slug")
        parser.add_argument("--online", action="store_true", help="Ask Meta about the clinic's numbers first.")

    def handle(self, *args: Any, **options: Any) -> None:
        """One line for each thing."""
        clinic = Clinic.objects.filter(slug=options["slug"]).first()
        if clinic is None:
            raise CommandError(_("There is no clinic with the slug %(slug)s.") % {"slug": options["slug"]})
        unanswered = ask_meta(clinic) if options["online"] else []
        missing = [*list_missing(clinic), *unanswered]
        for sentence in missing:
            self.stdout.write(f"- {sentence}")
        if missing:
            sys.exit(1)
        self.stdout.write(_("Nothing is missing: %(name)s can go live.") % {"name": clinic.name})
