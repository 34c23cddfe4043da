"""How is a calendar let go? Our tokens at once, Google's consent only when nobody else lives from it."""

import logging
from datetime import datetime
from functools import partial

from django.db import transaction

from atendeai.common.errors import IntegrationError
from calendar_sync import oauth, timetable, tokens, touched, watch, writes
from calendar_sync.alert_words import BEHIND, DIFFERENCES, RECONNECT
from calendar_sync.linking.choosing import patience
from calendar_sync.linking.rows import get_locked
from calendar_sync.models import Channel, Link, LinkState
from clinics import alerts, audit
from clinics.audit import Actor
from clinics.models import Clinic

logger = logging.getLogger(__name__)


def disconnect(*, clinic: Clinic, link: Link, by: Actor, now: datetime) -> None:
    """Forgets the tokens and stops writing. Events that are in the calendar stay there.

    Google's own revocation takes *all* consents of that person to our project, so it is asked for only
    when no other link, in any clinic, lives from the same account.
    """
    with transaction.atomic():
        current = get_locked(clinic, link)
        token, last = current.refresh_token, (current.access_token, current.access_expires_at)
        writes.drop_queued(link=current)
        timetable.park(link=current)
        channels = watch.end_all(link=current)
        current.state = LinkState.DISCONNECTED
        current.access_token = current.refresh_token = current.error_code = ""
        # Without its lease a refresh under way cannot store what it gets.
        current.access_expires_at = current.refresh_lease_until = current.error_at = None
        current.save()
        audit.record(clinic=clinic, action="calendar_disconnected", target=current, by=by, now=now)
        for kind in (RECONNECT, BEHIND, DIFFERENCES):
            alerts.clear_alert(clinic=clinic, kind=kind, target=current, now=now, by=by)
        transaction.on_commit(partial(touched.forget, link=current, now=now), robust=True)
        if token:
            # Channels first: with the token gone nobody could stop them, and Google would go on telling us for days.
            transaction.on_commit(partial(_stop, current, channels, token, last, now), robust=True)
            # Outside the transaction, and our own tokens are gone whatever Google says.
            transaction.on_commit(partial(_revoke, current, token), robust=True)


def _is_shared(link: Link) -> bool:
    """Across clinics on purpose: the answer only decides whether Google is told."""
    others = Link.objects.filter(google_sub=link.google_sub).exclude(pk=link.pk)
    return others.exclude(state=LinkState.DISCONNECTED).exists()


def _stop(link: Link, channels: list[Channel], token: str, last: tuple[str, datetime | None], now: datetime) -> None:
    """Best effort: a channel that is not stopped tells an ended one's id, until it runs out."""
    if not channels:
        return
    access_token, expires_at = last
    try:
        if not access_token or expires_at is None or expires_at <= now:
            waits = patience().waits("token.refresh")
            client = tokens.oauth_client(link.clinic)
            fresh = oauth.refresh(client, refresh_token=token, waits=waits, clinic_id=link.clinic_id)
            access_token = fresh.access_token
        watch.stop_with(link=link, channels=channels, access_token=access_token)
    except IntegrationError as error:
        details = {"clinic_id": link.clinic_id, "link": link.pk, "error": type(error).__name__}
        logger.warning("channels not stopped at Google", extra=details)


def _revoke(link: Link, token: str) -> None:
    """Best effort: our own tokens are gone already."""
    if _is_shared(link):
        return
    try:
        waits = patience().waits("token.revoke")
        oauth.revoke(tokens.oauth_client(link.clinic), token=token, waits=waits, clinic_id=link.clinic_id)
    except IntegrationError as error:
        details = {"clinic_id": link.clinic_id, "link": link.pk, "error": type(error).__name__}
        logger.warning("consent not revoked at Google", extra=details)
