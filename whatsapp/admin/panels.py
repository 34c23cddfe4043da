"""Beside an appointment or a patient: the way to their chat."""

# ruff: noqa: ARG001 (the signatures are Django's and Unfold's)

from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from clinics.admin import Panel, appointment_panels, patient_panels
from clinics.models import Appointment, Patient
from whatsapp.admin.inbox import phone_of, username_of
from whatsapp.models import Conversation


def patient_panel(request: HttpRequest, patient: Patient) -> Panel | None:
    """The latest conversation, if they ever wrote: one query."""
    rows = Conversation.objects.for_clinic(patient.clinic_id).filter(contact__patient=patient, merged_into__isnull=True)
    latest = rows.select_related("contact").order_by("-last_message_at").first()
    if latest is None:
        return None
    link = reverse("admin:whatsapp_conversation_change", args=[latest.pk])
    return Panel("WhatsApp", _last(latest), "info", link, str(_("Open the conversation")))


def _last(chat: Conversation) -> str:
    where = phone_of(chat) or username_of(chat)
    if chat.last_message_at is None:
        return where
    when = date_format(localtime(chat.last_message_at), "d/m/Y H:i")
    return f"{where} · " * bool(where) + str(_("last message %(when)s") % {"when": when})


def appointment_panel(request: HttpRequest, appointment: Appointment) -> Panel | None:
    """The patient's."""
    return patient_panel(request, appointment.patient)


appointment_panels.append(appointment_panel)
patient_panels.append(patient_panel)
