"""Is a message that waited in the queue still right when its turn comes?

The window may have closed meanwhile, the template been paused, the appointment moved. What Meta would refuse is refused
here, before the call: refusals count against the number. A notice about an appointment takes the approved template for
its purpose instead, if there is one.
"""

import json
from datetime import datetime, timedelta

from atendeai.common.errors import Rejected
from clinics.models import UPCOMING, Appointment
from whatsapp import cloud_api, template_choice, window
from whatsapp.models import Message, Reminder, ReminderKind
from whatsapp.starter_templates import BY_NOTICE

UNTRUE = "no_longer_true"
OVER = "appointment_over"
# Nobody wants yesterday's answer: what could not be sent for this long is given up, and shown.
WANTED_FOR = timedelta(hours=24)
# Refusals that only the time brings: what was tried until then is given up.
BY_TIME = frozenset({cloud_api.OUTSIDE_WINDOW, OVER})


def is_too_late(message: Message, *, now: datetime) -> bool:
    """Whether it has been wanted for too long to be sent. A reminder is wanted until its appointment: see `look`."""
    return message.notice not in ReminderKind.values and now - message.wanted_since > WANTED_FOR


def look(message: Message, *, now: datetime) -> Rejected | None:
    """Why it must not go out, or None. May give the message (row and object) the template that fits now.

    Needs `conversation.number` and `conversation.contact`.
    """
    if message.notice in ReminderKind.values and (code := _untruth(message, now)):
        return _rejected(code, "the appointment is not at that time any more")
    content = cloud_api.from_json(json.loads(message.content))
    conversation = message.conversation
    if isinstance(content, cloud_api.Template):
        code = template_choice.refusal(conversation, content)
        return _rejected(code, "this template cannot be sent now") if code else None
    if window.is_open(conversation, now=now) or go_as_template(message):
        return None
    return _rejected(cloud_api.OUTSIDE_WINDOW, "the 24-hour window closed while the message waited")


def _rejected(code: str, detail: str) -> Rejected:
    return Rejected("whatsapp", "messages", code=code, detail=detail)


def _first_of(message: Message) -> int:
    """The row that has the appointment: what is sent once more has none of its own."""
    return message.resend_of_id or message.pk


def _appointment(message: Message) -> Appointment | None:
    rows = Appointment.objects.for_clinic(message.clinic_id).filter(messages=_first_of(message))
    return rows.select_related("clinic", "patient", "offering", "professional").first()


def _untruth(message: Message, now: datetime) -> str:
    """Why a reminder does not tell the truth any more; "" while it does."""
    appointment = _appointment(message)
    if appointment is None or appointment.status not in UPCOMING:
        return UNTRUE
    reminder = Reminder.objects.for_clinic(message.clinic_id).filter(message=_first_of(message)).first()
    if reminder is not None and reminder.starts_at != appointment.starts_at:
        return UNTRUE
    return OVER if appointment.starts_at <= now else ""


def become_template(message: Message) -> bool:
    """Gives the message (object only) the approved template that says the same of its appointment, if there is one."""
    purpose = BY_NOTICE.get(message.notice)
    if purpose is None or message.type == "template":
        return False
    appointment = _appointment(message)
    template = template_choice.find_for(purpose, message.conversation.number) if appointment else None
    if template is None or appointment is None:
        return False
    filled = template_choice.about(template, appointment)
    message.content, message.body = json.dumps(cloud_api.to_json(filled.content)), filled.words
    message.type = filled.content.kind
    return True


def go_as_template(message: Message) -> bool:
    """The same, and writes it to the row."""
    if not become_template(message):
        return False
    message.save(update_fields=["content", "body", "type"])
    return True
