"""What must still be written to Google? The queue: the row is the work, a Celery message only a hint."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from atendeai.common.fields import EncryptedTextField
from calendar_sync.models.mirror import EventMirror
from clinics.models import Appointment, Closable, TenantModel, TenantQuerySet


class WriteKind(models.TextChoices):
    """What is wished for."""

    UPSERT = "upsert", _("create or update")
    # Only what the event shows has changed: one that somebody deleted meanwhile is not made anew for it.
    REWRITE = "rewrite", _("write anew")
    DELETE = "delete", _("remove")


class WriteState(models.TextChoices):
    """Where the row stands."""

    QUEUED = "queued", _("in the queue")
    SENDING = "sending", _("being written")
    DONE = "done", _("done")
    FAILED = "failed", _("refused")
    SUPERSEDED = "superseded", _("replaced by a newer one")


class CalendarWrite(Closable, TenantModel):
    """One wish for one event. Of an appointment only the newest counts; what is written is its present state."""

    mirror = models.ForeignKey(EventMirror, on_delete=models.CASCADE, related_name="writes", db_index=False)
    appointment = models.ForeignKey(
        Appointment, on_delete=models.PROTECT, null=True, related_name="calendar_writes", db_index=False
    )
    kind = models.CharField(max_length=8, choices=WriteKind.choices)
    revision = models.PositiveIntegerField(default=0)
    # Of an event without an appointment: the JSON to write.
    body = EncryptedTextField(blank=True)
    state = models.CharField(max_length=12, choices=WriteState.choices, default=WriteState.QUEUED)
    # Counts the claims of this row; every result is written under the number it was claimed with.
    attempt = models.PositiveIntegerField(default=0)
    # Failures that were nobody's outage: after MAX_ATTEMPTS of them the row is set aside as failed.
    faults = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    error_code = models.CharField(_("error"), max_length=60, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("calendar write")
        verbose_name_plural = _("calendar writes")
        indexes = [
            models.Index(
                fields=["not_before", "mirror"], condition=Q(state="queued"), name="calendar_sync_write_queued"
            ),
            models.Index(fields=["lease_until"], condition=Q(state="sending"), name="calendar_sync_write_leased"),
            models.Index(fields=["mirror", "state"], name="calendar_sync_write_mirror"),
            models.Index(
                fields=["clinic", "-id"],
                condition=Q(state="failed", closed_at__isnull=True),
                name="calendar_sync_write_failed",
            ),
            models.Index(
                fields=["clinic", "-closed_at"], condition=Q(closed_at__isnull=False), name="calendar_sync_write_closed"
            ),
            # Deleted by age, far behind the newest.
            BrinIndex(fields=["created_at"], name="calendar_sync_write_age"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["mirror", "kind", "revision"],
                condition=Q(appointment__isnull=False),
                name="calendar_sync_write_once",
            ),
            # Two workers never write the same event at once, whatever the code believes.
            models.UniqueConstraint(
                fields=["mirror"], condition=Q(state="sending"), name="calendar_sync_write_one_sending"
            ),
            models.CheckConstraint(
                condition=Q(state__in=WriteState.values, kind__in=WriteKind.values),
                name="calendar_sync_write_words_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
