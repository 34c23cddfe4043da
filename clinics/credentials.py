"""Which secret may this clinic use for that call? The environment first, then the encrypted store.

A clinic is served its own values only: the environment is read by exact names made of its slug (or number), the store
by its foreign key. The Google client alone has an installation-wide default. Every change, refusal and display leaves
an audit row without the value; every use is logged by name and counted per hour.
"""

import logging
import os
from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.db import connection, transaction

from atendeai import env
from atendeai.common.clock import now as clock_now
from atendeai.common.errors import NotConfigured
from atendeai.common.fields import WrongKeys, decrypt, encrypt, reencrypt
from clinics import audit
from clinics.audit import Actor
from clinics.models import Clinic, ClinicCredential, KeySentinel

logger = logging.getLogger(__name__)
SENTINEL = "atendeai"


class Name(StrEnum):
    """What a clinic may have of its own."""

    WHATSAPP_ACCESS_TOKEN = "WHATSAPP_ACCESS_TOKEN"
    WHATSAPP_PHONE_NUMBER_ID = "WHATSAPP_PHONE_NUMBER_ID"
    WHATSAPP_BUSINESS_ACCOUNT_ID = "WHATSAPP_BUSINESS_ACCOUNT_ID"
    WHATSAPP_APP_SECRET = "WHATSAPP_APP_SECRET"
    WHATSAPP_VERIFY_TOKEN = "WHATSAPP_VERIFY_TOKEN"
    GOOGLE_CLIENT_ID = "GOOGLE_CLIENT_ID"
    GOOGLE_CLIENT_SECRET = "GOOGLE_CLIENT_SECRET"


def find(*, clinic: Clinic, name: Name) -> str | None:
    """The clinic's own value or None. Not counted as a use: for looking whether something is configured."""
    return find_in_environment(clinic, name) or _find_stored(clinic, name)


def use(*, clinic: Clinic, name: Name, operation: str) -> str:
    """The value for one outside call, logged and counted; `NotConfigured` when there is none."""
    value = find(clinic=clinic, name=name)
    if not value:
        raise NotConfigured("atendeai", operation, code=name, detail=f"{name} is not set for this clinic")
    count_use(clinic=clinic, name=name, operation=operation)
    return value


def was_replaced(*, clinic: Clinic, name: Name, used: str) -> bool:
    """Whether the clinic has another value by now than the one that a call was made with: its refusal is old news."""
    present = find(clinic=clinic, name=name)
    return bool(present) and present != used


def count_use(*, clinic: Clinic, name: str, operation: str) -> None:
    """One more use in this hour's row."""
    logger.info("credential used", extra={"clinic_id": clinic.id, "credential": str(name), "operation": operation})
    hour = clock_now().replace(minute=0, second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO clinics_credentialuse (clinic_id, name, operation, hour, uses) VALUES (%s, %s, %s, %s, 1)"
            " ON CONFLICT (clinic_id, name, operation, hour) DO UPDATE SET uses = clinics_credentialuse.uses + 1",
            [clinic.id, str(name), operation, hour],
        )


def find_in_environment(clinic: Clinic, name: Name) -> str | None:
    """CLINIC_<SLUG>_<NAME>, else CLINIC_<number>_<NAME>; the slug wins when both are set and differ.

    `NotConfigured` when its file cannot be read: one clinic's trouble, which ends no process that serves the others.
    """
    try:
        return next((value for key in _variables(clinic, name) if (value := env.find_text(key))), None)
    except env.BadSetting as bad:
        raise NotConfigured("atendeai", "environment", code=name, detail=str(bad)) from None


def is_in_environment(clinic: Clinic, name: Name) -> bool:
    """Whether the environment means to give it, even if its file cannot be read just now."""
    try:
        return find_in_environment(clinic, name) is not None
    except NotConfigured:
        return True


def is_set(clinic: Clinic, name: Name) -> bool:
    """Whether the clinic has one of its own, from anywhere."""
    return is_in_environment(clinic, name) or _find_stored(clinic, name) is not None


def unreadable(clinic: Clinic) -> list[str]:
    """The clinic's variables that are set and give nothing: no such file, or the value and a file at once."""
    return [key for name in Name for key in _variables(clinic, name) if not _is_readable(key)]


