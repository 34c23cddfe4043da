"""Who is treated here, and when do they come?"""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from atendeai.common import phones
from clinics.admin.base import ClinicAdmin
from clinics.admin.booking_forms import e164_or_error
from clinics.admin.display import display
from clinics.admin.panels import about_patient
from clinics.admin.scoping import ClinicForm
from clinics.models import Appointment, Patient

MOST_APPOINTMENTS = 30


class PatientForm(ClinicForm):
    """Phones are typed as people write them and kept as +digits with their key."""

    class Meta:
        model = Patient
        fields = ("name", "phone", "notes")

    def clean_phone(self) -> str:
        """As +digits."""
        return e164_or_error(self.cleaned_data["phone"])

    def save(self, commit: bool = True) -> Any:
        """The key changes with the phone."""
        phone = self.instance.phone
        self.instance.phone_key = phones.match_key(phones.digits(phone)) if phone else ""
        return super().save(commit)


@admin.register(Patient)
class PatientAdmin(ClinicAdmin):
    """The list, and one patient with their appointments."""

    form = PatientForm
    owner_may = receptionist_may = frozenset({"view", "add", "change"})
    list_display = ["name", "phone_shown", "since"]
    search_fields = ["name", "phone", "phone_key"]
    search_help_text = _("Name or phone")
    fields = ["name", "phone", "notes"]
    change_form_outer_after_template = "portal/patient_appointments.html"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """With appointments and what other apps know."""
        patient = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if patient is not None:
            rows = Appointment.objects.for_clinic(patient.clinic_id).filter(patient=patient)
            context["appointments"] = rows.select_related("offering", "professional")[:MOST_APPOINTMENTS]
            context["panels"] = about_patient(request, patient)
        answer: HttpResponse = super().change_view(request, object_id, form_url, context)
        return answer

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The phone as people read it."""
        form = super().get_form(request, obj, change=change, **kwargs)
        field: forms.Field | None = form.base_fields.get("phone")
        if field is not None:
            field.max_length = 30  # type: ignore[attr-defined]
            field.widget.attrs |= {"maxlength": "30", "inputmode": "tel", "placeholder": "(11) 98765-4321"}
        return form

    @display(description=_("phone"))
    def phone_shown(self, patient: Patient) -> str:
        """Grouped."""
        return phones.display(phones.digits(patient.phone)) or "—"

    @display(description=_("since"), ordering="created_at")
    def since(self, patient: Patient) -> str:
        """The day of the first contact."""
        return date_format(localtime(patient.created_at), "d/m/Y")
