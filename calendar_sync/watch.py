"""Does Google tell us when a calendar changes? One channel per linked calendar, renewed before it ends.

Google cannot prolong a channel: a new one under a new id is opened while the old one still lives, and only then the
old one is stopped. Without https no channel is possible (on this machine http will do, for the simulator): then the
calendar is only asked, more often. A refused channel is tried again after hours; nothing depends on it. A channel keeps
the address it was opened to: when the installation has moved, the next pull opens one to the new address.
"""

import hashlib
import logging
import secrets
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from atendeai.common.errors import IntegrationError, OutcomeUnknown
from calendar_sync import calls
from calendar_sync.deadline import Deadline
from calendar_sync.google_api import Calendar
from calendar_sync.models import Channel, ChannelState, Link, PullState, push_address

logger = logging.getLogger(__name__)

OVERLAP = timedelta(hours=24)
AGAIN = timedelta(hours=1)
SECONDS = 30
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def fingerprint(token: str) -> str:
    """What is kept of a channel's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_possible() -> bool:
    """Whether Google could reach us."""
    parts = urlsplit(settings.PUBLIC_BASE_URL)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def ensure(*, link: Link, now: datetime) -> None:
    """A live channel for the link's calendar that does not end soon. Never raises for Google's sake."""
    channels = Channel.objects.for_clinic(link.clinic_id).filter(link=link)
    lasting = channels.live().filter(calendar_id=link.calendar_id, expires_at__gt=now + OVERLAP)
    if not lasting.exists() and is_possible() and _is_due(link):
        _open(link, now)
    newest = lasting.order_by("-expires_at", "-id").first()
    if newest is not None:
        _stop_others(link, newest, now)
    channels.filter(state=ChannelState.LIVE, expires_at__lte=now).update(state=ChannelState.ENDED)


def _stop_others(link: Link, keep: Channel, now: datetime) -> None:
    rows = Channel.objects.for_clinic(link.clinic_id).filter(link=link).exclude(state=ChannelState.ENDED)
    for channel in rows.exclude(pk=keep.pk).order_by("id"):
        rows.filter(pk=channel.pk).update(state=ChannelState.ENDED)
        if channel.resource_id and (channel.expires_at is None or channel.expires_at > now):
            _stop(link, channel, now)


def end_all(*, link: Link) -> list[Channel]:
    """The link is let go: no push counts from now on, in the transaction at hand. What Google must still be told."""
    rows = Channel.objects.for_clinic(link.clinic_id).filter(link=link).exclude(state=ChannelState.ENDED)
    open_ones = [channel for channel in rows.order_by("id") if channel.resource_id]
    rows.update(state=ChannelState.ENDED)
    return open_ones


def stop_with(*, link: Link, channels: Sequence[Channel], access_token: str) -> None:
    """Stops channels of a link that is let go already, with the last token it had. Best effort."""
    for channel in channels:
        waits = _deadline().waits("channels.stop")
        base = settings.GOOGLE_API_BASE_URL
        calendar = Calendar(base_url=base, access_token=access_token, waits=waits, clinic_id=link.clinic_id)
        try:
            calendar.stop_channel(channel.channel_id, channel.resource_id)
        except IntegrationError as error:
            _log("channel not stopped", link, error)


def _is_due(link: Link) -> bool:
    """After a refusal only now and then."""
    rows = PullState.objects.for_clinic(link.clinic_id).filter(link=link)
    return bool(
        rows.filter(Q(watch_due_at__isnull=True) | Q(watch_due_at__lte=Now())).update(watch_due_at=Now() + AGAIN)
    )


def _open(link: Link, now: datetime) -> None:
    token = secrets.token_urlsafe(32)
    channel = Channel.objects.create(
        clinic_id=link.clinic_id,
        link=link,
        calendar_id=link.calendar_id,
        channel_id=str(uuid.uuid4()),
        address=push_address(),
        token_hash=fingerprint(token),
    )
    rows = Channel.objects.for_clinic(link.clinic_id).filter(pk=channel.pk)
    try:
        opened = calls.call(
            link=link,
            operation="events.watch",
            now=now,
            deadline=_deadline(),
            act=lambda calendar: calendar.watch_events(
                link.calendar_id, channel_id=channel.channel_id, token=token, address=channel.address
            ),
        )
    except IntegrationError as error:
        if not isinstance(error, OutcomeUnknown):
            # Else it may be open: its pushes are as good as any until it ends by itself.
            rows.update(state=ChannelState.ENDED)
        _log("channel not opened", link, error)
        return
    rows.update(state=ChannelState.LIVE, resource_id=opened.resource_id[:255], expires_at=opened.expires_at)
    PullState.objects.for_clinic(link.clinic_id).filter(link=link).update(watch_due_at=None)


def _stop(link: Link, channel: Channel, now: datetime) -> None:
    try:
        calls.call(
            link=link,
            operation="channels.stop",
            now=now,
            deadline=_deadline(),
            act=lambda calendar: calendar.stop_channel(channel.channel_id, channel.resource_id),
        )
    except IntegrationError as error:
        _log("channel not stopped", link, error)


def _deadline() -> Deadline:
    return Deadline.after(SECONDS, read_seconds=settings.CALENDAR_READ_SECONDS)


def _log(words: str, link: Link, error: IntegrationError) -> None:
    details = {"clinic_id": link.clinic_id, "link": link.pk, "code": error.code or type(error).__name__}
    logger.warning(words, extra=details)
