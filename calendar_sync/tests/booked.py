"""Appointments for the tests of the way out, and what the workers would do."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models.functions import Now

from atendeai.testing import factories
from calendar_sync import writes
from calendar_sync.models import CalendarWrite, WriteState
from clinics import booking
from clinics.audit import SYSTEM
from clinics.models import Appointment, Source

# A Monday far enough ahead of the real clock, 08:00 in São Paulo; the tests book past the rules.
START = factories.MONDAY + timedelta(days=7 * 60)
Book = Callable[..., Appointment]


def move(appointment: Appointment, now: datetime, minutes: int, **changes: Any) -> Appointment:
    return booking.reschedule(
        clinic=appointment.clinic,
        appointment=appointment,
        starts_at=START + timedelta(minutes=minutes),
        by=SYSTEM,
        now=now,
        source=Source.CHAT,
        by_the_rules=False,
        **changes,
    )


def cancel(appointment: Appointment, now: datetime) -> None:
    booking.cancel(clinic=appointment.clinic, appointment=appointment, by=SYSTEM, now=now, source=Source.CHAT)


def work_all(now: datetime) -> None:
    """What the workers would do now, once the pauses are over."""
    CalendarWrite.objects.filter(state=WriteState.QUEUED).update(not_before=Now())
    for mirror_id in writes.due():
        writes.work(mirror_id=mirror_id, now=now)


def states() -> list[str]:
    return list(CalendarWrite.objects.order_by("id").values_list("state", flat=True))
