"""Two records of one patient: joined on the patient's page, and taken apart again."""

from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from atendeai.common import clock, phones
from clinics import duplicates, merging
from clinics.admin.auditing import user_of
from clinics.admin.joining import WHY, Card, Desk, Past, join, number_in, tell_refused, tell_undone
from clinics.admin.panels import about_patient
from clinics.merging import CannotUndo
from clinics.models import Appointment, Clinic, Patient, PatientMerge

MOST_PAST = 5
APPOINTMENTS_SHOWN = 3


class PatientDesk(Desk):
    """Patients of one clinic, as the joining page needs them."""

    title = _("Join with another record")
    address = "admin:clinics_patient_change"

    def rows(self) -> Any:
        """Standing."""
        return Patient.objects.for_clinic(self.clinic).standing()

    def card(self, row: Patient) -> Card:
        """Phone, first day, notes, the latest appointments, and what the channels know."""
        lines: list[tuple[Any, str]] = [
            (_("phone"), phones.display(phones.digits(row.phone)) or "—"),
            (_("since"), _day(row.created_at)),
            *((panel.title, panel.text) for panel in about_patient(self.request, row) if panel.text),
            (_("notes"), row.notes[:200]),
            *((_("appointment"), words) for words in self._appointments(row)),
        ]
        return Card(row.pk, row.name, [(label, value) for label, value in lines if value])

    def _appointments(self, row: Patient) -> list[str]:
        rows = Appointment.objects.for_clinic(self.clinic).filter(patient=row).select_related("offering")
        return [
            f"{date_format(localtime(one.starts_at), 'd/m/Y H:i')} · {one.offering.name} · {one.get_status_display()}"
            for one in rows.order_by("-starts_at")[:APPOINTMENTS_SHOWN]
        ]

    def suggestions(self, row: Patient) -> list[Card]:
        """By number and name."""
        return [_short(likely.patient, likely.why) for likely in duplicates.of(row)]

    def search(self, row: Patient, term: str) -> list[Card]:
        """Name or phone contains it."""
        which, digits = Q(plain__contains=merging.plain(term)), phones.digits(term)
        if len(digits) >= 4:
            which |= Q(phone_key__contains=digits)
        return [
            _short(one)
            for one in self.rows().annotate(plain=duplicates.Plain("name")).filter(which).exclude(pk=row.pk)[:10]
        ]

    def merge(self, kept: Patient, lost: Patient) -> None:
        """By the person at the screen."""
        merging.merge(clinic=self.clinic, survivor=kept, loser=lost, by=user_of(self.request), now=clock.now())


def _short(patient: Patient, why: str = "") -> Card:
    return Card(patient.pk, patient.name, [(_("phone"), phones.display(phones.digits(patient.phone)) or "—")], WHY[why])


def _day(moment: Any) -> str:
    return date_format(localtime(moment), "d/m/Y")


def past(patient: Patient) -> list[Past]:
    """What was joined into this record, newest first."""
    rows = PatientMerge.objects.for_clinic(patient.clinic_id).filter(survivor=patient)
    now = clock.now()
    return [
        Past(row.pk, row.loser.name, row.at, str(row.by) if row.by else "WhatsApp", merging.may_undo(row, now=now))
        for row in rows.filter(undone_at__isnull=True).select_related("loser", "by", "clinic")[:MOST_PAST]
    ]


def show(page: Any, request: HttpRequest, clinic: Clinic, pk: int) -> HttpResponse:
    """«Juntar com outro cadastro»."""
    return join(page, request, PatientDesk(request, clinic), get_object_or_404(_standing(clinic), pk=pk))


def undo(request: HttpRequest, clinic: Clinic, pk: int) -> HttpResponse:
    """«Desfazer»."""
    patient = get_object_or_404(Patient.objects.for_clinic(clinic), pk=pk)
    rows = PatientMerge.objects.for_clinic(clinic).filter(survivor=patient)
    merge = get_object_or_404(rows, pk=number_in(request.POST.get("merge", "")))
    try:
        undone = merging.undo(clinic=clinic, merge=merge, by=user_of(request), now=clock.now())
    except CannotUndo as refusal:
        tell_refused(request, refusal)
    else:
        tell_undone(request, undone)
    return redirect("admin:clinics_patient_change", pk)


def _standing(clinic: Clinic) -> Any:
    return Patient.objects.for_clinic(clinic).standing()
