"""What must the clinic see of Google? Requests that wait, times put back, and Google events over appointments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from calendar_sync.alert_words import CONFLICT, PUT_BACK
from calendar_sync.models import ChangeState, GoogleChange, Link
from clinics import alerts
from clinics.models import Appointment, Clinic

SHOWN = 50
MOST_COUNTED = 99
# Appointments booked while a pull was under way could not be seen by it. No appointment is in its own way: neither by
# its event's busy time, nor by one without a name while its event still stands in the calendar used before.
OVERLAPS = """
    SELECT a.id, b.starts_at, b.ends_at
      FROM clinics_appointment a
      JOIN clinics_busyperiod b ON b.clinic_id = a.clinic_id AND b.professional_id = a.professional_id
       AND b.source = 'google' AND b.starts_at < a.ends_at AND b.ends_at > a.starts_at
     WHERE a.clinic_id = %s AND a.status IN ('booked', 'confirmed') AND a.ends_at > %s
       AND NOT EXISTS (SELECT 1 FROM calendar_sync_eventmirror m
                         JOIN calendar_sync_link l ON l.id = m.link_id
                        WHERE m.appointment_id = a.id
                          AND (b.external_id = m.link_id || ':' || m.google_event_id
                               OR (m.state = 'present' AND m.calendar_id <> l.calendar_id
                                   AND starts_with(b.external_id, m.link_id || ':freebusy/'))))
"""
NEW = " AND a.professional_id = %s AND (b.id = ANY(%s) OR a.created_at > %s) LIMIT 1"
LISTED = " ORDER BY a.starts_at, a.id, b.starts_at LIMIT %s"


@dataclass(frozen=True)
class Conflict:
    """An appointment at a time at which its professional is busy in Google."""

    appointment: Appointment
    busy_from: datetime
    busy_to: datetime


def conflicts(clinic: Clinic, *, now: datetime, limit: int = SHOWN) -> list[Conflict]:
    """The coming ones, the next first: two queries."""
    with connection.cursor() as cursor:
        cursor.execute(OVERLAPS + LISTED, [clinic.pk, now, limit])
        found = cursor.fetchall()
    related = ("patient", "professional", "offering")
    rows = Appointment.objects.for_clinic(clinic).select_related(*related).in_bulk([row[0] for row in found])
    return [Conflict(rows[pk], starts_at, ends_at) for pk, starts_at, ends_at in found if pk in rows]


def open_count(clinic: Clinic) -> int:
    """Requests that wait for a person; MOST_COUNTED + 1 when they are more. Every page of the portal asks."""
    asked = GoogleChange.objects.for_clinic(clinic).filter(state=ChangeState.ASKED)
    return asked[: MOST_COUNTED + 1].count()


def raise_conflicts(*, link: Link, busy_ids: Sequence[int], since: datetime | None, now: datetime) -> None:
    """Alerts when these busy times, or appointments booked since, brought one; ends the alert when none is left."""
    clinic = link.clinic
    with connection.cursor() as cursor:
        cursor.execute(OVERLAPS + NEW, [clinic.pk, now, link.professional_id, list(busy_ids), since or now])
        is_new = cursor.fetchone() is not None
        cursor.execute(OVERLAPS + LISTED, [clinic.pk, now, 1])
        is_any = is_new or cursor.fetchone() is not None
    if is_new:
        alerts.raise_alert(clinic=clinic, kind=CONFLICT, now=now)
    elif not is_any:
        alerts.clear_alert(clinic=clinic, kind=CONFLICT, now=now)


def tell_put_back(*, clinic: Clinic, now: datetime) -> None:
    """A change in Google did not fit and was undone: somebody there should know why."""
    alerts.raise_alert(clinic=clinic, kind=PUT_BACK, now=now)
