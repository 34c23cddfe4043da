"""What must a clinic be told that it cannot see from its work? Open until the reason is gone."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinics.models.tenancy import TenantModel, TenantQuerySet


class Alert(TenantModel):
    """One thing that is wrong, about one object or about the clinic as a whole. Holds codes, never names or texts."""

    kind = models.CharField(max_length=40)
    target_type = models.CharField(max_length=60, blank=True)
    target_id = models.CharField(max_length=64, blank=True)
    # The provider's code, or our word for the reason.
    detail = models.CharField(max_length=120, blank=True)
    raised_at = models.DateTimeField(_("since"))
    cleared_at = models.DateTimeField(_("ended at"), null=True)
    # The mail to the owners: waits while `mail_due`, claimed for a while by whoever sends it.
    mail_due = models.BooleanField(default=False)
    mail_attempts = models.PositiveSmallIntegerField(default=0)
    mail_not_before = models.DateTimeField(null=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering = ["raised_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "kind", "target_type", "target_id"],
                condition=Q(cleared_at__isnull=True),
                name="clinics_alert_open_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["clinic", "raised_at"], condition=Q(cleared_at__isnull=True), name="clinics_alert_open"
            ),
            models.Index(fields=["id"], condition=Q(mail_due=True), name="clinics_alert_mail"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.target_id}"
