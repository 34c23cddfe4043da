"""Which approved templates can be sent in this chat, and with what already filled in?"""

from dataclasses import dataclass
from datetime import datetime

from clinics.models import UPCOMING, Appointment
from whatsapp import template_choice
from whatsapp.admin.formatting import as_html
from whatsapp.models import Conversation, Template
from whatsapp.purpose_words import PURPOSES
from whatsapp.starter_templates import STARTERS

SHOWN = 12


@dataclass(frozen=True)
class Pick:
    """A template, its variables with the values that are known, and its words with them."""

    id: int
    name: str
    # What the clinic knows it by: the purpose of the starter set's, else "".
    purpose: str
    values: dict[str, str]
    preview: str
    buttons: tuple[str, ...]


def picks(conversation: Conversation, now: datetime) -> list[Pick]:
    """What fits, with the patient's next appointment filled in."""
    known = _known(conversation, now)
    return [_pick(template, known) for template in template_choice.fitting(conversation)[:SHOWN]]


def find(conversation: Conversation, template_id: str) -> Template | None:
    """The one that was picked, if it fits."""
    fitting = template_choice.fitting(conversation)
    return next((one for one in fitting if str(one.pk) == template_id), None)


def next_appointment(conversation: Conversation, now: datetime) -> Appointment | None:
    """What the template will speak of."""
    patient = conversation.contact.patient
    if patient is None:
        return None
    rows = Appointment.objects.for_clinic(conversation.clinic_id).filter(patient=patient, status__in=UPCOMING)
    rows = rows.filter(starts_at__gt=now).select_related("clinic", "patient", "offering", "professional")
    return rows.order_by("starts_at").first()


def variables_of(template: Template) -> tuple[str, ...]:
    """What has to be filled in."""
    return template_choice.shape_of(template).all_variables


def _known(conversation: Conversation, now: datetime) -> dict[str, str]:
    appointment = next_appointment(conversation, now)
    if appointment is not None:
        return template_choice.occasion(appointment).values()
    patient = conversation.contact.patient
    name = (patient.name if patient else conversation.contact.name).split(" ")[0]
    return {"clinica": conversation.clinic.name} | ({"paciente": name} if name else {})


def _pick(template: Template, known: dict[str, str]) -> Pick:
    shape = template_choice.shape_of(template)
    values = {name: known.get(name, "") for name in shape.all_variables}
    filled = {name: value for name, value in values.items() if value}
    buttons = tuple(button.text for button in shape.buttons)
    starter = next((one.purpose for one in STARTERS if one.name == template.name), None)
    purpose = str(PURPOSES[starter]) if starter else ""
    return Pick(template.pk, template.name, purpose, values, as_html(template_choice.words(shape, filled)), buttons)
