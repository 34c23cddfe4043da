"""What should an appointment's event say now?"""

from django.conf import settings

from calendar_sync import events
from calendar_sync.events import Body
from clinics.models import Appointment, Clinic


def body_of(appointment: Appointment, clinic: Clinic) -> Body:
    """The whole event, as the clinic wants its appointments shown."""
    facts = events.AppointmentFacts(
        clinic_id=clinic.pk,
        appointment_id=appointment.pk,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        zone=clinic.time_zone,
        detail=clinic.calendar_detail,
        patient_name=appointment.patient.name,
        page_url=f"{settings.PUBLIC_BASE_URL}/admin/clinics/appointment/{appointment.pk}/change/",
    )
    return events.appointment_body(facts)
