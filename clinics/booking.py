"""How does an appointment come to be, move and end? The use cases of the product's heart.

Every call is one transaction: the change, its audit row and the signal, whose receivers write what patient and
calendar must be told. Double booking is judged by the database's exclusion constraint alone; what is checked here
before is there to give a good answer, not to be safe.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import IntegrityError, OperationalError, transaction
from django.dispatch import Signal

from atendeai.metrics import APPOINTMENTS
from clinics import audit, availability, signals
from clinics.audit import Actor
from clinics.merging import standing
from clinics.models import Appointment, Clinic, Offering, Patient, Professional, Status

T = TypeVar("T")
NO_DOUBLE_BOOKING = "clinics_appointment_no_double_booking"
DEADLOCK_TRIES = 3


class CannotBook(Exception):
    """The appointment cannot be so; `code` says why in a word that programs may rely on."""

    code = "cannot_book"


class SlotTaken(CannotBook):
    """Somebody else has that time, or the professional is busy then."""

    code = "slot_taken"


class OutsideHours(CannotBook):
    """The professional does not attend then."""

    code = "outside_hours"


class TooSoon(CannotBook):
    """In the past, or nearer than the clinic's minimum notice."""

    code = "too_soon"


class TooFar(CannotBook):
    """Beyond the clinic's booking window."""

    code = "too_far"


class NotOffered(CannotBook):
    """This professional does not give this service, or one of them is inactive, or another clinic's."""

    code = "not_offered"


class InvalidTransition(CannotBook):
    """The appointment's state does not allow this (e.g. moving a cancelled one)."""

    code = "invalid_transition"


def book(
    *,
    clinic: Clinic,
    professional: Professional,
    offering: Offering,
    patient: Patient,
    starts_at: datetime,
    by: Actor,
    now: datetime,
    source: str,
    by_the_rules: bool = True,
) -> Appointment:
    """The new appointment, or a kind of `CannotBook`. `by_the_rules=False`: staff may book outside hours and notice."""
    _same_clinic(clinic, professional, offering, patient)
    ends_at = starts_at + timedelta(minutes=offering.minutes)
    _check_offered(clinic, professional, offering)
    _check_rules(clinic, professional, starts_at, ends_at, now, by_the_rules=by_the_rules)

    def insert() -> Appointment:
        appointment = Appointment(
            clinic=clinic, professional=professional, offering=offering, patient=patient, source=source
        )
        _place(appointment, professional, starts_at, ends_at)
        appointment.placed_at = now
        appointment.save(force_insert=True)
        _follow_merge(appointment)
        _tell(
            signals.appointment_booked,
            appointment,
            "appointment_booked",
            by,
            now,
            ("starts_at", "professional"),
        )
        return appointment

    return _in_one_transaction(insert)


def _follow_merge(appointment: Appointment) -> None:
    """The patient may have been merged into another record at this very moment; the row just written waited for it."""
    merged = Patient.objects.for_clinic(appointment.clinic_id).filter(pk=appointment.patient_id)
    merged = merged.filter(merged_into__isnull=False).select_related("merged_into")
    if (patient := merged.first()) is not None:
        appointment.patient = standing(patient)
        appointment.save(update_fields=["patient"])


def reschedule(
    *,
    clinic: Clinic,
    appointment: Appointment,
    starts_at: datetime,
    by: Actor,
    now: datetime,
    source: str,
    professional: Professional | None = None,
    ends_at: datetime | None = None,
    by_the_rules: bool = True,
) -> Appointment:
    """The same appointment at another time, perhaps with another professional; back to «booked».

    As long as its service takes, unless `ends_at` says otherwise.
    """

    def move() -> Appointment:
        current = _locked(clinic, appointment)
        _check_upcoming(current)
        person = professional or current.professional
        until = ends_at or starts_at + timedelta(minutes=current.offering.minutes)
        _check_offered(clinic, person, current.offering)
        _check_rules(clinic, person, starts_at, until, now, by_the_rules=by_the_rules)
        _place(current, person, starts_at, until)
        current.placed_at = now
        current.status, current.source = Status.BOOKED, source
        current.revision += 1
        current.save()
        _tell(
            signals.appointment_rescheduled,
            current,
            "appointment_rescheduled",
            by,
            now,
            ("starts_at", "professional"),
        )
        return current

    return _in_one_transaction(move)


