"""What did somebody do in Google to an event of ours, and what became of it?"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from calendar_sync.models.mirror import EventMirror
from clinics.models import Appointment, Closable, TenantModel, TenantQuerySet, User


class ChangeKind(models.TextChoices):
    """What was done; empty until we have looked at the event itself."""

    MOVED = "moved", _("moved")
    DELETED = "deleted", _("deleted")
    RESHAPED = "reshaped", _("made all-day or repeating")


class ChangeState(models.TextChoices):
    """`noted` and `asked` are open: at most one such row per event."""

    NOTED = "noted", _("being looked at")
    ASKED = "asked", _("waits for a decision")
    APPLIED = "applied", _("taken over")
    PUT_BACK = "put_back", _("put back")
    REFUSED = "refused", _("refused")
    WITHDRAWN = "withdrawn", _("settled otherwise")


OPEN_STATES = (ChangeState.NOTED, ChangeState.ASKED)


class GoogleChange(Closable, TenantModel):
    """One change of one event of ours. The queue of looks: `look_at` is due by the database's clock."""

    mirror = models.ForeignKey(EventMirror, on_delete=models.CASCADE, related_name="changes", db_index=False)
    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="google_changes")
    state = models.CharField(_("state"), max_length=10, choices=ChangeState.choices, default=ChangeState.NOTED)
    kind = models.CharField(_("change"), max_length=10, choices=ChangeKind.choices, blank=True)
    # Where the event is now, and where the appointment was when we looked.
    starts_at = models.DateTimeField(_("new time"), null=True)
    ends_at = models.DateTimeField(null=True)
    was_at = models.DateTimeField(_("time before"), null=True)
    etag = models.CharField(max_length=255, blank=True)
    # Why it could not be taken over: a code of clinics.booking or of ours.
    reason = models.CharField(max_length=20, blank=True)
    # Many events of one calendar went at once: then nothing is cancelled by itself.
    is_mass = models.BooleanField(default=False)
    look_at = models.DateTimeField(null=True)
    attempt = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    # Looks that ended by a mistake of ours or with their worker: after MAX_ATTEMPTS of them it is set aside.
    faults = models.PositiveSmallIntegerField(default=0, db_default=0)
    is_looked_at = models.BooleanField(default=False, db_default=False)
    set_aside_at = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=60, blank=True)
    noted_at = models.DateTimeField(_("seen at"))
    decided_at = models.DateTimeField(_("decided at"), null=True)
    decided_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("decided by")
    )

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("change from Google")
        verbose_name_plural = _("changes from Google")
        ordering = ["-noted_at", "-id"]
        indexes = [
            models.Index(fields=["look_at"], condition=Q(look_at__isnull=False), name="calendar_sync_change_look"),
            models.Index(
                fields=["clinic", "-id"],
                condition=Q(set_aside_at__isnull=False, closed_at__isnull=True),
                name="calendar_sync_change_aside",
            ),
            models.Index(
                fields=["clinic", "-closed_at"],
                condition=Q(closed_at__isnull=False),
                name="calendar_sync_change_closed",
            ),
            models.Index(fields=["clinic", "state", "-noted_at"], name="calendar_sync_change_list"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["mirror"], condition=Q(state__in=["noted", "asked"]), name="calendar_sync_change_one_open"
            ),
            models.CheckConstraint(
                condition=Q(state__in=ChangeState.values) & Q(kind__in=["", *ChangeKind.values]),
                name="calendar_sync_change_words_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
