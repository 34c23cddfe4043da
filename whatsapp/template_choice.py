"""Which approved template fits: for a purpose, or for a conversation in which free text is not taken any more?

A template serves a purpose when Meta has approved it as utility and every variable in it fills itself. Without the
clinic's own choice the starter set's name decides.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import QuerySet

from clinics.models import Appointment
from whatsapp import cloud_api, preferences
from whatsapp import conversation as engine
from whatsapp.cloud_api.template_drafts import MARKETING, QUICK_REPLY
from whatsapp.cloud_api.template_shapes import Shape, filled, read_shape
from whatsapp.message_templates import Occasion
from whatsapp.models import Conversation, Number, Template, TemplateChoice
from whatsapp.starter_templates import BY_PURPOSE, EXAMPLES, LANGUAGE, Purpose

APPROVED = "APPROVED"
# What Meta would answer to a template that is …; anything else: there is none in that language.
REFUSALS = {"PAUSED": "132015", "DISABLED": "132016"}
NOT_THERE = "132001"
SHOWN = 50
LONGEST_VALUE = 300
# What a button of a template about an appointment leads to, by its words.
_PRESSES = (
    ("confirm", engine.Purpose.CONFIRM),
    ("remarc", engine.Purpose.RESCHEDULE),
    ("mudar", engine.Purpose.RESCHEDULE),
    ("cancel", engine.Purpose.CANCEL),
)


@dataclass(frozen=True)
class Filled:
    """A template ready to be sent, and its words as the patient will read them."""

    content: cloud_api.Template
    words: str


def shape_of(template: Template) -> Shape:
    """Its parts."""
    return read_shape(json.loads(template.components))


def name_for(clinic_id: int, purpose: Purpose) -> tuple[str, str]:
    """Name and language of what the clinic uses for it; ("", …) for nothing."""
    choice = TemplateChoice.objects.for_clinic(clinic_id).filter(purpose=purpose).first()
    return (choice.name, choice.language) if choice else (BY_PURPOSE[purpose].name, LANGUAGE)


def find_for(purpose: Purpose, number: Number) -> Template | None:
    """The template that can be sent for it now; None when there is none."""
    name, language = name_for(number.clinic_id, purpose)
    found = _of_account(number).filter(name=name, language=language, status=APPROVED).first() if name else None
    return found if found is not None and serves(found) else None


def serves(template: Template) -> bool:
    """Whether it may stand for a purpose: utility, and every variable fills itself."""
    shape = shape_of(template)
    is_self_filling = not shape.all_variables or (template.is_named and set(shape.all_variables) <= set(EXAMPLES))
    return template.category != MARKETING and shape.is_plain and is_self_filling


def fitting(conversation: Conversation) -> list[Template]:
    """Approved templates that staff or a program can send here with texts alone, at most SHOWN."""
    rows = _of_account(conversation.number).filter(status=APPROVED)
    if not preferences.may_market(conversation.contact):
        rows = rows.exclude(category=MARKETING)
    return [one for one in rows.order_by("name", "language")[:SHOWN] if shape_of(one).is_plain]


def refusal(conversation: Conversation, content: cloud_api.Template) -> str:
    """The code with which Meta would refuse it by what we know; "" when nothing speaks against it."""
    found = _of_account(conversation.number).filter(name=content.name, language=content.language).first()
    if found is None:
        return ""
    if found.status != APPROVED:
        return REFUSALS.get(found.status, NOT_THERE)
    return "131050" if found.category == MARKETING and not preferences.may_market(conversation.contact) else ""


def fill(template: Template, values: Mapping[str, str], payloads: Mapping[int, str] | None = None) -> Filled:
    """With these values; `payloads`: what comes back when the quick reply at that place is pressed.

    Raises ContentError for a value that is missing or does not fit.
    """
    shape = shape_of(template)
    known = {name: _one_line(values.get(name, "")) for name in shape.all_variables}
    header = [_value(template, name, known[name]) for name in shape.header_variables]
    content = cloud_api.Template(
        name=template.name,
        language=template.language,
        parameters=tuple(_value(template, name, known[name]) for name in shape.body_variables),
        header=header[0] if header else "",
        buttons=tuple(cloud_api.QuickReply(index, payload) for index, payload in sorted((payloads or {}).items())),
    )
    return Filled(content, words(shape, known))


def told(conversation: Conversation, content: cloud_api.Template) -> str | None:
    """What the patient will read, if we know the template."""
    found = _of_account(conversation.number).filter(name=content.name, language=content.language).first()
    if found is None:
        return None
    shape = shape_of(found)
    given = [*([content.header] if isinstance(content.header, str | cloud_api.Named) else []), *content.parameters]
    places = [*shape.header_variables[: len(given) - len(content.parameters)], *shape.body_variables]
    values = {
        one.name if isinstance(one, cloud_api.Named) else place: one.text if isinstance(one, cloud_api.Named) else one
        for place, one in zip(places, [one for one in given if one], strict=False)
    }
    return words(shape, values)


def payloads_for(template: Template, appointment: Appointment) -> dict[int, str]:
    """What its buttons answer when it speaks of this appointment, by their place."""
    return {
        index: payload
        for index, button in enumerate(shape_of(template).buttons)
        if button.kind == QUICK_REPLY and (payload := _press(button.text, appointment))
    }


def words(shape: Shape, values: Mapping[str, str]) -> str:
    """Header, body and footer as one text."""
    head = f"*{filled(shape.header, values)}*" if shape.header else ""
    return "\n\n".join(part for part in (head, filled(shape.body, values), shape.footer) if part)


def about(template: Template, appointment: Appointment) -> Filled:
    """Filled from an appointment; its buttons confirm, move or cancel that very appointment at that very time."""
    return fill(template, occasion(appointment).values(), payloads_for(template, appointment))


def occasion(appointment: Appointment) -> Occasion:
    """The appointment as notices speak of it."""
    return Occasion(
        clinic_name=appointment.clinic.name,
        patient_name=appointment.patient.name,
        offering_name=appointment.offering.name,
        professional_name=appointment.professional.name,
        starts_at=appointment.starts_at,
        zone=appointment.clinic.zone,
    )


def _press(title: str, appointment: Appointment) -> str:
    purpose = next((purpose for word, purpose in _PRESSES if word in title.lower()), None)
    return engine.about(purpose, appointment.pk, appointment.starts_at) if purpose else ""


def _of_account(number: Number) -> QuerySet[Template]:
    return Template.objects.for_clinic(number.clinic_id).filter(account_id=number.account_id)


def _value(template: Template, name: str, text: str) -> str | cloud_api.Named:
    return cloud_api.Named(name, text) if template.is_named else text


def _one_line(text: str) -> str:
    """Meta takes neither line breaks nor long gaps in a value."""
    return re.sub(r"\s+", " ", text).strip()[:LONGEST_VALUE]
