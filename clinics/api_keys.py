"""How does a program of the clinic get its key, and lose it? Shown once, kept as a SHA-256."""

import hashlib
import secrets
from datetime import datetime

from django.db import IntegrityError, transaction

from atendeai.common.kept_query import KeptQuery, given
from clinics import audit
from clinics.audit import Actor
from clinics.models import ApiKey, Clinic

PREFIX = "atd_"
SHOWN_CHARACTERS = 12
_LIVE = KeptQuery(
    lambda: ApiKey.objects.filter(
        key_hash=given("key_hash"), revoked_at__isnull=True, clinic__is_active=True
    ).select_related("clinic")
)


class NameTaken(Exception):
    """A live key of the clinic has this name already."""


def create(*, clinic: Clinic, name: str, by: Actor, now: datetime) -> tuple[ApiKey, str]:
    """The row and the key itself (`atd_` and 43 URL-safe characters), which nobody can read again."""
    plain = PREFIX + secrets.token_urlsafe(32)
    key = ApiKey(clinic=clinic, name=name, prefix=plain[:SHOWN_CHARACTERS], key_hash=_hash(plain))
    try:
        with transaction.atomic():
            key.save(force_insert=True)
            audit.record(clinic=clinic, action="api_key_created", target=key, by=by, now=now)
    except IntegrityError:
        if ApiKey.objects.for_clinic(clinic).filter(name=name, revoked_at__isnull=True).exists():
            raise NameTaken(name) from None
        raise
    return key, plain


def revoke(*, clinic: Clinic, key: ApiKey, by: Actor, now: datetime) -> bool:
    """Ends the key at once; False when it had ended already."""
    with transaction.atomic():
        live = ApiKey.objects.for_clinic(clinic).filter(pk=key.pk, revoked_at__isnull=True)
        if not live.update(revoked_at=now):
            return False
        audit.record(clinic=clinic, action="api_key_revoked", target=key, by=by, now=now)
    return True


def find_live(plain: str) -> ApiKey | None:
    """The key's row with its clinic; None for an unknown or revoked one, or of a clinic that is no longer active."""
    return next(iter(_LIVE.ask(key_hash=_hash(plain))), None)


def _hash(plain: str) -> str:
    # 256 random bits need neither salt nor a slow hash.
    return hashlib.sha256(plain.encode()).hexdigest()
