"""May the appointment be there?

Hours, busy times and other appointments; notice and booking window are for patients.
"""

from datetime import datetime, timedelta

from calendar_sync.busy import Period
from clinics import availability
from clinics.booking import OutsideHours, SlotTaken, TooSoon
from clinics.models import HOLDING, Appointment


def find_objection(appointment: Appointment, period: Period, *, now: datetime) -> str:
    """Why not, as a code of `clinics.booking`; "" when it fits. The database's constraint still judges."""
    starts_at, ends_at = period
    if starts_at <= now:
        return TooSoon.code
    clinic, person = appointment.clinic, appointment.professional
    if not availability.is_open(clinic=clinic, professional=person, starts_at=starts_at, ends_at=ends_at):
        return OutsideHours.code
    is_busy = availability.is_busy(clinic=clinic, professional=person, starts_at=starts_at, ends_at=ends_at)
    if is_busy or _is_booked(appointment, period):
        return SlotTaken.code
    return ""


def _is_booked(appointment: Appointment, period: Period) -> bool:
    person = appointment.professional
    before, after = (timedelta(minutes=m) for m in (person.buffer_before_minutes, person.buffer_after_minutes))
    others = Appointment.objects.for_clinic(appointment.clinic_id).filter(professional=person, status__in=HOLDING)
    others = others.filter(blocked_from__lt=period[1] + after, blocked_to__gt=period[0] - before)
    return others.exclude(pk=appointment.pk).exists()
