"""Which numbers does a clinic have, as the environment says? Keeps their rows in step with it.

A phone_number_id decides whose a delivery is, so one that belongs to another clinic is refused, whoever asks.
"""

import logging
from datetime import datetime

from django.db import transaction

from atendeai.common.errors import NotConfigured
from clinics import audit, credentials
from clinics.audit import SYSTEM, Actor
from clinics.credentials import Name
from clinics.models import Clinic
from whatsapp.models import Number

logger = logging.getLogger(__name__)


class NumberTaken(Exception):
    """The number or its account belongs to another clinic of this installation."""


def upsert(
    *,
    clinic: Clinic,
    phone_number_id: str,
    account_id: str = "",
    display_number: str = "",
    by: Actor,
    now: datetime,
) -> Number:
    """The clinic's row for this id at Meta; what is given and differs is changed. Raises `NumberTaken`."""
    given = {"account_id": account_id, "display_number": display_number}
    told = {field: value for field, value in given.items() if value}
    with transaction.atomic():
        if is_account_taken(clinic, account_id):
            raise NumberTaken
        number, is_new = Number.objects.get_or_create(
            phone_number_id=phone_number_id, defaults={"clinic": clinic, "onboarded_at": now, **told}
        )
        if number.clinic_id != clinic.pk:
            raise NumberTaken
        changed = [] if is_new else [field for field, value in told.items() if getattr(number, field) != value]
        if is_new or changed:
            Number.objects.filter(pk=number.pk).update(**told)
            action: audit.Action = "number_created" if is_new else "number_changed"
            audit.record(clinic=clinic, action=action, target=number, by=by, now=now, fields=changed)
    number.refresh_from_db()
    return number


def is_account_taken(clinic: Clinic, account_id: str) -> bool:
    """Whether another clinic has numbers of this business account: its notices could not be told apart."""
    return bool(account_id) and Number.objects.filter(account_id=account_id).exclude(clinic=clinic).exists()


def upsert_from_environment(*, clinic: Clinic, by: Actor = SYSTEM, now: datetime) -> Number | None:
    """The row that CLINIC_<ID>_WHATSAPP_PHONE_NUMBER_ID asks for; None when the variable is not set.

    Another clinic's id raises `NumberTaken`, after an audit row that tells of the refusal; a file that cannot be read
    raises `NotConfigured`.
    """
    phone_number_id = credentials.find_in_environment(clinic, Name.WHATSAPP_PHONE_NUMBER_ID)
    if not phone_number_id:
        return None
    account_id = credentials.find_in_environment(clinic, Name.WHATSAPP_BUSINESS_ACCOUNT_ID) or ""
    try:
        return upsert(clinic=clinic, phone_number_id=phone_number_id, account_id=account_id, by=by, now=now)
    except NumberTaken:
        credentials.refuse(
            clinic=clinic, name=Name.WHATSAPP_PHONE_NUMBER_ID, by=by, now=now, why="belongs_to_another_clinic"
        )
        raise


def sync_all(*, now: datetime) -> list[Clinic]:
    """At each start: every clinic's row from the environment. The clinics that were refused another one's number."""
    refused = []
    for clinic in Clinic.objects.filter(is_active=True):
        try:
            upsert_from_environment(clinic=clinic, now=now)
        except NumberTaken:
            refused.append(clinic)
        except NotConfigured as error:
            # Its row stays as it is: no reason to keep the other clinics from a start.
            logger.error("number not kept in step", extra={"clinic_id": clinic.pk, "error": str(error)})
    return refused
