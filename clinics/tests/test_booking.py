"""The use cases, and the one judge of double booking under two hundred simultaneous takers."""

import threading
import time
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from atendeai.testing import factories
from atendeai.testing.people import Aurora, make_aurora
from clinics import booking
from clinics.audit import SYSTEM, Actor
from clinics.models import Appointment, AuditEntry, BusyPeriod, Source, Status
from clinics.signals import appointment_booked

MONDAY = factories.MONDAY
NOW = MONDAY - timedelta(days=1)


@pytest.fixture
def aurora(db: None) -> Aurora:
    return make_aurora()


def book(aurora: Aurora, minutes: int = 0, **changes: object) -> Appointment:
    values = {
        "clinic": aurora.clinic,
        "professional": aurora.helena,
        "offering": aurora.consulta,
        "patient": aurora.dalva,
        "starts_at": MONDAY + timedelta(minutes=minutes),
        "by": Actor("patient", aurora.dalva.id),
        "now": NOW,
        "source": Source.CHAT,
        **changes,
    }
    return booking.book(**values)  # type: ignore[arg-type]


def test_books_and_leaves_an_audit_row_without_values(aurora: Aurora) -> None:
    appointment = book(aurora)
    assert appointment.status == Status.BOOKED
    assert appointment.ends_at == MONDAY + timedelta(minutes=30)
    entry = AuditEntry.objects.get(action="appointment_booked")
    assert (entry.object_id, entry.actor_kind, entry.actor_id) == (
        str(appointment.id),
        "patient",
        aurora.dalva.id,
    )
    assert entry.fields == ["starts_at", "professional"]


def test_same_time_is_taken_and_the_next_is_free(aurora: Aurora) -> None:
    book(aurora)
    with pytest.raises(booking.SlotTaken):
        book(aurora)
    with pytest.raises(booking.SlotTaken):
        book(aurora, 15)
    assert book(aurora, 30).pk
    assert book(aurora, professional=aurora.marcos).pk


def test_buffers_are_part_of_the_time(aurora: Aurora) -> None:
    aurora.helena.buffer_after_minutes = 10
    book(aurora)
    with pytest.raises(booking.SlotTaken):
        book(aurora, 30)
    assert book(aurora, 60).pk


def test_cancelled_time_is_free_at_once(aurora: Aurora) -> None:
    first = book(aurora)
    booking.cancel(clinic=aurora.clinic, appointment=first, by=SYSTEM, now=NOW, source=Source.CHAT)
    assert book(aurora).pk != first.pk


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"starts_at": MONDAY + timedelta(hours=-2)}, booking.OutsideHours),
        ({"starts_at": MONDAY + timedelta(hours=3, minutes=45)}, booking.OutsideHours),
        ({"starts_at": NOW + timedelta(minutes=59)}, booking.TooSoon),
        ({"starts_at": MONDAY + timedelta(days=70)}, booking.TooFar),
    ],
)
def test_rules_refuse_by_name(aurora: Aurora, changes: dict[str, Any], error: type[booking.CannotBook]) -> None:
    with pytest.raises(error):
        book(aurora, **changes)
    assert not Appointment.objects.exists()


def test_staff_may_book_past_the_rules_but_never_twice(aurora: Aurora) -> None:
    late = MONDAY + timedelta(hours=11)
    assert book(aurora, starts_at=late, by_the_rules=False).pk
    with pytest.raises(booking.SlotTaken):
        book(aurora, starts_at=late, by_the_rules=False)


def test_busy_professional_is_taken(aurora: Aurora) -> None:
    BusyPeriod.objects.create(
        clinic=aurora.clinic,
        professional=aurora.helena,
        starts_at=MONDAY,
        ends_at=MONDAY + timedelta(minutes=5),
    )
    with pytest.raises(booking.SlotTaken):
        book(aurora)


def test_not_offered(aurora: Aurora) -> None:
    other = factories.make_professional(aurora.clinic)
    with pytest.raises(booking.NotOffered):
        book(aurora, professional=other)
    aurora.helena.is_active = False
    with pytest.raises(booking.NotOffered):
        book(aurora)


def test_nothing_of_another_clinic_can_be_booked(aurora: Aurora) -> None:
    boreal = make_aurora("boreal", "100000000000002")
    for changes in (
        {"professional": boreal.helena},
        {"offering": boreal.consulta},
        {"patient": boreal.dalva},
    ):
        with pytest.raises(booking.NotOffered):
            book(aurora, **changes)


def test_a_receiver_that_fails_undoes_the_booking(aurora: Aurora) -> None:
    def fail(**_: object) -> None:
        raise RuntimeError("receiver")

    appointment_booked.connect(fail)
    try:
        with pytest.raises(RuntimeError):
            book(aurora)
    finally:
        appointment_booked.disconnect(fail)
    assert not Appointment.objects.exists()
    assert not AuditEntry.objects.filter(action="appointment_booked").exists()


def test_moving_keeps_the_appointment_and_counts_the_revision(aurora: Aurora) -> None:
    first = book(aurora)
    booking.confirm(clinic=aurora.clinic, appointment=first, by=SYSTEM, now=NOW, source=Source.CHAT)
    moved = booking.reschedule(
        clinic=aurora.clinic,
        appointment=first,
        starts_at=MONDAY + timedelta(minutes=15),
        by=SYSTEM,
        now=NOW,
        source=Source.PORTAL,
    )
    assert (moved.pk, moved.status, moved.revision, moved.source) == (
        first.pk,
        Status.BOOKED,
        3,
        Source.PORTAL,
    )
    assert moved.ends_at == MONDAY + timedelta(minutes=45)


