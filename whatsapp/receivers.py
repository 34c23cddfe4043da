"""What must a patient be told when the clinic changes an appointment? Queues the notice; never sends.

Nothing when the change came from the chat: there the assistant's own reply is the confirmation, and two would cost
twice. One notice per appointment, kind and revision: the database sees to it.
"""

from datetime import datetime
from typing import Any

from clinics import signals
from clinics.models import Appointment, Clinic, Patient, Source
from whatsapp import appointment_notices, cloud_api, template_choice
from whatsapp.message_templates import NOTICES
from whatsapp.models import Contact

CONTACTS = "whatsapp.contact"


def connect() -> None:
    """Called once, when the app is ready."""
    signals.appointment_booked.connect(_on_booked, dispatch_uid="whatsapp-booked")
    signals.appointment_rescheduled.connect(_on_rescheduled, dispatch_uid="whatsapp-rescheduled")
    signals.appointment_cancelled.connect(_on_cancelled, dispatch_uid="whatsapp-cancelled")
    signals.patient_merged.connect(_on_patient_merged, dispatch_uid="whatsapp-patient-merged")
    signals.patient_unmerged.connect(_on_patient_unmerged, dispatch_uid="whatsapp-patient-unmerged")


def _on_booked(appointment: Appointment, source: str, now: datetime, **_: Any) -> None:
    _notify("booked", appointment, source, now)


def _on_rescheduled(appointment: Appointment, source: str, now: datetime, **_: Any) -> None:
    _notify("rescheduled", appointment, source, now)


def _on_cancelled(appointment: Appointment, source: str, now: datetime, **_: Any) -> None:
    _notify("cancelled", appointment, source, now)


def _on_patient_merged(clinic: Clinic, survivor: Patient, loser: Patient, **_: Any) -> dict[str, list[int]]:
    """Who writes as the losing record writes as the one that stays."""
    rows = Contact.objects.for_clinic(clinic).filter(patient=loser)
    ids = sorted(rows.values_list("pk", flat=True))
    rows.update(patient=survivor)
    return {CONTACTS: ids}


def _on_patient_unmerged(
    clinic: Clinic, survivor: Patient, loser: Patient, moved: dict[str, list[int]], **_: Any
) -> dict[str, list[int]]:
    """Those who have not been given to somebody else since write as before."""
    rows = Contact.objects.for_clinic(clinic).filter(pk__in=moved.get(CONTACTS, []), patient=survivor)
    ids = sorted(rows.values_list("pk", flat=True))
    rows.update(patient=loser)
    return {CONTACTS: ids}


def _notify(notice: str, appointment: Appointment, source: str, now: datetime) -> None:
    if source == Source.CHAT or appointment.starts_at < now:
        return
    text = NOTICES[notice](template_choice.occasion(appointment))
    appointment_notices.tell(appointment=appointment, notice=notice, free=cloud_api.Text(text), now=now)
