"""When did a provider not answer a clinic, for how long, and how did it end? One row per outage of a circuit."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinics.models.tenancy import TenantModel, TenantQuerySet
from clinics.models.user import User


class Provider(models.TextChoices):
    """An outside system that is called for a clinic."""

    WHATSAPP = "whatsapp", "WhatsApp"
    GOOGLE = "google", _("Google Calendar")


class OutageEnd(models.TextChoices):
    """How an outage ended."""

    RECOVERED = "recovered", _("It answered again")
    RESET = "reset", _("Somebody asked to try now")
    # Redis was emptied, or nobody called for a day.
    FORGOTTEN = "forgotten", _("No longer watched")


class Outage(TenantModel):
    """From the failure that opened the circuit to the trial that closed it; trials that failed are counted."""

    provider = models.CharField(_("service"), max_length=12, choices=Provider.choices)
    opened_at = models.DateTimeField(_("since"))
    # Our class of error and the provider's code: of the failure that opened it, and the last one (of a trial).
    first_error = models.CharField(_("error"), max_length=60, blank=True, db_default="")
    error = models.CharField(_("last error"), max_length=60, blank=True)
    trials = models.PositiveIntegerField(_("attempts"), default=0)
    tried_at = models.DateTimeField(_("last attempt"), null=True)
    # When a worker looks whether it has to make the trial. Empty: now.
    trial_at = models.DateTimeField(null=True, editable=False)
    ended_at = models.DateTimeField(_("ended at"), null=True)
    end = models.CharField(_("how it ended"), max_length=12, choices=OutageEnd.choices, blank=True)
    ended_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("outage")
        verbose_name_plural = _("outages")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "provider"], condition=Q(ended_at__isnull=True), name="clinics_outage_open_once"
            ),
        ]
        indexes = [
            models.Index(fields=["clinic", "-id"], name="clinics_outage_newest"),
            models.Index(fields=["ended_at"], condition=Q(ended_at__isnull=False), name="clinics_outage_ended"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.pk}"
