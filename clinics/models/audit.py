"""Who did what, when? Ids, field names and the actor; never values, so that erasing a patient needs no change here."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinics.models.tenancy import TenantQuerySet


class AuditEntry(models.Model):
    """One fact. A trigger refuses UPDATE and DELETE; no foreign key cascades into it."""

    clinic = models.ForeignKey(
        "clinics.Clinic",
        on_delete=models.DO_NOTHING,
        null=True,
        db_constraint=False,
        related_name="+",
        verbose_name=_("clinic"),
    )
    at = models.DateTimeField(_("at"))
    actor_kind = models.CharField(_("who"), max_length=12)
    actor_id = models.BigIntegerField(null=True)
    action = models.CharField(_("action"), max_length=60)
    object_type = models.CharField(_("object"), max_length=60)
    object_id = models.CharField(_("object id"), max_length=64, blank=True)
    fields = ArrayField(models.CharField(max_length=60), default=list, verbose_name=_("fields"))

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["clinic", "-id"]),
            models.Index(fields=["clinic", "object_type", "object_id"]),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_id}"