def resize(
    *, clinic: Clinic, appointment: Appointment, ends_at: datetime, by: Actor, now: datetime, source: str
) -> Appointment:
    """Longer or shorter from the same start; `SlotTaken` when it would reach into another. Patients are not told."""

    def change() -> Appointment:
        current = _locked(clinic, appointment)
        _check_upcoming(current)
        _place(current, current.professional, current.starts_at, ends_at)
        current.source = source
        current.revision += 1
        current.save()
        _tell(signals.appointment_resized, current, "appointment_resized", by, now, ("ends_at",))
        return current

    return _in_one_transaction(change)


def cancel(
    *, clinic: Clinic, appointment: Appointment, by: Actor, now: datetime, source: str, reason: str = ""
) -> Appointment:
    """Cancelled; the time is free at once. Cancelling twice changes nothing and is no error."""

    def change(current: Appointment) -> bool:
        if current.status == Status.CANCELLED:
            return False
        _check_upcoming(current)
        current.status, current.cancel_reason, current.source = Status.CANCELLED, reason, source
        return True

    return _transition(clinic, appointment, change, signals.appointment_cancelled, "appointment_cancelled", by, now)


def confirm(*, clinic: Clinic, appointment: Appointment, by: Actor, now: datetime, source: str) -> Appointment:
    """The patient says that they will come. Confirming twice changes nothing."""

    def change(current: Appointment) -> bool:
        if current.status == Status.CONFIRMED:
            return False
        _check_upcoming(current)
        current.status, current.source = Status.CONFIRMED, source
        return True

    return _transition(clinic, appointment, change, signals.appointment_confirmed, "appointment_confirmed", by, now)


def no_show(*, clinic: Clinic, appointment: Appointment, by: Actor, now: datetime, source: str) -> Appointment:
    """The patient did not come; only once the appointment has begun."""
    return _close(clinic, appointment, Status.NO_SHOW, by, now, source)


def complete(*, clinic: Clinic, appointment: Appointment, by: Actor, now: datetime, source: str) -> Appointment:
    """The patient was attended; only once the appointment has begun."""
    return _close(clinic, appointment, Status.COMPLETED, by, now, source)


def _close(
    clinic: Clinic, appointment: Appointment, status: Status, by: Actor, now: datetime, source: str
) -> Appointment:
    def change(current: Appointment) -> bool:
        if current.status == status:
            return False
        if current.status == Status.CANCELLED or current.starts_at > now:
            raise InvalidTransition(f"{current.status} → {status}")
        current.status, current.source = status, source
        return True

    is_no_show = status == Status.NO_SHOW
    signal = signals.appointment_no_show if is_no_show else signals.appointment_completed
    action: audit.Action = "appointment_no_show" if is_no_show else "appointment_completed"
    return _transition(clinic, appointment, change, signal, action, by, now)


def _transition(
    clinic: Clinic,
    appointment: Appointment,
    change: Callable[[Appointment], bool],
    signal: Signal | None,
    action: audit.Action,
    by: Actor,
    now: datetime,
) -> Appointment:
    def apply() -> Appointment:
        current = _locked(clinic, appointment)
        if change(current):
            current.revision += 1
            current.save()
            _tell(signal, current, action, by, now, ("status",))
        return current

    return _in_one_transaction(apply)


def _locked(clinic: Clinic, appointment: Appointment) -> Appointment:
    rows = Appointment.objects.for_clinic(clinic).select_related("professional", "offering", "patient", "clinic")
    return rows.select_for_update(of=("self",)).get(pk=appointment.pk)


