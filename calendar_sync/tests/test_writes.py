"""Appointments on their way to Google: moved, cancelled, lost, repeated, and never twice."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now

from atendeai.testing import factories
from atendeai.testing.people import Aurora, make_aurora
from calendar_sync import linking, writes
from calendar_sync.deadline import Deadline
from calendar_sync.google_api import Calendar
from calendar_sync.models import CalendarWrite, EventMirror, Link, LinkState, MirrorState, WriteState
from calendar_sync.tests.conftest import MakeLink
from calendar_sync.tests.google import HELENA, MARCOS, Google
from calendar_sync.writes import perform as performing
from clinics import booking
from clinics.audit import SYSTEM
from clinics.models import Appointment, Source, Status

# A Monday far enough ahead of the real clock, 08:00 in São Paulo; the tests book past the rules.
START = factories.MONDAY + timedelta(days=7 * 60)
Book = Callable[..., Appointment]


@pytest.fixture
def book(aurora: Aurora, now: datetime) -> Book:
    """Books Dalva with Dra. Helena from the chat: rows only, no inline try."""

    def make(minutes: int = 0, **changes: Any) -> Appointment:
        values = {
            "clinic": aurora.clinic,
            "professional": aurora.helena,
            "offering": aurora.consulta,
            "patient": aurora.dalva,
            "starts_at": START + timedelta(minutes=minutes),
            "by": SYSTEM,
            "now": now,
            "source": Source.CHAT,
            "by_the_rules": False,
            **changes,
        }
        return booking.book(**values)

    return make


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


def test_an_appointment_becomes_an_event_with_no_name_in_it(
    link: Link, book: Book, google: Google, now: datetime, aurora: Aurora
) -> None:
    appointment = book()
    mirror = EventMirror.objects.get()
    assert (mirror.state, google.events(HELENA)) == (MirrorState.ABSENT, [])
    work_all(now)
    (event,) = google.events(HELENA)
    assert event["id"] == mirror.google_event_id
    assert event["summary"] == "Consulta"
    assert event["visibility"] == "private"
    assert event["start"] == {"dateTime": "2028-01-17T08:00:00-03:00", "timeZone": "America/Sao_Paulo"}
    private = event["extendedProperties"]["private"]
    assert (private["clinic_id"], private["appointment_id"]) == (str(aurora.clinic.pk), str(appointment.pk))
    assert f"/admin/clinics/appointment/{appointment.pk}/change/" in event["description"]
    assert "Dalva" not in str(event)
    assert "98765" not in str(event)
    mirror.refresh_from_db()
    link.refresh_from_db()
    assert (mirror.state, mirror.etag, mirror.synced_revision) == (MirrorState.PRESENT, event["etag"], 1)
    assert (states(), link.last_write_at) == ([WriteState.DONE], now)


def test_moving_and_cancelling_follow(link: Link, book: Book, google: Google, now: datetime) -> None:
    appointment = book()
    work_all(now)
    move(appointment, now, 60)
    work_all(now)
    (event,) = google.events(HELENA)
    assert event["start"]["dateTime"] == "2028-01-17T09:00:00-03:00"
    cancel(appointment, now)
    work_all(now)
    assert google.events(HELENA) == []
    assert EventMirror.objects.get().state == MirrorState.GONE
    assert states() == [WriteState.DONE] * 3


def test_only_the_newest_wish_is_carried_out(link: Link, book: Book, google: Google, now: datetime) -> None:
    appointment = book()
    move(appointment, now, 60)
    move(appointment, now, 120)
    work_all(now)
    (event,) = google.events(HELENA)
    assert event["start"]["dateTime"] == "2028-01-17T10:00:00-03:00"
    assert states() == [WriteState.SUPERSEDED, WriteState.SUPERSEDED, WriteState.DONE]


def test_booked_and_cancelled_before_the_first_call_never_reaches_google(
    link: Link, book: Book, google: Google, now: datetime
) -> None:
    cancel(book(), now)
    work_all(now)
    assert google.events(HELENA, cancelled=True) == []
    assert states() == [WriteState.SUPERSEDED, WriteState.DONE]


def test_without_a_link_nothing_is_queued(aurora: Aurora, book: Book) -> None:
    book()
    assert not CalendarWrite.objects.exists()


def test_confirming_and_missing_change_nothing_in_the_calendar(
    link: Link, book: Book, google: Google, now: datetime, aurora: Aurora
) -> None:
    appointment = book()
    work_all(now)
    common = {"clinic": aurora.clinic, "appointment": appointment, "by": SYSTEM, "source": Source.PORTAL}
    booking.confirm(now=now, **common)
    booking.no_show(now=START + timedelta(hours=1), **common)
    assert Appointment.objects.get().status == Status.NO_SHOW
    assert (states(), len(google.events(HELENA))) == ([WriteState.DONE], 1)


def test_a_lost_answer_leaves_exactly_one_event(link: Link, book: Book, google: Google, now: datetime) -> None:
    book()
    google.fault("events.insert", "lost_response")
    work_all(now)
    write = CalendarWrite.objects.get()
    assert (write.state, EventMirror.objects.get().state) == (WriteState.QUEUED, MirrorState.ABSENT)
    work_all(now)
    assert len(google.events(HELENA, cancelled=True)) == 1
    mirror = EventMirror.objects.get()
    assert (states(), mirror.state, mirror.generation) == ([WriteState.DONE], MirrorState.PRESENT, 1)


def test_a_lost_insert_is_adopted_and_brought_up_to_date(link: Link, book: Book, google: Google, now: datetime) -> None:
    appointment = book()
    google.fault("events.insert", "lost_response")
    work_all(now)
    move(appointment, now, 60)
    work_all(now)
    (event,) = google.events(HELENA, cancelled=True)
    assert event["start"]["dateTime"] == "2028-01-17T09:00:00-03:00"


def test_a_lost_insert_of_a_cancelled_appointment_is_removed(
    link: Link, book: Book, google: Google, now: datetime
) -> None:
    appointment = book()
    google.fault("events.insert", "lost_response")
    work_all(now)
    assert len(google.events(HELENA)) == 1
    cancel(appointment, now)
    work_all(now)
    assert google.events(HELENA) == []


def test_a_strangers_event_under_our_id_is_left_alone(link: Link, book: Book, google: Google, now: datetime) -> None:
    book()
    first = EventMirror.objects.get().google_event_id
    at = {"dateTime": START.isoformat()}
    google.add_event(
        HELENA,
        {
            "id": first,
            "summary": "Dentista",
            "start": at,
            "end": at | {"dateTime": (START + timedelta(hours=1)).isoformat()},
        },
    )
    work_all(now)
    found = {event["id"]: event["summary"] for event in google.events(HELENA)}
    mirror = EventMirror.objects.get()
    assert found == {first: "Dentista", mirror.google_event_id: "Consulta"}
    assert mirror.generation == 2


def test_somebodys_edit_in_google_survives_our_move(link: Link, book: Book, google: Google, now: datetime) -> None:
    appointment = book()
    work_all(now)
    mirror = EventMirror.objects.get()
    google.change_event(HELENA, mirror.google_event_id, {"description": "trazer exames", "colorId": "5"})
    move(appointment, now, 60)
    work_all(now)  # the etag moved: 412, read again, written
    (event,) = google.events(HELENA)
    assert event["start"]["dateTime"] == "2028-01-17T09:00:00-03:00"
    assert (event["description"], event["colorId"]) == ("trazer exames", "5")
    assert states() == [WriteState.DONE, WriteState.DONE]


def test_an_event_edited_in_google_is_removed_all_the_same(
    link: Link, book: Book, google: Google, now: datetime
) -> None:
    appointment = book()
    work_all(now)
    google.change_event(HELENA, EventMirror.objects.get().google_event_id, {"summary": "Consulta!"})
    cancel(appointment, now)
    work_all(now)
    assert google.events(HELENA) == []


def test_an_event_removed_in_google_comes_back_when_the_appointment_moves(
    link: Link, book: Book, google: Google, now: datetime
) -> None:
    appointment = book()
    work_all(now)
    google.remove_event(HELENA, EventMirror.objects.get().google_event_id)
    move(appointment, now, 60)
    work_all(now)
    (event,) = google.events(HELENA)
    mirror = EventMirror.objects.get()
    assert (event["id"], mirror.generation) == (mirror.google_event_id, 2)
    assert event["start"]["dateTime"] == "2028-01-17T09:00:00-03:00"


def test_cancelling_what_was_already_removed_in_google_is_done(
    link: Link, book: Book, google: Google, now: datetime
) -> None:
    appointment = book()
    work_all(now)
    google.remove_event(HELENA, EventMirror.objects.get().google_event_id)
    cancel(appointment, now)
    work_all(now)
    assert states() == [WriteState.DONE, WriteState.DONE]


def test_another_professional_means_another_calendar(
    link: Link, book: Book, google: Google, now: datetime, aurora: Aurora, make_link: MakeLink
) -> None:
    make_link(aurora.clinic, aurora.marcos, MARCOS)
    appointment = book()
    work_all(now)
    move(appointment, now, 60, professional=aurora.marcos)
    work_all(now)
    assert (len(google.events(HELENA)), len(google.events(MARCOS))) == (0, 1)
    move(appointment, now, 120, professional=aurora.helena)
    work_all(now)
    assert (len(google.events(HELENA)), len(google.events(MARCOS))) == (1, 0)


def test_a_professional_without_a_link_takes_the_event_away(
    link: Link, book: Book, google: Google, now: datetime, aurora: Aurora
) -> None:
    appointment = book()
    work_all(now)
    move(appointment, now, 60, professional=aurora.marcos)
    work_all(now)
    assert google.events(HELENA) == []


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 503},
        {"kind": "status", "status": 429},
        {"kind": "status", "status": 403, "reason": "rateLimitExceeded"},
        {"kind": "reset"},
    ],
)
def test_google_being_away_costs_delay_and_nothing_else(
    link: Link, book: Book, google: Google, now: datetime, fault: dict[str, Any]
) -> None:
    book()
    google.fault("*", count=2, **fault)
    for attempt in (1, 2):
        work_all(now)
        write = CalendarWrite.objects.get()
        assert (write.state, write.attempt, write.lease_until) == (WriteState.QUEUED, attempt, None)
        assert write.error_code
    work_all(now)
    link.refresh_from_db()
    assert (states(), len(google.events(HELENA))) == ([WriteState.DONE], 1)
    assert (link.state, Appointment.objects.get().status) == (LinkState.LINKED, Status.BOOKED)


def test_a_quota_that_is_used_up_rests_for_an_hour(link: Link, book: Book, google: Google, now: datetime) -> None:
    book()
    google.fault("events.insert", "status", status=403, reason="quotaExceeded")
    work_all(now)
    later = CalendarWrite.objects.filter(not_before__gt=Now() + timedelta(minutes=59))
    assert later.count() == 1
    assert writes.due() == []


def test_what_google_refuses_for_good_is_shown_and_not_repeated(
    link: Link, book: Book, google: Google, now: datetime
) -> None:
    book()
    google.fault("events.insert", "status", status=400, reason="invalid")
    work_all(now)
    write = CalendarWrite.objects.get()
    assert (write.state, write.error_code) == (WriteState.FAILED, "invalid")
    assert writes.due() == []


def test_a_mistake_of_ours_is_set_aside_after_some_tries(
    link: Link, book: Book, now: datetime, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MAX_ATTEMPTS = 2
    book()
    monkeypatch.setattr(performing.events, "appointment_body", lambda facts: 1 / 0)
    work_all(now)
    assert states() == [WriteState.QUEUED]
    work_all(now)
    write = CalendarWrite.objects.get()
    assert (write.state, write.error_code) == (WriteState.FAILED, "ZeroDivisionError")


def test_a_revoked_consent_waits_for_a_person_and_then_goes_on(
    link: Link, book: Book, google: Google, now: datetime, aurora: Aurora, make_link: MakeLink
) -> None:
    first = book()
    work_all(now)
    link.refresh_from_db()
    google.revoke(link.refresh_token)
    second = book(30)
    work_all(now)
    move(first, now, 90)
    work_all(now)
    link.refresh_from_db()
    assert link.state == LinkState.NEEDS_RECONNECT
    assert states() == [WriteState.DONE, WriteState.QUEUED, WriteState.QUEUED]
    assert writes.due() == []
    make_link(aurora.clinic, aurora.helena)
    work_all(now)
    starts = {event["start"]["dateTime"] for event in google.events(HELENA, cancelled=True)}
    assert starts == {"2028-01-17T08:30:00-03:00", "2028-01-17T09:30:00-03:00"}
    assert second.pk


def test_linking_brings_the_coming_appointments_and_disconnecting_leaves_them(
    book: Book, google: Google, now: datetime, aurora: Aurora, make_link: MakeLink
) -> None:
    book()
    cancel(book(30), now)
    linked = make_link(aurora.clinic, aurora.helena)
    work_all(now)
    assert len(google.events(HELENA)) == 1
    waiting = book(60)
    linking.disconnect(clinic=aurora.clinic, link=linked, by=SYSTEM, now=now)
    work_all(now)
    assert len(google.events(HELENA)) == 1
    make_link(aurora.clinic, aurora.helena)
    work_all(now)
    # No event twice, and what came meanwhile is there.
    assert len(google.events(HELENA, cancelled=True)) == 2
    assert waiting.pk


def test_another_calendar_of_the_account_takes_the_events_with_it(
    link: Link, book: Book, google: Google, now: datetime, aurora: Aurora
) -> None:
    book()
    work_all(now)
    other = linking.list_calendars(link=link, now=now)[1]
    linking.choose_calendar(clinic=aurora.clinic, link=link, calendar_id=other.id, by=SYSTEM, now=now)
    work_all(now)
    assert (len(google.events(HELENA)), len(google.events(other.id))) == (0, 1)


def test_an_expired_lease_is_taken_over_and_the_late_worker_changes_nothing(
    link: Link, book: Book, google: Google, now: datetime
) -> None:
    book()
    mirror_id = EventMirror.objects.get().pk
    sleeper = writes.claim(mirror_id=mirror_id)
    assert sleeper is not None
    assert writes.claim(mirror_id=mirror_id) is None
    CalendarWrite.objects.update(lease_until=Now() - timedelta(seconds=1))
    assert writes.due() == [mirror_id]
    writes.work(mirror_id=mirror_id, now=now)
    before = EventMirror.objects.values().get()
    state = performing.perform(write=sleeper, now=now, deadline=Deadline.after(10, read_seconds=5))
    assert state == WriteState.SUPERSEDED
    assert EventMirror.objects.values().get() == before
    assert (states(), len(google.events(HELENA, cancelled=True))) == ([WriteState.DONE], 1)


def test_no_transaction_is_open_while_google_is_asked(
    link: Link, book: Book, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    book()
    depth = len(connection.savepoint_ids)
    seen: list[int] = []
    real = Calendar.insert_event

    def noted(self: Calendar, *args: Any) -> Any:
        seen.append(len(connection.savepoint_ids))
        return real(self, *args)

    monkeypatch.setattr(Calendar, "insert_event", noted)
    work_all(now)
    assert seen == [depth]


@pytest.mark.django_db(transaction=True)
def test_many_workers_write_one_event_once(
    link: Link, book: Book, google: Google, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    book()
    mirror_id = EventMirror.objects.get().pk
    inserts: list[int] = []
    real = Calendar.insert_event

    def slow(self: Calendar, *args: Any) -> Any:
        inserts.append(1)
        time.sleep(0.3)
        return real(self, *args)

    monkeypatch.setattr(Calendar, "insert_event", slow)
    gate = threading.Barrier(6)

    def run() -> None:
        gate.wait()
        writes.work(mirror_id=mirror_id, now=now)
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(inserts), len(google.events(HELENA, cancelled=True)), states()) == (1, 1, [WriteState.DONE])


def test_the_database_refuses_two_writers_of_one_event(link: Link, book: Book, now: datetime) -> None:
    move(book(), now, 60)
    with pytest.raises(IntegrityError, match="one_sending"), transaction.atomic():
        CalendarWrite.objects.update(state=WriteState.SENDING)


def test_a_booking_does_not_wait_for_a_running_claim(link: Link, book: Book, now: datetime) -> None:
    appointment = book()
    assert writes.claim(mirror_id=EventMirror.objects.get().pk)
    move(appointment, now, 60)
    assert states() == [WriteState.SENDING, WriteState.QUEUED]


@pytest.mark.django_db(transaction=True)
def test_from_the_portal_the_event_is_there_at_once(link: Link, book: Book, google: Google, hints: list[int]) -> None:
    hints.clear()
    book(source=Source.PORTAL)
    assert (states(), len(google.events(HELENA)), hints) == ([WriteState.DONE], 1, [])


@pytest.mark.django_db(transaction=True)
def test_from_the_chat_only_a_hint_is_left(link: Link, book: Book, google: Google, hints: list[int]) -> None:
    hints.clear()
    book()
    assert (states(), google.events(HELENA), hints) == ([WriteState.QUEUED], [], [EventMirror.objects.get().pk])


@pytest.mark.django_db(transaction=True)
def test_a_slow_google_holds_the_portal_no_longer_than_the_budget(
    link: Link, book: Book, google: Google, hints: list[int], settings: Any, now: datetime
) -> None:
    settings.CALENDAR_INLINE_SECONDS = 0.8
    google.fault("events.insert", "slow", seconds=3)
    started = time.monotonic()
    book(source=Source.API)
    assert time.monotonic() - started < 2
    assert (states(), hints[-1]) == ([WriteState.QUEUED], EventMirror.objects.get().pk)
    google.heal()
    work_all(now)
    assert (states(), len(google.events(HELENA, cancelled=True))) == ([WriteState.DONE], 1)


@pytest.mark.django_db(transaction=True)
def test_at_most_two_requests_wait_for_google(
    link: Link, book: Book, hints: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    from calendar_sync.writes import now as inline

    monkeypatch.setattr(inline, "_places", threading.BoundedSemaphore(inline.MOST_INLINE))
    for _ in range(inline.MOST_INLINE):
        inline._places.acquire()
    hints.clear()
    book(source=Source.PORTAL)
    assert (states(), len(hints)) == ([WriteState.QUEUED], 1)


@pytest.mark.django_db(transaction=True)
def test_a_booking_that_is_undone_leaves_no_write(link: Link, book: Book, hints: list[int]) -> None:
    hints.clear()
    with transaction.atomic():
        book(source=Source.PORTAL)
        transaction.set_rollback(True)
    assert (CalendarWrite.objects.count(), hints) == (0, [])


def test_a_mirror_of_another_clinic_is_refused_by_the_database(link: Link, book: Book) -> None:
    boreal = make_aurora("boreal", "100000000000002")
    foreign = factories.make_appointment(boreal.clinic, boreal.helena, boreal.consulta, boreal.dalva)
    with pytest.raises(IntegrityError, match="same_clinic"), transaction.atomic():
        EventMirror.objects.create(clinic=link.clinic, link=link, appointment=foreign, google_event_id="abcde")


def test_the_gauge_counts_what_waits(link: Link, book: Book, now: datetime) -> None:
    assert (writes.reading().depth, writes.reading().oldest_seconds) == (0, 0.0)
    book()
    book(30)
    reading = writes.reading()
    assert reading.depth == 2
    assert reading.oldest_seconds >= 0
