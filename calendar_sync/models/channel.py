"""By which channels does Google tell us that a calendar changed?"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from calendar_sync.models.link import Link
from clinics.models import TenantModel, TenantQuerySet


class ChannelState(models.TextChoices):
    """Of a channel. An id is never used again, not even after a failure."""

    OPENING = "opening", _("being opened")
    LIVE = "live", _("live")
    ENDED = "ended", _("ended")


class Channel(TenantModel):
    """One channel at Google. Its id and token stand here before Google hears of them."""

    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="channels")
    calendar_id = models.CharField(max_length=255)
    channel_id = models.CharField(max_length=64, unique=True)
    # Only a fingerprint: whoever reads the table can send us nothing.
    token_hash = models.CharField(max_length=64)
    resource_id = models.CharField(max_length=255, blank=True)
    state = models.CharField(max_length=8, choices=ChannelState.choices, default=ChannelState.OPENING)
    expires_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    pushed_at = models.DateTimeField(null=True)

    objects = TenantQuerySet.as_manager()

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
