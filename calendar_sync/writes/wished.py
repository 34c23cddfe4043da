"""What should an appointment's event say now?"""

from django.conf import settings

from calendar_sync import events
from calendar_sync.events import Body
from clinics import event_texts
from clinics.models import Appointment, CalendarReminders, Clinic


def body_of(appointment: Appointment, clinic: Clinic) -> Body:
    """The whole event, as the clinic wants its appointments shown. Reads professional, offering and patient."""
    facts = events.AppointmentFacts(
        clinic_id=clinic.pk,
        appointment_id=appointment.pk,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        zone=clinic.time_zone,
        look=look_of(clinic),
        patient_name=appointment.patient.name,
        page_url=f"{settings.PUBLIC_BASE_URL}/admin/clinics/appointment/{appointment.pk}/change/",
        professional=appointment.professional.name,
        offering=appointment.offering.name,
        clinic=clinic.name,
        status=appointment.status,
        color=appointment.offering.calendar_color,
        email=appointment.patient.email,
    )
    return events.appointment_body(facts)


def look_of(clinic: Clinic) -> events.Look:
    """The clinic's choices."""
    return events.Look(
        title=clinic.calendar_title,
        description=clinic.calendar_description,
        detail=clinic.calendar_detail,
        reminders=_reminders(clinic),
        place=clinic.address,
        is_tentative_until_confirmed=clinic.calendar_tentative,
        invites=clinic.calendar_invites,
    )


def _reminders(clinic: Clinic) -> tuple[int, ...] | None:
    if clinic.calendar_reminders == CalendarReminders.CALENDAR:
        return None
    is_own = clinic.calendar_reminders == CalendarReminders.OWN
    return tuple(clinic.calendar_reminder_minutes) if is_own else ()


def tells_status(clinic: Clinic) -> bool:
    """Whether its events look different once the patient has confirmed, come or stayed away."""
    texts = (clinic.calendar_title, clinic.calendar_description)
    return clinic.calendar_tentative or any(event_texts.STATUS in event_texts.names_in(text) for text in texts)
