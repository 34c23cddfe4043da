"""What does a change of an appointment mean for its calendar? Rows in the same transaction, a try after the commit."""

from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from atendeai.celery import wake, wake_after_commit
from atendeai.common import clock
from calendar_sync import touched, writes
from clinics import signals
from clinics.models import Appointment, Clinic, Patient, Source, Status

# Changes made inside a web request, where somebody waits to see the event appear.
INLINE_SOURCES = (Source.PORTAL, Source.API)


def connect() -> None:
    """Listens to what an event shows."""
    for signal in (
        signals.appointment_booked,
        signals.appointment_rescheduled,
        signals.appointment_resized,
        signals.appointment_cancelled,
    ):
        signal.connect(queue_writes, dispatch_uid="calendar_sync.queue_writes")
    for signal in (signals.patient_merged, signals.patient_unmerged):
        signal.connect(write_anew, dispatch_uid="calendar_sync.write_anew")
    for signal in (
        signals.appointment_confirmed,
        signals.appointment_no_show,
        signals.appointment_completed,
    ):
        signal.connect(show_status, dispatch_uid="calendar_sync.show_status")
    signals.appearance_changed.connect(show_anew, dispatch_uid="calendar_sync.show_anew")


def show_status(*, appointment: Appointment, **_: Any) -> None:
    """Its status is another: written where the clinic's events tell it."""
    if writes.tells_status(appointment.clinic):
        _wake(writes.queue_rewrite(appointment=appointment))


def show_anew(*, clinic: Clinic, patient: Patient | None, **_: Any) -> None:
    """Events show something else from now on: those of a patient, or all coming ones, a few at a time."""
    if patient is None:
        writes.rewriting.want(clinic_id=clinic.pk)
    else:
        _wake(writes.rewriting.of_patient(patient=patient, now=clock.now()))


def queue_writes(*, appointment: Appointment, source: str, now: datetime, **_: Any) -> None:
    """Queues the writes in the booking's own transaction, and settles what was open about the event in Google."""
    if source == Source.GOOGLE and appointment.status != Status.CANCELLED:
        # It followed its event, which is as it should be.
        return
    touched.withdraw(appointment=appointment, now=now)
    mirror_ids = writes.queue_appointment(appointment=appointment)
    if mirror_ids:
        transaction.on_commit(partial(_after_commit, mirror_ids, source, now), robust=True)


def write_anew(*, appointments: list[Appointment], **_: Any) -> None:
    """These changed hands: their events may show another name."""
    mirror_ids = [mirror_id for one in appointments for mirror_id in writes.queue_appointment(appointment=one)]
    _wake(mirror_ids)


def _wake(mirror_ids: list[int]) -> None:
    for mirror_id in mirror_ids:
        wake_after_commit("calendar_sync.write", mirror_id=mirror_id)


def _after_commit(mirror_ids: list[int], source: str, now: datetime) -> None:
    if source in INLINE_SOURCES and writes.try_now(mirror_ids=mirror_ids, now=now):
        return
    for mirror_id in mirror_ids:
        wake("calendar_sync.write", mirror_id=mirror_id)
