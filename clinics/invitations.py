"""How does a person join a clinic? Through a link that works once, within seven days.

Whoever invites sees the link, so it never sets the password of somebody who has an account already: such a person
shows that they know their own.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.contrib.auth.hashers import check_password
from django.db import transaction

from clinics import audit
from clinics.audit import Actor
from clinics.models import Clinic, Invitation, Membership, User

VALID_FOR = timedelta(days=7)
PATH = "/convite/"


class InvitationGone(Exception):
    """Unknown, used, replaced or too old."""


class WrongPassword(Exception):
    """The account of that e-mail exists, is inactive or has another password."""


def invite(*, clinic: Clinic, email: str, role: str, by: Actor, now: datetime) -> tuple[Invitation, str]:
    """The row and the link's path with its one-time code. An earlier open invitation of that e-mail ends."""
    code = secrets.token_urlsafe(32)
    email = email.strip().lower()
    with transaction.atomic():
        earlier = Invitation.objects.for_clinic(clinic).filter(email__iexact=email, used_at__isnull=True)
        earlier.filter(expires_at__gt=now).update(expires_at=now)
        invitation = Invitation.objects.create(
            clinic=clinic, email=email, role=role, token_hash=_hash(code), expires_at=now + VALID_FOR
        )
        audit.record(
            clinic=clinic,
            action="member_invited",
            target=invitation,
            by=by,
            now=now,
            fields=["email", "role"],
        )
    return invitation, f"{PATH}?{urlencode({'codigo': code})}"


def find(*, code: str, now: datetime) -> Invitation | None:
    """The open invitation of this code, with its clinic."""
    rows = Invitation.objects.filter(token_hash=_hash(code), used_at__isnull=True, expires_at__gt=now)
    return rows.filter(clinic__is_active=True).select_related("clinic").first()


def has_account(invitation: Invitation) -> bool:
    """Whether the invited e-mail belongs to a user already, who then joins with the password they have."""
    return User.objects.filter(email__iexact=invitation.email).exists()


def accept(*, code: str, name: str, password: str, now: datetime) -> tuple[User, Clinic]:
    """The member. A new user gets name and password; a known one must give their own password (name unused).

    Raises InvitationGone or WrongPassword; then nothing has changed and the link still works.
    """
    with transaction.atomic():
        invitation = find(code=code, now=now)
        if invitation is None or not _use_up(invitation, now):
            raise InvitationGone
        user = _user(invitation.email, name, password)
        membership, is_new = Membership.objects.get_or_create(
            clinic=invitation.clinic, user=user, defaults={"role": invitation.role}
        )
        if not is_new and membership.role != invitation.role:
            membership.role = invitation.role
            membership.save(update_fields=["role"])
        audit.record(
            clinic=invitation.clinic,
            action="member_joined",
            target=membership,
            by=Actor("user", user.pk),
            now=now,
            fields=["role"],
        )
    return user, invitation.clinic


def _use_up(invitation: Invitation, now: datetime) -> bool:
    """Of two who press at once, the conditional UPDATE lets one through."""
    return bool(Invitation.objects.filter(pk=invitation.pk, used_at__isnull=True).update(used_at=now))


def _user(email: str, name: str, password: str) -> User:
    known = User.objects.filter(email__iexact=email).first()
    if known is None:
        return User.objects.create_user(email, password, name=name)
    if not known.is_active or not check_password(password, known.password):
        raise WrongPassword
    return known


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
