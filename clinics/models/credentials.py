"""Which secrets did a clinic entrust to us, and how much is each used?"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from atendeai.common.fields import EncryptedTextField
from clinics.models.tenancy import TenantModel, TenantQuerySet


class ClinicCredential(TenantModel):
    """One secret or id of a clinic at a provider, encrypted. The environment wins over it."""

    name = models.CharField(_("name"), max_length=60)
    value = EncryptedTextField(_("value"))
    updated_at = models.DateTimeField(_("changed at"), auto_now=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("credential")
        verbose_name_plural = _("credentials")
        constraints = [models.UniqueConstraint(fields=["clinic", "name"], name="clinics_credential_once")]

    def __str__(self) -> str:
        return self.name


class CredentialUse(TenantModel):
    """How often a credential served for an operation in an hour: one row, counted up."""

    name = models.CharField(_("name"), max_length=60)
    operation = models.CharField(_("operation"), max_length=60)
    hour = models.DateTimeField(_("hour"))
    uses = models.PositiveIntegerField(_("uses"), default=0)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("credential use")
        verbose_name_plural = _("credential uses")
        constraints = [
            models.UniqueConstraint(fields=["clinic", "name", "operation", "hour"], name="clinics_credentialuse_once")
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.operation}"


class KeySentinel(models.Model):
    """A known text under CREDENTIALS_KEYS, made with the database: opens it, or the keys are the wrong ones."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    token = models.TextField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="clinics_keysentinel_only_one")]

    def __str__(self) -> str:
        return "sentinel"
