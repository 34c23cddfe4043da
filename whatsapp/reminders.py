"""Who is to be reminded of an appointment now? At most once of each time, for each of the two reminders.

The rows are the work: a bounded sweep finds appointments whose reminder is due and has no row yet. What was moved is
reminded of anew at its new time, what was cancelled is not, and who booked later than that just chose the time.
In the clinic's quiet hours nothing is due. Without an approved template it is looked at again until one is there.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from clinics.models import UPCOMING, Appointment
from whatsapp import appointment_notices, cloud_api, template_choice
from whatsapp.appointment_notices import Unsent
from whatsapp.message_templates import reminder
from whatsapp.models import Reminder, ReminderKind, ReminderState, Urgency

logger = logging.getLogger(__name__)

BATCH = 200
# Nearer than this nobody needs a reminder any more.
TOO_LATE = timedelta(minutes=15)
AGAIN_AFTER = timedelta(minutes=5)
DUE = """
SELECT coming.id, due.kind, coming.starts_at
  FROM clinics_appointment coming
  JOIN clinics_clinic clinic ON clinic.id = coming.clinic_id
 CROSS JOIN LATERAL (VALUES ('reminder_1', clinic.reminder_hours),
                            ('reminder_2', clinic.second_reminder_hours)) AS due (kind, hours)
 WHERE coming.status IN ('booked', 'confirmed')
   AND coming.starts_at > %(now)s + make_interval(secs => %(late)s)
   AND coming.starts_at <= %(now)s + interval '168 hours'
   AND clinic.is_active AND clinic.sends_reminders AND due.hours IS NOT NULL
   AND coming.starts_at <= %(now)s + make_interval(hours => due.hours)
   AND coalesce(coming.placed_at, coming.created_at) <= coming.starts_at - make_interval(hours => due.hours)
   AND (due.kind = 'reminder_2' OR clinic.second_reminder_hours IS NULL
        OR coming.starts_at > %(now)s + make_interval(hours => clinic.second_reminder_hours))
   AND (%(now)s AT TIME ZONE clinic.time_zone)::time >= clinic.reminders_from
   AND (%(now)s AT TIME ZONE clinic.time_zone)::time < clinic.reminders_until
   AND NOT EXISTS (SELECT 1 FROM whatsapp_reminder made
                    WHERE made.appointment_id = coming.id AND made.kind = due.kind
                      AND made.starts_at = coming.starts_at
                      AND (made.state NOT IN ('no_template', 'broken') OR made.again_at > %(now)s
                           OR made.begun >= %(tries)s))
 ORDER BY coming.starts_at LIMIT %(batch)s
"""


def sweep(*, now: datetime) -> int:
    """Queues the reminders that are due, a batch of them; how many were looked at."""
    with connection.cursor() as cursor:
        values: dict[str, datetime | float] = {
            "now": now,
            "late": TOO_LATE.total_seconds(),
            "batch": BATCH,
            "tries": settings.MAX_ATTEMPTS,
        }
        cursor.execute(DUE, values)
        found = cursor.fetchall()
    for appointment_id, kind, starts_at in found:
        try:
            remind(appointment_id, kind, starts_at, now=now)
        except Exception:
            # Its row says so and rests; the others of the batch are reminded.
            logger.exception("reminder not made", extra={"appointment": appointment_id})
    return len(found)


def remind(appointment_id: int, kind: str, starts_at: datetime, *, now: datetime) -> Reminder | None:
    """The reminder of this appointment; None when another worker is at it, or it is not due any more: `starts_at` is
    when it was to take place as it was found due.

    That it is begun is committed first: what raises, or kills its worker, rests and comes again a few times only.
    """
    if _begun(appointment_id, kind, starts_at, now) is None:
        return None
    with transaction.atomic():
        # Ours now: who only looks at it for a moment is waited for.
        found = _row(appointment_id, kind, starts_at, now, waits=True)
        if found is None:
            return None
        row, appointment = found
        _send(row, appointment, now)
    return row


@transaction.atomic
def _begun(appointment_id: int, kind: str, starts_at: datetime, now: datetime) -> Reminder | None:
    found = _row(appointment_id, kind, starts_at, now)
    if found is None:
        return None
    row, _ = found
    if row.state == ReminderState.BROKEN and row.again_at is not None and row.again_at > now:
        return None
    row.state, row.again_at, row.begun = ReminderState.BROKEN, now + AGAIN_AFTER, row.begun + 1
    row.save()
    return row


def _row(
    appointment_id: int, kind: str, starts_at: datetime, now: datetime, *, waits: bool = False
) -> tuple[Reminder, Appointment] | None:
    """Its row, perhaps a new one, while it is to be reminded of; the appointment is locked."""
    appointment = _locked(appointment_id, waits=waits)
    if appointment is None or appointment.status not in UPCOMING or appointment.starts_at <= now + TOO_LATE:
        return None
    if appointment.starts_at != starts_at:
        # Moved since: the next sweep says when the new time is due.
        return None
    made = Reminder.objects.for_clinic(appointment.clinic_id).filter(
        appointment=appointment, kind=kind, starts_at=appointment.starts_at
    )
    row = made.first()
    if row is not None and row.state not in (ReminderState.NO_TEMPLATE, ReminderState.BROKEN):
        return None
    row = row or Reminder(
        clinic_id=appointment.clinic_id,
        appointment=appointment,
        kind=ReminderKind(kind),
        starts_at=appointment.starts_at,
        created_at=now,
    )
    return row, appointment


def _locked(appointment_id: int, *, waits: bool) -> Appointment | None:
    rows = Appointment.objects.select_related("clinic", "patient", "offering", "professional")
    return rows.select_for_update(of=("self",), skip_locked=not waits).filter(pk=appointment_id).first()


def _send(row: Reminder, appointment: Appointment, now: datetime) -> None:
    told = appointment_notices.tell(
        appointment=appointment,
        notice=row.kind,
        free=_free(appointment),
        now=now,
        urgency=Urgency.REMINDER,
        is_shown_unsent=False,
    )
    if isinstance(told, Unsent):
        row.state, row.again_at = ReminderState(told.reason), now + AGAIN_AFTER
    else:
        row.state, row.message, row.again_at = ReminderState.QUEUED, told, None
    row.begun = 0
    row.save()


def _free(appointment: Appointment) -> cloud_api.Buttons:
    """Inside the window: the same words with the same buttons."""
    buttons = tuple(cloud_api.Button(*option) for option in appointment_notices.reminder_options(appointment))
    return cloud_api.Buttons(reminder(template_choice.occasion(appointment)), buttons)
