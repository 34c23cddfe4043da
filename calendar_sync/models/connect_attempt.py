"""Who is on the way to Google and back? One row per click on «connect», good for one return in ten minutes."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from atendeai.common.fields import EncryptedTextField
from clinics.models import CalendarMode, Professional, TenantModel, TenantQuerySet, User


class ConnectInvitation(TenantModel):
    """A one-time link by which a professional without a login connects their calendar. Only its hash is kept."""

    professional = models.ForeignKey(Professional, on_delete=models.CASCADE, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation to connect a calendar")
        verbose_name_plural = _("invitations to connect a calendar")
        indexes = [models.Index(fields=["professional"], name="calendar_sync_invited")]

    def __str__(self) -> str:
        return f"{self.professional} {self.expires_at:%d/%m %H:%M}"


class ConnectAttempt(TenantModel):
    """What the returning browser must prove, and what the code exchange needs.

    Only hashes of the state and of the session are kept: whoever reads the table can end nobody's linking.
    """

    professional = models.ForeignKey(Professional, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="+")
    state_hash = models.CharField(max_length=64, unique=True)
    session_hash = models.CharField(max_length=64, blank=True)
    verifier = EncryptedTextField()
    client_id = models.CharField(max_length=255)
    invitation = models.ForeignKey(ConnectInvitation, on_delete=models.CASCADE, null=True, related_name="+")
    mode = models.CharField(
        max_length=10, choices=CalendarMode.choices, default=CalendarMode.EXISTING, db_default=CalendarMode.EXISTING
    )
    # What was asked for beside signing in: each may be unticked on Google's page, and each is needed. NULL: from before
    # there was a choice.
    scopes = ArrayField(models.CharField(max_length=120), null=True)
    may_change_account = models.BooleanField(default=False, db_default=False)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("connection in progress")
        verbose_name_plural = _("connections in progress")
        indexes = [models.Index(fields=["expires_at"])]

    def __str__(self) -> str:
        return f"{self.professional} {self.expires_at:%H:%M}"
