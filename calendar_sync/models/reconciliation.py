"""What did a comparison of appointments and calendar find, and what became of it? The report is the work's own row."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from calendar_sync.models.link import Link
from clinics.models import TenantModel, TenantQuerySet, User


class Origin(models.TextChoices):
    """Who asked for it."""

    DAILY = "daily", _("daily")
    PERSON = "person", _("by a person")
    COMMAND = "command", _("by a command")


class RunState(models.TextChoices):
    """`queued` and `running` are open: at most one such row per link."""

    QUEUED = "queued", _("in the queue")
    RUNNING = "running", _("being compared")
    DONE = "done", _("done")
    FAILED = "failed", _("not finished")


class Reconciliation(TenantModel):
    """One comparison of one link. It holds kinds, counts, ids and times, never a name or a text.

    `not_before` and the lease are by the database's clock, the other times by the business's.
    """

    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="reconciliations")
    origin = models.CharField(max_length=8, choices=Origin.choices)
    # Only tells; nothing is mended.
    is_preview = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=RunState.choices, default=RunState.QUEUED)
    asked_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField(_("asked for at"))
    not_before = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    attempt = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(_("finished at"), null=True)
    took_ms = models.PositiveIntegerField(default=0)
    # How many events the full list held.
    events = models.PositiveIntegerField(default=0)
    # Kind of difference → how many were found, how many were mended.
    found = models.JSONField(default=dict)
    mended = models.JSONField(default=dict)
    # The first differences, to be shown one by one: kind, appointment's id, time.
    samples = models.JSONField(default=list)
    error_code = models.CharField(_("error"), max_length=60, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("comparison of a calendar")
        verbose_name_plural = _("comparisons of calendars")
        indexes = [
            models.Index(
                fields=["not_before"], condition=Q(state__in=["queued", "running"]), name="calendar_sync_run_open"
            ),
            models.Index(fields=["link", "-id"], name="calendar_sync_run_link"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["link"], condition=Q(state__in=["queued", "running"]), name="calendar_sync_run_one_open"
            ),
            models.CheckConstraint(
                condition=Q(state__in=RunState.values) & Q(origin__in=Origin.values),
                name="calendar_sync_run_words_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.origin} {self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether it has still to be done, or is being done."""
        return self.state in (RunState.QUEUED, RunState.RUNNING)
