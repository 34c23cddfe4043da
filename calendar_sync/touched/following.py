"""The appointment follows its event: moved, made longer or shorter, cancelled.

Patients are told by the domain's signals.
"""

from datetime import datetime
from typing import Any

from calendar_sync.busy import Period
from calendar_sync.models import EventMirror
from clinics import booking
from clinics.audit import Actor
from clinics.models import Appointment, Source


def follow_move(
    mirror: EventMirror, appointment: Appointment, period: Period, *, etag: str, by: Actor, now: datetime
) -> None:
    """In the transaction at hand; a kind of `CannotBook` when the domain objects (its own work is undone then).

    Nothing is written to Google: the event is there already, and a write could run over what the person does next.
    """
    starts_at, ends_at = period
    common: Any = {"clinic": appointment.clinic, "appointment": appointment, "by": by, "now": now}
    if starts_at == appointment.starts_at:
        moved = booking.resize(**common, ends_at=ends_at, source=Source.GOOGLE)
    else:
        moved = booking.reschedule(
            **common, starts_at=starts_at, ends_at=ends_at, source=Source.GOOGLE, by_the_rules=False
        )
    rows = EventMirror.objects.for_clinic(mirror.clinic_id).filter(pk=mirror.pk)
    rows.update(etag=etag, shown_from=starts_at, shown_to=ends_at, synced_revision=moved.revision)


def follow_deletion(appointment: Appointment, *, by: Actor, now: datetime) -> None:
    """In the transaction at hand. The removal is queued all the same: a restored event shall not stay behind."""
    booking.cancel(clinic=appointment.clinic, appointment=appointment, by=by, now=now, source=Source.GOOGLE)
