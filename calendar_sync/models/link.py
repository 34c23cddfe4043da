"""Which Google calendar shows which professional's appointments, and by whose consent?"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from atendeai.common.fields import EncryptedTextField
from clinics.models import CalendarMode, Professional, TenantModel, TenantQuerySet, User


class LinkState(models.TextChoices):
    """Whether appointments can travel."""

    CHOOSING = "choosing", _("a calendar must be chosen")
    LINKED = "linked", _("linked")
    NEEDS_RECONNECT = "needs_reconnect", _("must be connected again")
    DISCONNECTED = "disconnected", _("disconnected")


class Link(TenantModel):
    """A consent and the calendar chosen with it. At most one per professional is not disconnected.

    A disconnected link stays: it knows which events it made, and the same account connected again
    continues it, so that no event appears twice.
    """

    professional = models.ForeignKey(
        Professional, on_delete=models.PROTECT, related_name="calendar_links", verbose_name=_("professional")
    )
    state = models.CharField(_("state"), max_length=16, choices=LinkState.choices)
    google_sub = models.CharField(max_length=64, editable=False)
    email = models.EmailField(_("Google account"))
    # Another client cannot use these tokens: when the clinic changes its client, the link must be made again.
    client_id = models.CharField(max_length=255, editable=False)
    # What may be asked of Google follows from it: a calendar of ours shows its events, all others only busy times.
    mode = models.CharField(
        max_length=10,
        choices=CalendarMode.choices,
        default=CalendarMode.EXISTING,
        db_default=CalendarMode.EXISTING,
        editable=False,
    )
    scopes = ArrayField(models.CharField(max_length=120), default=list, editable=False)
    calendar_id = models.CharField(max_length=255, blank=True, editable=False)
    calendar_name = models.CharField(_("calendar"), max_length=255, blank=True)
    access_token = EncryptedTextField(blank=True, editable=False)
    access_expires_at = models.DateTimeField(null=True, editable=False)
    refresh_token = EncryptedTextField(blank=True, editable=False)
    # Who refreshes: a lease by the database's clock, so that no transaction is open during the call.
    refresh_lease_until = models.DateTimeField(null=True, editable=False)
    error_code = models.CharField(_("error"), max_length=60, blank=True, editable=False)
    error_at = models.DateTimeField(_("error since"), null=True, editable=False)
    linked_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("linked by")
    )
    linked_at = models.DateTimeField(_("linked at"), editable=False)
    # What events show was changed: coming appointments behind this id are still to be looked at. Empty: none.
    rewrite_after = models.BigIntegerField(null=True, editable=False)
    last_write_at = models.DateTimeField(_("last event written"), null=True, editable=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("linked calendar")
        verbose_name_plural = _("linked calendars")
        ordering = ["professional__name", "-id"]
        indexes = [
            models.Index(fields=["id"], condition=Q(rewrite_after__isnull=False), name="calendar_sync_link_rewrite")
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["professional"],
                condition=~Q(state="disconnected"),
                name="calendar_sync_link_one_alive",
            ),
            models.UniqueConstraint(fields=["professional", "google_sub"], name="calendar_sync_link_one_per_account"),
            models.CheckConstraint(condition=Q(state__in=LinkState.values), name="calendar_sync_link_state_known"),
            models.CheckConstraint(condition=Q(mode__in=CalendarMode.values), name="calendar_sync_link_mode_known"),
            models.CheckConstraint(
                condition=~Q(state="linked") | (~Q(calendar_id="") & ~Q(refresh_token="")),
                name="calendar_sync_link_complete",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.professional} · {self.calendar_name or self.email}"

    @property
    def is_alive(self) -> bool:
        """Whether appointments should go there, now or once it is repaired."""
        return self.state != LinkState.DISCONNECTED
