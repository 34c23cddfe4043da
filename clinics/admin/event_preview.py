"""What would an appointment's event look like with these settings? For the settings page, as they are typed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinics import event_texts
from clinics.models import CalendarReminders, Clinic, Offering, Professional, check_event_text

# Nobody's name: a preview shows no patient.
PATIENT = "Maria Souza Lima"
# More is not saved, so it is not shown.
LONGEST = event_texts.LONGEST_DESCRIPTION
TEXTS = ("calendar_title", "calendar_description")
TYPED = ("name", "address", *TEXTS, "calendar_detail", "calendar_reminders", "calendar_reminder_minutes")
TICKED = ("calendar_tentative", "calendar_invites")


@dataclass(frozen=True)
class Preview:
    """The event as Google would show it."""

    title: str
    description: str
    place: str
    reminders: str
    is_tentative: bool
    invites: bool
    errors: Sequence[str]


def typed(clinic: Clinic, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The settings as they stand in the form; what the form does not have is as it is."""
    values: dict[str, Any] = {name: str(fields.get(name, getattr(clinic, name)))[:LONGEST] for name in TYPED}
    return values | {name: fields.get(name) in ("on", "true") for name in TICKED}


def saved(clinic: Clinic) -> dict[str, Any]:
    """The settings as they are."""
    values = {name: getattr(clinic, name) for name in (*TYPED, *TICKED)}
    return values | {"calendar_reminder_minutes": ", ".join(map(str, clinic.calendar_reminder_minutes))}


def preview(clinic: Clinic, values: Mapping[str, Any]) -> Preview:
    """With the clinic's own first professional and service."""
    words = _words(clinic, values)
    errors = [error for name in TEXTS for error in _errors(values[name])]
    return Preview(
        title=event_texts.title(values["calendar_title"], words),
        description=event_texts.description(values["calendar_description"], words),
        place=values["address"].strip(),
        reminders=_reminders(values),
        is_tentative=values["calendar_tentative"],
        invites=values["calendar_invites"],
        errors=errors,
    )


def show(clinic: Clinic, values: Mapping[str, Any]) -> SafeString:
    """As HTML."""
    return render_to_string("portal/event_preview.html", {"preview": preview(clinic, values)})


def fields_explained() -> list[tuple[str, str]]:
    """Each placeholder with what it becomes."""
    words = {
        event_texts.PATIENT: _("the patient, as far as you show the name"),
        event_texts.PROFESSIONAL: _("the professional"),
        event_texts.OFFERING: _("the service"),
        event_texts.CLINIC: _("the clinic"),
        event_texts.STATUS: _("booked, confirmed …"),
        event_texts.LINK: _("the appointment in the portal"),
    }
    return [(event_texts.written(name), words[name]) for name in event_texts.NAMES]


def _words(clinic: Clinic, values: Mapping[str, Any]) -> event_texts.Words:
    person = Professional.objects.for_clinic(clinic).filter(is_active=True).first()
    offering = Offering.objects.for_clinic(clinic).filter(is_active=True).first()
    return event_texts.Words(
        patient=PATIENT,
        professional=person.name if person else _("Professional"),
        offering=offering.name if offering else _("Service"),
        clinic=values["name"],
        status="booked",
        link="https://…",
        detail=values["calendar_detail"],
    )


def _errors(text: str) -> list[str]:
    try:
        check_event_text(text)
    except ValidationError as error:
        return list(error.messages)
    return []


def _reminders(values: Mapping[str, Any]) -> str:
    if values["calendar_reminders"] == CalendarReminders.CALENDAR:
        return _("Reminders as the calendar is set")
    if values["calendar_reminders"] == CalendarReminders.NONE:
        return _("No reminders")
    numbers = [part.strip() for part in values["calendar_reminder_minutes"].split(",") if part.strip().isdecimal()]
    return ", ".join(_before(int(number)) for number in numbers[:5]) or _("No reminders")


def _before(minutes: int) -> str:
    for size, one in ((1440, "day"), (60, "hour")):
        if minutes and minutes % size == 0:
            number = minutes // size
            days = ngettext("%(number)s day before", "%(number)s days before", number)
            hours = ngettext("%(number)s hour before", "%(number)s hours before", number)
            return (days if one == "day" else hours) % {"number": number}
    return ngettext("%(number)s minute before", "%(number)s minutes before", minutes) % {"number": minutes}