def _variables(clinic: Clinic, name: Name) -> tuple[str, str]:
    return f"CLINIC_{slug_key(clinic)}_{name}", f"CLINIC_{clinic.id}_{name}"


def _is_readable(key: str) -> bool:
    try:
        env.find_text(key)
    except env.BadSetting:
        return False
    return True


def slug_key(clinic: Clinic) -> str:
    """The slug as variables write it."""
    return clinic.slug.upper().replace("-", "_")


def contradictions(clinic: Clinic) -> list[str]:
    """Names for which both forms of the variable are set and differ: an error of `check_clinic`."""
    return [name for name in Name if len(_values(clinic, name)) > 1]


def _values(clinic: Clinic, name: Name) -> set[str]:
    keys = (key for key in _variables(clinic, name) if _is_readable(key))
    return {value for key in keys if (value := env.find_text(key))}


def unknown_variables() -> list[str]:
    """CLINIC_… variables that belong to no clinic of this installation (a typing mistake, most likely)."""
    owners = {key for clinic in Clinic.objects.all() for key in (slug_key(clinic), str(clinic.id))}
    expected = {f"CLINIC_{owner}_{name}{suffix}" for owner in owners for name in Name for suffix in ("", "_FILE")}
    return sorted(name for name in os.environ if name.startswith("CLINIC_") and name not in expected)


def _find_stored(clinic: Clinic, name: Name) -> str | None:
    row = ClinicCredential.objects.for_clinic(clinic).filter(name=name).first()
    return row.value if row else None


def store(*, clinic: Clinic, name: Name, value: str, by: Actor, now: datetime) -> None:
    """Keeps the value encrypted in place of an earlier one; audited without it."""
    with transaction.atomic():
        _, is_new = ClinicCredential.objects.update_or_create(clinic=clinic, name=name, defaults={"value": value})
        action: audit.Action = "credential_created" if is_new else "credential_changed"
        audit.record(clinic=clinic, action=action, target_type="credential", target_id=name, by=by, now=now)


def refuse(*, clinic: Clinic, name: str, by: Actor, now: datetime, why: str) -> None:
    """The provider would not have it, or it was another clinic's: one audit row."""
    audit.record(
        clinic=clinic,
        action="credential_refused",
        target_type="credential",
        target_id=name,
        by=by,
        now=now,
        fields=[why],
    )


def rotate(*, by: Actor, now: datetime) -> int:
    """Re-encrypts every stored credential and the sentinel under the first key; how many values were written.

    Other apps' encrypted columns are rotated by `manage.py rotate_encryption_key`, which calls this too.
    """
    written = 0
    with transaction.atomic():
        for sentinel in KeySentinel.objects.select_for_update(of=("self",)):
            sentinel.token = reencrypt(sentinel.token)
            sentinel.save(update_fields=["token"])
        for row in ClinicCredential.objects.order_by("pk").select_for_update(of=("self",)).select_related("clinic"):
            row.save(update_fields=["value"])
            audit.record(
                clinic=row.clinic,
                action="credential_rotated",
                target_type="credential",
                target_id=row.name,
                by=by,
                now=now,
            )
            written += 1
    return written


def check_keys() -> None:
    """Stops the start when CREDENTIALS_KEYS is not what this database was encrypted with; makes the sentinel once."""
    sentinel, _ = KeySentinel.objects.get_or_create(id=1, defaults={"token": encrypt(SENTINEL)})
    try:
        fits = decrypt(sentinel.token) == SENTINEL
    except WrongKeys:
        fits = False
    if not fits:
        raise env.BadSetting("CREDENTIALS_KEYS", "this database was encrypted with other keys; give them back")


def google_client(clinic: Clinic) -> tuple[str, str]:
    """Client id and secret: the clinic's own pair, else the installation's; never one of each."""
    own_id = find(clinic=clinic, name=Name.GOOGLE_CLIENT_ID)
    own_secret = find(clinic=clinic, name=Name.GOOGLE_CLIENT_SECRET)
    client_id, secret = (own_id, own_secret) if own_id else (settings.GOOGLE_CLIENT_ID, settings.GOOGLE_CLIENT_SECRET)
    if not client_id or not secret:
        raise NotConfigured("google", "oauth", code="GOOGLE_CLIENT_ID", detail="no Google client is configured")
    return client_id, secret
