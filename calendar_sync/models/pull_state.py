"""How far has each linked calendar been read, and when is it read next? The queue of pulls: one row per link."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from calendar_sync.models.link import Link
from clinics.models import TenantModel, TenantQuerySet


class PullState(TenantModel):
    """Where the reading of one link's calendar stands.

    `due_at`, `wanted_at`, `watch_due_at` and the lease are by the database's clock; `pulled_at`, `full_at`,
    `free_busy…`, `horizon_until` by the business's.
    """

    link = models.OneToOneField(Link, on_delete=models.CASCADE, related_name="pull_state")
    # The token is good for this calendar only; another one chosen since means a full list.
    calendar_id = models.CharField(max_length=255, blank=True)
    sync_token = models.TextField(blank=True)
    horizon_until = models.DateTimeField(null=True)
    full_at = models.DateTimeField(null=True)
    full_wanted = models.BooleanField(default=False)
    # Set by pushes and people; one that comes during a pull is not lost to it.
    wanted_at = models.DateTimeField(null=True)
    # None: parked, because the link does not work.
    due_at = models.DateTimeField(null=True)
    attempt = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    pulled_at = models.DateTimeField(_("last looked"), null=True)
    changed_at = models.DateTimeField(_("last change from Google"), null=True)
    # Of a person's busy times that are asked for without seeing events (links of our own calendars).
    free_busy_at = models.DateTimeField(null=True)
    free_busy_far_at = models.DateTimeField(null=True)
    error_code = models.CharField(_("error"), max_length=60, blank=True)
    error_at = models.DateTimeField(_("error since"), null=True)
    watch_due_at = models.DateTimeField(null=True)
    # When rows and calendar are compared next, by the database's clock.
    compare_due_at = models.DateTimeField(null=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("reading of a calendar")
        verbose_name_plural = _("readings of calendars")
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="calendar_sync_pull_due"),
            models.Index(
                fields=["compare_due_at"], condition=Q(compare_due_at__isnull=False), name="calendar_sync_compare_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.link_id} {self.pulled_at}"
