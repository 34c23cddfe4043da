"""Who is on the way to Google and back? One row per click on «connect», good for one return in ten minutes."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from atendeai.common.fields import EncryptedTextField
from clinics.models import Professional, TenantModel, TenantQuerySet, User


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
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("connection in progress")
        verbose_name_plural = _("connections in progress")
        indexes = [models.Index(fields=["expires_at"])]

    def __str__(self) -> str:
        return f"{self.professional} {self.expires_at:%H:%M}"
