"""What do other apps show beside an appointment, a patient, the settings? They register; nothing here knows them."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest

from clinics.models import Appointment, Clinic, Patient


@dataclass(frozen=True)
class Panel:
    """A small box: a title, a line, how it feels (`success`, `warning`, `danger`, `info`) and perhaps a link."""

    title: str
    text: str
    tone: str = "info"
    link: str = ""
    link_text: str = ""


AppointmentPanel = Callable[[HttpRequest, Appointment], Panel | None]
PatientPanel = Callable[[HttpRequest, Patient], Panel | None]
ClinicPanel = Callable[[Clinic], Panel | None]
appointment_panels: list[AppointmentPanel] = []
patient_panels: list[PatientPanel] = []
clinic_panels: list[ClinicPanel] = []


def about_appointment(request: HttpRequest, appointment: Appointment) -> list[Panel]:
    """The boxes beside this appointment."""
    return [panel for make in appointment_panels if (panel := make(request, appointment))]


def about_patient(request: HttpRequest, patient: Patient) -> list[Panel]:
    """The boxes beside this patient."""
    return [panel for make in patient_panels if (panel := make(request, patient))]


def about_clinic(clinic: Clinic) -> list[Panel]:
    """The boxes beside what calendar events show."""
    return [panel for make in clinic_panels if (panel := make(clinic))]
