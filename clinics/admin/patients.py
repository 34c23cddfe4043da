"""Who is treated here, and when do they come?"""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from atendeai.common import phones
from clinics import merging, rights
from clinics.admin import patient_joining
from clinics.admin.base import ClinicAdmin
from clinics.admin.booking_forms import e164_or_error
from clinics.admin.display import display
from clinics.admin.panels import about_patient
from clinics.admin.scoping import ClinicForm
from clinics.models import Appointment, Clinic, Patient
from clinics.signals import appearance_changed

MOST_APPOINTMENTS = 30


class PatientForm(ClinicForm):
    """Phones are typed as people write them and kept as +digits with their key."""

    class Meta:
        model = Patient
        fields = ("name", "phone", "email", "notes")

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
    fields = ["name", "phone", "email", "notes"]
    change_form_outer_after_template = "portal/patient_appointments.html"

    def get_urls(self) -> list[Any]:
        """And the pages of joining two records."""
        site = self.admin_site
        return [
            path("<int:pk>/merge/", site.admin_view(self.merge), name="clinics_patient_merge"),
            path("<int:pk>/unmerge/", site.admin_view(require_POST(self.unmerge)), name="clinics_patient_unmerge"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Patient]:
        """Without the records that were joined into another one."""
        return super().get_queryset(request).filter(merged_into__isnull=True)

    def merge(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Join with another record."""
        return patient_joining.show(self, request, self._clinic(request), pk)

    def unmerge(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Two records again."""
        return patient_joining.undo(request, self._clinic(request), pk)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """A new name or e-mail is shown in the events of coming appointments, too."""
        super().save_model(request, obj, form, change)
        if change and {"name", "email"} & set(form.changed_data):
            appearance_changed.send(sender=Patient, clinic=obj.clinic, patient=obj)

    def _clinic(self, request: HttpRequest) -> Clinic:
        clinic = rights.find_clinic(request)
        if clinic is None or "change" not in self.allowed(request):
            raise PermissionDenied
        return clinic

    def _joined_into(self, request: HttpRequest, object_id: str) -> Patient | None:
        clinic = rights.find_clinic(request)
        if clinic is None or not (object_id.isdecimal() and len(object_id) < 19):
            return None
        found = Patient.objects.for_clinic(clinic).filter(pk=object_id, merged_into__isnull=False).first()
        return merging.standing(found) if found else None

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """With appointments and what other apps know; an old link to a joined record leads to the one that stays."""
        if (standing := self._joined_into(request, object_id)) is not None:
            return redirect("admin:clinics_patient_change", standing.pk)
        patient = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if patient is not None:
            context["joined"] = patient_joining.past(patient)
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
