"""How is a patient told about an appointment? Freely inside the 24-hour window, by the approved template outside it.

Without an approved template the notice is shown as not sent, and the clinic is told, once for all that lack one.
Exactly one notice for each appointment, notice and revision: the database sees to it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F

from atendeai.common import phones
from clinics import alerts
from clinics.models import Alert, Appointment, Clinic
from whatsapp import cloud_api, contacts, outbox, template_choice, window
from whatsapp import conversation as engine
from whatsapp.models import Author, Conversation, Message, MessageState, Number, ReminderKind, Urgency
from whatsapp.payloads import Identity
from whatsapp.starter_templates import BY_NOTICE, Purpose

MISSING = "template_missing"
REMINDER_BUTTONS = (
    (engine.Purpose.CONFIRM, "Confirmar"),
    (engine.Purpose.RESCHEDULE, "Remarcar"),
    (engine.Purpose.CANCEL, "Cancelar"),
)


@dataclass(frozen=True)
class Unsent:
    """Why nothing could be queued: `no_contact` or `no_template`."""

    reason: str


def tell(
    *,
    appointment: Appointment,
    notice: str,
    free: cloud_api.OutboundContent,
    now: datetime,
    urgency: Urgency = Urgency.NOTICE,
    is_shown_unsent: bool = True,
) -> Message | Unsent:
    """Queues the notice. `free`: what is said inside the window. `is_shown_unsent`: a notice that cannot go out stands
    in the chat as not delivered."""
    conversation = find_conversation(appointment)
    if conversation is not None and window.is_open(conversation, now=now):
        return _queue(conversation, free, free.words(), appointment, notice, now, urgency)
    number = conversation.number if conversation is not None else _number_for(appointment)
    if number is None:
        return Unsent("no_contact")
    template = template_choice.find_for(BY_NOTICE[notice], number)
    if template is None:
        note_missing(clinic=appointment.clinic, purpose=BY_NOTICE[notice], now=now)
        if conversation is not None and is_shown_unsent:
            return _show_unsent(conversation, free, appointment, notice, now, urgency)
        return Unsent("no_template")
    settle_missing(clinic=appointment.clinic, now=now)
    filled = template_choice.about(template, appointment)
    there = conversation or _new_conversation(appointment, number, now)
    return _queue(there, filled.content, filled.words, appointment, notice, now, urgency)


@transaction.atomic
def note_missing(*, clinic: Clinic, purpose: Purpose, now: datetime) -> None:
    """Tells the clinic that there is no template for this purpose, beside those that it was told of before."""
    if not alerts.raise_alert(clinic=clinic, kind=MISSING, now=now, detail=purpose):
        alerts.change_detail(clinic=clinic, kind=MISSING, change=lambda told: _list({*lacking(told), purpose}))


@transaction.atomic
def settle_missing(*, clinic: Clinic, now: datetime) -> None:
    """Takes back that there is no template, for each purpose that has one by now."""
    if not Alert.objects.for_clinic(clinic).filter(kind=MISSING, cleared_at__isnull=True).exists():
        return
    by_account = Number.objects.for_clinic(clinic).filter(is_active=True).order_by("account_id", "pk")
    numbers = list(by_account.distinct("account_id"))

    def remaining(told: str) -> str:
        return _list({one for one in lacking(told) if not any(template_choice.find_for(one, of) for of in numbers)})

    if alerts.change_detail(clinic=clinic, kind=MISSING, change=remaining) == "":
        alerts.clear_alert(clinic=clinic, kind=MISSING, now=now)


def lacking(detail: str) -> list[Purpose]:
    """The purposes that the alert names, in their usual order."""
    return [purpose for purpose in Purpose if purpose in detail.split()]


def _list(purposes: Collection[Purpose]) -> str:
    return " ".join(purpose for purpose in Purpose if purpose in purposes)


def find_conversation(appointment: Appointment) -> Conversation | None:
    """Where the patient last wrote, else any chat with them."""
    rows = Conversation.objects.for_clinic(appointment.clinic_id).filter(
        contact__patient=appointment.patient_id, number__is_active=True, merged_into__isnull=True
    )
    rows = rows.select_related("number", "contact")
    return rows.order_by(F("last_inbound_at").desc(nulls_last=True), "pk").first()


def _number_for(appointment: Appointment) -> Number | None:
    """The number to write from first, to a patient who never wrote; None when the patient has no phone."""
    if not appointment.patient.phone:
        return None
    return Number.objects.for_clinic(appointment.clinic_id).filter(is_active=True).order_by("pk").first()


def _new_conversation(appointment: Appointment, number: Number, now: datetime) -> Conversation:
    wa_id = phones.digits(appointment.patient.phone)
    contact = contacts.resolve(number, Identity(wa_id=wa_id), at=now, now=now)
    conversation, _ = Conversation.objects.get_or_create(
        number=number, contact=contact, defaults={"clinic_id": number.clinic_id}
    )
    return conversation


def _queue(
    conversation: Conversation,
    content: cloud_api.OutboundContent,
    words: str,
    appointment: Appointment,
    notice: str,
    now: datetime,
    urgency: Urgency,
) -> Message:
    message = outbox.queue(
        conversation=conversation,
        content=content,
        body=words,
        author=Author.SYSTEM,
        now=now,
        appointment=appointment,
        notice=notice,
        urgency=urgency,
    )
    _set_question(message, appointment)
    return message


def _set_question(message: Message, appointment: Appointment) -> None:
    """A short answer ("sim") is from now on one to this notice. The chat's row is ours since the message was queued."""
    chats = Conversation.objects.for_clinic(message.clinic_id).filter(pk=message.conversation_id)
    state = engine.State.from_json(chats.values_list("state", flat=True).get())
    if message.notice in ReminderKind:
        state = engine.after_reminder(state, appointment.pk, reminder_options(appointment))
    else:
        state = engine.after_notice(state)
    chats.update(state=state.to_json())


def reminder_options(appointment: Appointment) -> tuple[tuple[str, str], ...]:
    """What a reminder's buttons stand for, and their words."""
    return tuple(
        (engine.about(purpose, appointment.pk, appointment.starts_at), title) for purpose, title in REMINDER_BUTTONS
    )


def _show_unsent(
    conversation: Conversation,
    content: cloud_api.OutboundContent,
    appointment: Appointment,
    notice: str,
    now: datetime,
    urgency: Urgency,
) -> Message:
    message = _queue(conversation, content, content.words(), appointment, notice, now, urgency)
    message.state, message.error_code = MessageState.FAILED, cloud_api.OUTSIDE_WINDOW
    message.error_detail = "outside the 24-hour window, and no approved template for it"
    message.save(update_fields=["state", "error_code", "error_detail"])
    return message
