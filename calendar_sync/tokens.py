"""Which token opens this link's calendar now? Refreshed when it is stale, by one process at a time.

Promises: two workers never refresh the same link at once (a lease column by the database's clock, so
that no transaction is open during the call); a refresh token that Google replaced is stored; a consent
that is gone marks the link once, in the audit too, unless it was given anew meanwhile; no outage ever disconnects
anybody.
"""

import logging
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from atendeai.common.errors import CredentialsRevoked, Unreachable
from calendar_sync import oauth
from calendar_sync.alert_words import RECONNECT
from calendar_sync.deadline import Deadline
from calendar_sync.models import Link, LinkState
from clinics import alerts, audit, credentials
from clinics.audit import SYSTEM
from clinics.models import Clinic, TenantQuerySet

logger = logging.getLogger(__name__)

# Google's own library calls a token stale 3 min 45 s before its end.
MARGIN = timedelta(seconds=225)
POLL_SECONDS = 0.05
# Links whose tokens should open something.
ALIVE = (LinkState.LINKED, LinkState.CHOOSING)
CALLBACK_PATH = "/oauth/google/callback/"


def oauth_client(clinic: Clinic) -> oauth.Client:
    """The clinic's OAuth client (or the installation's) and where Google is; `NotConfigured` without one."""
    client_id, secret = credentials.google_client(clinic)
    return oauth.Client(
        client_id=client_id,
        client_secret=secret,
        authorize_url=settings.GOOGLE_OAUTH_AUTHORIZE_URL,
        token_url=settings.GOOGLE_OAUTH_TOKEN_URL,
        revoke_url=settings.GOOGLE_OAUTH_REVOKE_URL,
        redirect_uri=f"{settings.PUBLIC_BASE_URL}{CALLBACK_PATH}",
    )


def access_token(*, link: Link, now: datetime, deadline: Deadline, refused: str = "") -> str:
    """A token that should work; `refused` is one that Google just did not accept, whatever its age.

    Raises CredentialsRevoked (the link is marked), NotConfigured, Throttled, Unreachable, OutcomeUnknown.
    """
    while True:
        current = _read(link)
        if _is_good(current, now, refused):
            return current.access_token
        if _take_lease(current):
            return _refresh_once(_read(link), now, deadline, refused)
        if deadline.left() <= POLL_SECONDS:
            raise Unreachable("google", "token.refresh", code="refreshed_elsewhere")
        time.sleep(POLL_SECONDS)


def needs_reconnect(*, link: Link, code: str, now: datetime, refused: str = "") -> None:
    """The consent no longer holds: the link waits for a person. Told once, however many calls notice.

    `refused`: the token that Google did not take. `Unreachable` when the link has others by now, of which nothing was
    said: somebody has connected it again.
    """
    mine = Link.objects.for_clinic(link.clinic_id).filter(pk=link.pk)
    with transaction.atomic():
        current = mine.select_for_update().get()
        if current.state not in ALIVE:
            return
        if refused and refused not in (current.access_token, current.refresh_token):
            raise Unreachable("google", "token", code="connected_anew")
        mine.update(state=LinkState.NEEDS_RECONNECT, error_code=code[:60], error_at=now, access_token="")
        audit.record(clinic=link.clinic, action="calendar_needs_reconnect", target=link, by=SYSTEM, now=now)
        alerts.raise_alert(clinic=link.clinic, kind=RECONNECT, target=link, now=now, detail=code)
    details = {"clinic_id": link.clinic_id, "link": link.pk, "code": code}
    logger.warning("calendar link must be connected again", extra=details)


def _read(link: Link) -> Link:
    current = Link.objects.for_clinic(link.clinic_id).select_related("clinic").get(pk=link.pk)
    if current.state not in ALIVE:
        raise CredentialsRevoked("google", "token", code=current.error_code or current.state)
    return current


def _is_good(link: Link, now: datetime, refused: str) -> bool:
    if not link.access_token or link.access_token == refused or link.access_expires_at is None:
        return False
    return link.access_expires_at - MARGIN > now


def _take_lease(link: Link) -> bool:
    free = Q(refresh_lease_until__isnull=True) | Q(refresh_lease_until__lt=Now())
    rows = Link.objects.for_clinic(link.clinic_id).filter(free, pk=link.pk)
    # Longer than the call's time-outs; a process that died holds up the next refresh no longer than this.
    lease = timedelta(seconds=settings.TOKEN_LEASE_SECONDS)
    return rows.update(refresh_lease_until=Now() + lease) == 1


def _refresh_once(link: Link, now: datetime, deadline: Deadline, refused: str) -> str:
    """Under the lease. Somebody may have refreshed between our look and our lease: then theirs serves."""
    try:
        if _is_good(link, now, refused):
            return link.access_token
        tokens = _ask_google(link, now, deadline)
        _store(link, tokens, now)
        return tokens.access_token
    finally:
        _mine(link).update(refresh_lease_until=None)


def _mine(link: Link) -> TenantQuerySet[Link]:
    return Link.objects.for_clinic(link.clinic_id).filter(pk=link.pk, refresh_lease_until=link.refresh_lease_until)


def _ask_google(link: Link, now: datetime, deadline: Deadline) -> oauth.Tokens:
    client = oauth_client(link.clinic)
    try:
        if client.client_id != link.client_id:
            raise CredentialsRevoked("google", "token.refresh", code="client_changed")
        waits = deadline.waits("token.refresh")
        credentials.count_use(clinic=link.clinic, name="GOOGLE_REFRESH_TOKEN", operation="token.refresh")
        return oauth.refresh(client, refresh_token=link.refresh_token, waits=waits, clinic_id=link.clinic_id)
    except CredentialsRevoked as error:
        needs_reconnect(link=link, code=error.code, now=now, refused=link.refresh_token)
        raise


def _store(link: Link, tokens: oauth.Tokens, now: datetime) -> None:
    with transaction.atomic():
        _mine(link).update(
            access_token=tokens.access_token,
            access_expires_at=now + timedelta(seconds=tokens.expires_in_seconds),
            refresh_token=tokens.refresh_token or link.refresh_token,
        )
        audit.record(clinic=link.clinic, action="calendar_token_refreshed", target=link, by=SYSTEM, now=now)
