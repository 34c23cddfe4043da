"""How does a professional without a login connect their calendar? By a one-time link that the clinic hands them.

Good for three days and for one connection: trying again after a refusal is possible, a second connection is not.
Opening the link changes nothing, for messengers open links to preview them; only the button on its page starts.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.db import transaction

from calendar_sync.linking.problems import InvitationGone
from calendar_sync.models import ConnectInvitation
from clinics import audit
from clinics.audit import Actor
from clinics.models import Clinic, Professional, User

VALID_FOR = timedelta(days=3)


def invite(*, clinic: Clinic, professional: Professional, by: User, now: datetime) -> str:
    """The link's query with its one-time code. An earlier open link for this professional ends."""
    code = secrets.token_urlsafe(32)
    with transaction.atomic():
        rows = ConnectInvitation.objects.for_clinic(clinic).filter(professional=professional, used_at__isnull=True)
        rows.filter(expires_at__gt=now).update(expires_at=now)
        invitation = ConnectInvitation.objects.create(
            clinic=clinic,
            professional=professional,
            token_hash=_hash(code),
            invited_by=by,
            expires_at=now + VALID_FOR,
        )
        actor = Actor("user", by.pk)
        audit.record(clinic=clinic, action="calendar_invited", target=invitation, by=actor, now=now)
    return urlencode({"convite": code})


def get_open(*, code: str, professional_id: int, now: datetime) -> ConnectInvitation:
    """The open invitation of this code for this professional; raises `InvitationGone`."""
    rows = ConnectInvitation.objects.filter(
        token_hash=_hash(code), professional=professional_id, used_at__isnull=True, expires_at__gt=now
    )
    found = rows.filter(clinic__is_active=True, professional__is_active=True)
    invitation = found.select_related("clinic", "professional").first()
    if invitation is None:
        raise InvitationGone
    return invitation


def use_up(*, invitation: ConnectInvitation, now: datetime) -> None:
    """In the transaction that keeps the link; raises `InvitationGone` for the second of two connections."""
    rows = ConnectInvitation.objects.for_clinic(invitation.clinic_id).filter(pk=invitation.pk, used_at__isnull=True)
    if not rows.update(used_at=now):
        raise InvitationGone


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
