"""Was this asked for before? A program's own key and what it was answered, or the mark of a form of the portal."""

from django.db import models

from clinics.models import TenantModel, TenantQuerySet


class ApiRepeat(TenantModel):
    """One request of a program under a key it chose: the same key again gets the same answer and does nothing."""

    key = models.CharField(max_length=200)
    # SHA-256 of the body: the same key with another body is a mistake of the caller.
    fingerprint = models.CharField(max_length=64)
    # JSON text; "" only inside the transaction that makes it.
    answer = models.TextField(blank=True)
    created_at = models.DateTimeField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = "API request key"
        verbose_name_plural = "API request keys"
        constraints = [models.UniqueConstraint(fields=["clinic", "key"], name="whatsapp_apirepeat_once")]
        indexes = [models.Index(fields=["clinic", "created_at"], name="whatsapp_apirepeat_age")]

    def __str__(self) -> str:
        return f"request {self.pk}"
