"""Which event in Google stands for which appointment? Our side of the pair, with an id fixed before the first call."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from calendar_sync.models.link import Link
from clinics.models import Appointment, TenantModel, TenantQuerySet


class MirrorState(models.TextChoices):
    """What we know to be in Google."""

    ABSENT = "absent", _("not there yet")
    PRESENT = "present", _("there")
    GONE = "gone", _("removed")


class EventMirror(TenantModel):
    """An event of ours through one link. Without an appointment: one made or changed through the service."""

    link = models.ForeignKey(Link, on_delete=models.PROTECT, related_name="mirrors")
    appointment = models.ForeignKey(
        Appointment, on_delete=models.PROTECT, null=True, related_name="mirrors", db_index=False
    )
    state = models.CharField(max_length=8, choices=MirrorState.choices, default=MirrorState.ABSENT)
    key = models.UUIDField(unique=True, default=uuid.uuid4)
    generation = models.PositiveIntegerField(default=1)
    # Empty until the first call: only then it is certain which calendar was chosen.
    calendar_id = models.CharField(max_length=255, blank=True)
    google_event_id = models.CharField(max_length=1024)
    etag = models.CharField(max_length=255, blank=True)
    # When the event takes place as we last wrote it or took it over: what differs from this was somebody's change.
    shown_from = models.DateTimeField(null=True)
    shown_to = models.DateTimeField(null=True)
    synced_revision = models.PositiveIntegerField(default=0)
    # Of title and description as last written: unchanged ones are not sent again, over somebody's notes.
    text_hash = models.CharField(max_length=32, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("calendar event")
        verbose_name_plural = _("calendar events")
        constraints = [
            models.UniqueConstraint(
                fields=["appointment", "link"],
                condition=Q(appointment__isnull=False),
                name="calendar_sync_mirror_once",
            ),
            models.UniqueConstraint(fields=["link", "google_event_id"], name="calendar_sync_mirror_event_once"),
            models.CheckConstraint(condition=Q(state__in=MirrorState.values), name="calendar_sync_mirror_state_known"),
        ]

    def __str__(self) -> str:
        return self.google_event_id
