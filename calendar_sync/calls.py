"""How is a linked calendar called? With a fresh token, once more with another when Google refuses that one; counted.

Promises: a link whose consent is gone is marked before the error reaches the caller; a new token that is refused too
is an outage, which says nothing of the consent; no database transaction is open during the call; nothing else is
repeated here.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from django.conf import settings

from atendeai.common.errors import CredentialsRevoked, IntegrationError, Unreachable
from atendeai.metrics import CALENDAR_OPERATIONS
from calendar_sync import tokens
from calendar_sync.deadline import Deadline
from calendar_sync.google_api import BadToken, Calendar
from calendar_sync.models import Link
from clinics import credentials

T = TypeVar("T")


def call(*, link: Link, operation: str, now: datetime, deadline: Deadline, act: Callable[[Calendar], T]) -> T:
    """What `act` returns when given the account's calendars. Raises the integration errors."""
    token = tokens.access_token(link=link, now=now, deadline=deadline)
    try:
        try:
            return _once(link, operation, token, deadline, act)
        except BadToken:
            token = tokens.access_token(link=link, now=now, deadline=deadline, refused=token)
            return _once(link, operation, token, deadline, act)
    except BadToken as error:
        # Of the consent only the refresh says that it is gone, and that was given.
        raise Unreachable("google", operation, code=error.code, status=error.status) from None
    except CredentialsRevoked as error:
        tokens.needs_reconnect(link=link, code=error.code, now=now, refused=token)
        raise


def _once(link: Link, operation: str, token: str, deadline: Deadline, act: Callable[[Calendar], T]) -> T:
    calendar = Calendar(
        base_url=settings.GOOGLE_API_BASE_URL,
        access_token=token,
        waits=deadline.waits(operation),
        clinic_id=link.clinic_id,
    )
    credentials.count_use(clinic=link.clinic, name="GOOGLE_ACCESS_TOKEN", operation=operation)
    try:
        answer = act(calendar)
    except IntegrationError as error:
        _count(link, operation, type(error).__name__)
        raise
    _count(link, operation, "ok")
    return answer


def _count(link: Link, operation: str, status: str) -> None:
    CALENDAR_OPERATIONS.labels(str(link.clinic_id), operation, status).inc()