def _place(appointment: Appointment, person: Professional, starts_at: datetime, ends_at: datetime) -> None:
    """The constraint judges; the lock lets one at a time come before it.

    Without, who want one time insert their rows first and then wait for each other in a ring, which the database breaks
    second by second.
    """
    rows = Professional.objects.for_clinic(appointment.clinic_id).filter(pk=person.pk)
    rows.select_for_update(no_key=True).values_list("pk").first()
    appointment.professional = person
    appointment.starts_at, appointment.ends_at = starts_at, ends_at
    appointment.blocked_from = starts_at - timedelta(minutes=person.buffer_before_minutes)
    appointment.blocked_to = ends_at + timedelta(minutes=person.buffer_after_minutes)


def _tell(
    signal: Signal | None,
    appointment: Appointment,
    action: audit.Action,
    by: Actor,
    now: datetime,
    fields: tuple[str, ...],
) -> None:
    audit.record(clinic=appointment.clinic, action=action, target=appointment, by=by, now=now, fields=fields)
    event = action.removeprefix("appointment_")
    counter = APPOINTMENTS.labels(str(appointment.clinic_id), event, appointment.source)
    transaction.on_commit(counter.inc, robust=True)
    if signal is not None:
        signal.send(sender=Appointment, appointment=appointment, by=by, source=appointment.source, now=now)


def _same_clinic(clinic: Clinic, *rows: Professional | Offering | Patient) -> None:
    if any(row.clinic_id != clinic.id for row in rows):
        raise NotOffered("not of this clinic")


def _check_upcoming(appointment: Appointment) -> None:
    if appointment.status not in (Status.BOOKED, Status.CONFIRMED):
        raise InvalidTransition(f"the appointment is {appointment.status}")


def _check_offered(clinic: Clinic, person: Professional, offering: Offering) -> None:
    _same_clinic(clinic, person, offering)
    if not (person.is_active and offering.is_active and offering.given_by.filter(professional=person).exists()):
        raise NotOffered("this professional does not give this service")


def _check_rules(
    clinic: Clinic,
    person: Professional,
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
    *,
    by_the_rules: bool,
) -> None:
    if not by_the_rules:
        return
    if starts_at < now + timedelta(minutes=clinic.min_notice_minutes):
        raise TooSoon("nearer than the clinic's minimum notice")
    if starts_at >= now + timedelta(days=clinic.horizon_days):
        raise TooFar("beyond the clinic's booking window")
    if not availability.is_open(clinic=clinic, professional=person, starts_at=starts_at, ends_at=ends_at):
        raise OutsideHours("outside the professional's hours")
    if availability.is_busy(clinic=clinic, professional=person, starts_at=starts_at, ends_at=ends_at):
        raise SlotTaken("the professional is busy then")


def _in_one_transaction(work: Callable[[], T]) -> T:
    """Runs the work atomically. The constraint's objection becomes `SlotTaken`; a deadlock is tried again.

    Inside somebody else's transaction a deadlock has already undone that one, so it is theirs to repeat.
    """
    nested = transaction.get_connection().in_atomic_block
    for last_try in [False] * (DEADLOCK_TRIES - 1) + [True]:
        try:
            with transaction.atomic(), _judged():
                return work()
        except OperationalError as error:
            if nested or last_try or not is_deadlock(error):
                raise
    raise AssertionError("unreachable")


@contextmanager
def _judged() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        if _constraint_of(error) != NO_DOUBLE_BOOKING:
            raise
        raise SlotTaken("somebody else has that time") from error


def _constraint_of(error: IntegrityError) -> str | None:
    diagnosis = getattr(error.__cause__, "diag", None)
    return getattr(diagnosis, "constraint_name", None)


def is_deadlock(error: OperationalError) -> bool:
    """Whether PostgreSQL chose this transaction to give way (40P01) or could not serialise it (40001)."""
    return getattr(error.__cause__, "sqlstate", None) in {"40P01", "40001"}
