"""Which clinic does this key speak for? `Authorization: Bearer atd_…`.

A missing, unknown, revoked or retired key gets the same answer. The table is searched for the SHA-256 of what was sent,
so the time of a comparison tells nothing about a key. The limit of the clinic is counted here, where no route can
forget it.
"""

# ruff: noqa: ARG002 - the frameworks call with more than is needed here

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from atendeai.common import clock, rate_limit
from clinics import api_keys
from clinics.models import ApiKey, Clinic

SCHEME = "Bearer"
USE_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class Program:
    """What stands in `request.user`: a program of a clinic, not a person."""

    key: ApiKey
    is_authenticated: bool = True

    @property
    def clinic(self) -> Clinic:
        """The only clinic it can see."""
        return self.key.clinic


class ApiKeyAuthentication(BaseAuthentication):
    """`request.user` becomes a `Program`, `request.auth` its ApiKey."""

    def authenticate(self, request: Request) -> tuple[Program, ApiKey] | None:
        """None without the header (then 401), AuthenticationFailed for a bad one, Throttled above the limit."""
        header = request.headers.get("Authorization", "")
        if not header:
            return None
        scheme, _space, plain = header.partition(" ")
        key = api_keys.find_live(plain.strip()) if scheme.lower() == SCHEME.lower() else None
        if key is None:
            raise AuthenticationFailed(_("This key is not valid. Send: Authorization: Bearer <key>."))
        _limit(key.clinic)
        _note_use(key, clock.now())
        return Program(key), key

    def authenticate_header(self, request: Request) -> str:
        """Makes DRF answer 401 instead of 403."""
        return SCHEME


def _limit(clinic: Clinic) -> None:
    rate = clinic.api_rate_limit or settings.RATE_LIMIT_API
    usage = rate_limit.take(group="api", key=str(clinic.pk), rate=rate)
    if usage.is_over:
        raise Throttled(wait=usage.seconds_left)


def _note_use(key: ApiKey, now: datetime) -> None:
    if key.last_used_at is not None and now - key.last_used_at < USE_NOTED_EVERY:
        return
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lte=now - USE_NOTED_EVERY)
    ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the schema says it."""

    target_class = ApiKeyAuthentication
    name = "ApiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Shown in /api/docs/ under «Authorize»."""
        return {"type": "http", "scheme": "bearer", "description": "A key of the clinic (atd_…)."}
