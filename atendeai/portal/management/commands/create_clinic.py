"""`create_clinic`: a new clinic, and the one-time link by which its owner comes in."""

from argparse import ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from atendeai.common import clock
from atendeai.common.errors import NotConfigured
from clinics import audit, invitations
from clinics.audit import SYSTEM
from clinics.credentials import Name
from clinics.models import Clinic, Role, State, TimeZone
from whatsapp import numbers


def _email(text: str) -> str:
    try:
        validate_email(text)
    except ValidationError as error:
        raise ArgumentTypeError(error.messages[0]) from None
    return text


class Command(BaseCommand):
    """Everything or nothing."""

    help = "Create a clinic and print its owner's one-time invitation link."

    def add_arguments(self, parser: CommandParser) -> None:
        """State and time zone default to São Paulo's."""
        parser.add_argument("--name", required=True, help="as patients know it")
        parser.add_argument("--slug", required=True, help="small letters, digits, single hyphens; never changes")
        parser.add_argument("--owner-email", required=True, type=_email)
        parser.add_argument("--state", default=State.SP.value, choices=State.values)
        parser.add_argument("--time-zone", default=TimeZone.SAO_PAULO.value, choices=TimeZone.values)

    def handle(self, *args: Any, **options: Any) -> None:
        """The link on standard output."""
        clinic = Clinic(
            name=options["name"], slug=options["slug"], state=options["state"], time_zone=options["time_zone"]
        )
        _check(clinic)
        try:
            with transaction.atomic():
                path = _create(clinic, options["owner_email"])
        except numbers.NumberTaken:
            raise _refused() from None
        except NotConfigured as error:
            raise CommandError(
                _("%(name)s in the environment cannot be read; no clinic was created.") % {"name": error.code}
            ) from None
        self.stderr.write(_("Clinic created. The owner opens this link once, within seven days:"))
        self.stdout.write(f"{settings.PUBLIC_BASE_URL}{path}")


def _check(clinic: Clinic) -> None:
    """Every rule of the model, a slug that is taken among them."""
    try:
        clinic.full_clean()
    except ValidationError as error:
        lines = [f"{field}: {' '.join(messages)}" for field, messages in error.message_dict.items()]
        raise CommandError("\n".join(lines)) from None


def _create(clinic: Clinic, owner_email: str) -> str:
    now = clock.now()
    clinic.save(force_insert=True)
    audit.record(clinic=clinic, action="clinic_created", target=clinic, by=SYSTEM, now=now)
    numbers.upsert_from_environment(clinic=clinic, now=now)
    _invitation, path = invitations.invite(clinic=clinic, email=owner_email, role=Role.OWNER, by=SYSTEM, now=now)
    return path


def _refused() -> CommandError:
    """The clinic that was refused is gone with its transaction; the fact stays."""
    name = Name.WHATSAPP_PHONE_NUMBER_ID
    audit.record(
        clinic=None,
        action="credential_refused",
        target_type="credential",
        target_id=name,
        by=SYSTEM,
        now=clock.now(),
        fields=["belongs_to_another_clinic"],
    )
    return CommandError(_("The phone_number_id in the environment belongs to another clinic; no clinic was created."))