def test_moving_onto_another_appointment_is_refused_and_changes_nothing(aurora: Aurora) -> None:
    first, second = book(aurora), book(aurora, 30)
    with pytest.raises(booking.SlotTaken):
        booking.reschedule(
            clinic=aurora.clinic,
            appointment=second,
            starts_at=first.starts_at,
            by=SYSTEM,
            now=NOW,
            source=Source.PORTAL,
        )
    second.refresh_from_db()
    assert (second.starts_at, second.revision) == (MONDAY + timedelta(minutes=30), 1)


def test_cancelling_and_confirming_twice_change_nothing(aurora: Aurora) -> None:
    appointment = book(aurora)
    for use_case, state, revision in (
        (booking.confirm, Status.CONFIRMED, 2),
        (booking.cancel, Status.CANCELLED, 3),
    ):
        for _ in range(2):
            done = use_case(clinic=aurora.clinic, appointment=appointment, by=SYSTEM, now=NOW, source=Source.CHAT)
            assert (done.status, done.revision) == (state, revision)


def test_invalid_transitions_are_refused(aurora: Aurora) -> None:
    appointment = book(aurora)
    arguments: dict[str, Any] = {
        "clinic": aurora.clinic,
        "appointment": appointment,
        "by": SYSTEM,
        "source": Source.PORTAL,
    }
    with pytest.raises(booking.InvalidTransition):
        booking.no_show(now=NOW, **arguments)
    after = MONDAY + timedelta(hours=1)
    assert booking.no_show(now=after, **arguments).status == Status.NO_SHOW
    with pytest.raises(booking.InvalidTransition):
        booking.cancel(now=after, **arguments)
    with pytest.raises(booking.InvalidTransition):
        booking.confirm(now=after, **arguments)


def test_another_clinic_cannot_touch_the_appointment(aurora: Aurora) -> None:
    appointment = book(aurora)
    boreal = make_aurora("boreal", "100000000000002")
    with pytest.raises(Appointment.DoesNotExist):
        booking.cancel(clinic=boreal.clinic, appointment=appointment, by=SYSTEM, now=NOW, source=Source.API)


@pytest.mark.django_db(transaction=True)
def test_two_hundred_takers_of_one_slot_leave_one_appointment_and_199_refusals() -> None:
    aurora = make_aurora()
    outcomes: Counter[str] = Counter()
    count_lock, connect_lock, start = threading.Lock(), threading.Lock(), threading.Barrier(200)

    def take() -> None:
        # One after the other: two hundred handshakes at once would measure the machine, not the booking.
        with connect_lock:
            connection.ensure_connection()
        start.wait()
        try:
            book(aurora)
            outcome = "booked"
        except booking.SlotTaken:
            outcome = "taken"
        except Exception as error:  # noqa: BLE001 - anything else is what this test looks for
            outcome = repr(error)
        finally:
            connection.close()
        with count_lock:
            outcomes[outcome] += 1

    threads = [threading.Thread(target=take) for _ in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == {"booked": 1, "taken": 199}
    assert Appointment.objects.count() == 1
    assert AuditEntry.objects.filter(action="appointment_booked").count() == 1


@pytest.mark.django_db(transaction=True)
def test_takers_of_one_slot_wait_for_each_other_and_never_in_a_ring(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who wait for a booking that is undone see each other's rows all at once: the database ends such a ring slowly."""
    aurora, takers = make_aurora(), 8
    outcomes: list[str] = []
    rings: list[OperationalError] = []
    is_deadlock = booking.is_deadlock

    def noted(error: OperationalError) -> bool:
        rings.append(error)
        return is_deadlock(error)

    monkeypatch.setattr(booking, "is_deadlock", noted)

    def take() -> None:
        try:
            book(aurora)
            outcomes.append("booked")
        except booking.SlotTaken:
            outcomes.append("taken")
        finally:
            connection.close()

    threads = [threading.Thread(target=take) for _ in range(takers)]
    with transaction.atomic():
        book(aurora)
        for thread in threads:
            thread.start()
        _wait_for_waiting(takers)
        transaction.set_rollback(True)
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["booked"] + ["taken"] * (takers - 1)
    assert rings == []


def _wait_for_waiting(count: int) -> None:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    until = time.monotonic() + 20
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(waiting)
            if cursor.fetchone()[0] == count:
                return
            assert time.monotonic() < until
            time.sleep(0.02)


@pytest.mark.django_db(transaction=True)
def test_two_moves_into_each_other_s_time_never_both_fail_nor_overlap() -> None:
    aurora = make_aurora()
    first, second = book(aurora), book(aurora, 30)
    target = MONDAY + timedelta(hours=2)
    outcomes: list[str] = []

    def move(appointment: Appointment) -> None:
        try:
            booking.reschedule(
                clinic=aurora.clinic,
                appointment=appointment,
                starts_at=target,
                by=SYSTEM,
                now=NOW,
                source=Source.API,
            )
            outcomes.append("moved")
        except booking.SlotTaken:
            outcomes.append("taken")
        finally:
            connection.close()

    threads = [threading.Thread(target=move, args=(one,)) for one in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["moved", "taken"]


@pytest.mark.django_db(transaction=True)
def test_the_database_refuses_overlap_whatever_the_code_does() -> None:
    aurora = make_aurora()
    factories.make_appointment(aurora.clinic, aurora.helena, aurora.consulta, aurora.dalva)
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.make_appointment(
            aurora.clinic, aurora.helena, aurora.retorno, aurora.dalva, MONDAY + timedelta(minutes=29)
        )
