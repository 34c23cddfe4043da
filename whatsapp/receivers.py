"""What must a patient be told when the clinic changes an appointment? Queues the notice; never sends.

Nothing when the change came from the chat: there the assistant's own reply is the confirmation, and two would cost
twice. One notice per appointment, kind and revision: the database sees to it.
"""

from datetime import datetime
from typing import Any

from clinics import signals
from clinics.models import Appointment, Clinic, Patient, Source
from whatsapp import cloud_api, outbox, window
from whatsapp.message_templates import NOTICES, Occasion
from whatsapp.models import Author, Contact, Conversation, Message, MessageState

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
    conversation = _find_conversation(appointment)
    if conversation is None:
        return
    text = NOTICES[notice](_occasion(appointment))
    message = outbox.queue(
        conversation=conversation,
        content=cloud_api.Text(text),
        body=text,
        author=Author.SYSTEM,
        now=now,
        appointment=appointment,
        notice=notice,
    )
    if not window.is_open(conversation, now=now):
        # Meta would refuse it (131047) and count it against the number; it is shown as not delivered instead.
        Message.objects.filter(pk=message.pk).update(
            state=MessageState.FAILED,
            error_code=cloud_api.OUTSIDE_WINDOW,
            error_detail="outside the 24-hour window",
        )


def _find_conversation(appointment: Appointment) -> Conversation | None:
    rows = Conversation.objects.for_clinic(appointment.clinic_id).filter(contact__patient=appointment.patient_id)
    rows = rows.filter(merged_into__isnull=True)
    return rows.order_by("-last_inbound_at").first()


def _occasion(appointment: Appointment) -> Occasion:
    return Occasion(
        clinic_name=appointment.clinic.name,
        patient_name=appointment.patient.name,
        offering_name=appointment.offering.name,
        professional_name=appointment.professional.name,
        starts_at=appointment.starts_at,
        zone=appointment.clinic.zone,
    )
