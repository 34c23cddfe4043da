"""Who is treated?"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from clinics.models.tenancy import TenantModel, TenantQuerySet


class Patient(TenantModel):
    """A person as one clinic knows them. Clinics never share a patient, even of the same phone."""

    name = models.CharField(_("name"), max_length=120)
    phone = models.CharField(
        _("phone"), max_length=20, blank=True, help_text=_("With area code; empty when WhatsApp shows none.")
    )
    # The same number with and without the ninth digit has one key (atendeai.common.phones.match_key).
    phone_key = models.CharField(max_length=20, blank=True, editable=False)
    notes = models.TextField(_("notes"), blank=True, help_text=_("Only the clinic sees them."))
    created_at = models.DateTimeField(_("since"), auto_now_add=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("patient")
        verbose_name_plural = _("patients")
        ordering = ["name", "id"]
        indexes = [
            models.Index(fields=["clinic", "name", "id"]),
            models.Index(fields=["clinic", "phone_key"], name="clinics_patient_phone_key"),
        ]

    def __str__(self) -> str:
        return self.name
