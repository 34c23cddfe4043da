"""By which channels does Google tell us that a calendar changed?"""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from calendar_sync.models.link import Link
from clinics.models import TenantModel, TenantQuerySet

# Behind PUBLIC_BASE_URL.
PUSH_PATH = "/webhooks/google-calendar/"


def push_address() -> str:
    """Where Google is asked to push to, as of now: an installation may move."""
    return f"{settings.PUBLIC_BASE_URL}{PUSH_PATH}"


class ChannelState(models.TextChoices):
    """Of a channel. An id is never used again, not even after a failure."""

    OPENING = "opening", _("being opened")
    LIVE = "live", _("live")
    ENDED = "ended", _("ended")


class ChannelQuerySet(TenantQuerySet["Channel"]):
    """As all rows of clinics; and which of them tell us."""

    def live(self) -> Self:
        """Alive at Google, and opened to today's address: those of another may tell somebody else."""
        return self.filter(state=ChannelState.LIVE, address=push_address())


class Channel(TenantModel):
    """One channel at Google. Its id and token stand here before Google hears of them."""

    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="channels")
    calendar_id = models.CharField(max_length=255)
    # To which it was opened; empty in rows from before it was kept.
    address = models.TextField(blank=True, default="", db_default="")
    channel_id = models.CharField(max_length=64, unique=True)
    # Only a fingerprint: whoever reads the table can send us nothing.
    token_hash = models.CharField(max_length=64)
    resource_id = models.CharField(max_length=255, blank=True)
    state = models.CharField(max_length=8, choices=ChannelState.choices, default=ChannelState.OPENING)
    expires_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    pushed_at = models.DateTimeField(null=True)

    objects = ChannelQuerySet.as_manager()

    class Meta:
        verbose_name = _("push channel")
        verbose_name_plural = _("push channels")
        indexes = [models.Index(fields=["link", "state"], name="calendar_sync_channel_link")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ChannelState.values), name="calendar_sync_channel_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="live") | (~Q(resource_id="") & Q(expires_at__isnull=False)),
                name="calendar_sync_channel_complete",
            ),
        ]

    def __str__(self) -> str:
        return self.channel_id
