"""Who is treated?"""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinics.models.tenancy import TenantModel, TenantQuerySet
from clinics.models.user import User


class PatientQuerySet(TenantQuerySet["Patient"]):
    """Patients; one who was merged into another has a row, but counts no more."""

    def standing(self) -> Self:
        """Without the records that were merged into another one."""
        return self.filter(merged_into__isnull=True)


class Patient(TenantModel):
    """A person as one clinic knows them. Clinics never share a patient, even of the same phone."""

    name = models.CharField(_("name"), max_length=120)
    phone = models.CharField(
        _("phone"), max_length=20, blank=True, help_text=_("With area code; empty when WhatsApp shows none.")
    )
    # The same number with and without the ninth digit has one key (atendeai.common.phones.match_key).
    phone_key = models.CharField(max_length=20, blank=True, editable=False)
    email = models.EmailField(
        _("e-mail"),
        blank=True,
        default="",
        db_default="",
        help_text=_("Used only if the clinic lets Google invite patients."),
    )
    notes = models.TextField(_("notes"), blank=True, help_text=_("Only the clinic sees them."))
    created_at = models.DateTimeField(_("since"), auto_now_add=True)
    # One person with two records: the other one counts.
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, editable=False, related_name="merged", db_index=False
    )

    objects = PatientQuerySet.as_manager()

    class Meta:
        verbose_name = _("patient")
        verbose_name_plural = _("patients")
        ordering = ["name", "id"]
        indexes = [
            models.Index(fields=["clinic", "name", "id"]),
            models.Index(fields=["clinic", "phone_key"], name="clinics_patient_phone_key"),
            models.Index(fields=["merged_into"], condition=Q(merged_into__isnull=False), name="clinics_patient_merged"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=models.F("id")),
                name="clinics_patient_merged_into_another",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PatientMerge(TenantModel):
    """Two patients made one: which rows moved, so that they can be put back."""

    survivor = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+", db_index=False)
    loser = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+", db_index=False)
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    at = models.DateTimeField(_("at"))
    # {"clinics.appointment": [ids], …}: other apps add what they move.
    moved = models.JSONField(default=dict, editable=False)
    # What the survivor took over because it had none itself; and whether the notes were put below its own.
    taken = models.JSONField(default=list, editable=False)
    undone_at = models.DateTimeField(_("undone at"), null=True, editable=False)
    undone_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("merge of patients")
        verbose_name_plural = _("merges of patients")
        ordering = ["-id"]
        indexes = [models.Index(fields=["survivor", "-id"])]
        constraints = [
            models.UniqueConstraint(
                fields=["loser"], condition=Q(undone_at__isnull=True), name="clinics_patientmerge_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"
