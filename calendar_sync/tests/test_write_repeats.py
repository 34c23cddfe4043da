"""Lost answers, outages, two workers, dead workers: never twice, never lost."""

import signal
import threading
import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now

from atendeai.testing.people import Aurora
from atendeai.testing.processes import dies, ends
from calendar_sync import events, purging, service, set_aside, writes
from calendar_sync.deadline import Deadline
from calendar_sync.google_api import Calendar
from calendar_sync.models import CalendarWrite, Channel, EventMirror, Link, LinkState, MirrorState, WriteState
from calendar_sync.tests.booked import START, Book, cancel, move, states, work_all
from calendar_sync.tests.conftest import MakeLink
from calendar_sync.tests.google import HELENA, Google
from calendar_sync.writes import perform as performing
from clinics.models import Appointment, Status


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


def test_a_program_s_wishes_behind_one_that_rests_fill_no_sweep(
    link: Link, book: Book, google: Google, now: datetime
) -> None:
    program = service.GoogleCalendarService(link.clinic_id)
    told = {"title": "Reunião", "start_time": START + timedelta(hours=4), "end_time": START + timedelta(hours=5)}
    google.fault("*", "status", status=503, count=1)
    made = program.create_event(told)
    for number in range(3):
        assert program.update_event(made.id, {"title": f"Reunião {number}"}).state == "queued"
    appointment = book()
    assert writes.due(limit=1) == [EventMirror.objects.get(appointment=appointment).pk]
    work_all(now)
    assert "Reunião 2" in {event["summary"] for event in google.events(HELENA)}
    assert set(states()) == {WriteState.DONE}


def test_rewrites_behind_a_wish_that_rests_fill_no_sweep(link: Link, book: Book, google: Google, now: datetime) -> None:
    appointment, other = book(), book(60)
    google.fault("events.insert", "status", status=503, count=1)
    mirror = EventMirror.objects.get(appointment=appointment)
    writes.work(mirror_id=mirror.pk, now=now)
    writes.queue_rewrite(appointment=appointment)
    CalendarWrite.objects.filter(kind="rewrite").update(not_before=Now() - timedelta(hours=1))
    assert writes.due(limit=1) == [EventMirror.objects.get(appointment=other).pk]


def test_what_google_refuses_for_good_is_shown_and_not_repeated(
    link: Link, book: Book, google: Google, now: datetime
) -> None:
    book()
    google.fault("events.insert", "status", status=400, reason="invalid")
    work_all(now)
    write = CalendarWrite.objects.get()
    assert (write.state, write.error_code) == (WriteState.FAILED, "invalid")
    assert writes.due() == []


def test_a_newer_version_that_is_written_settles_what_was_refused(
    link: Link, book: Book, google: Google, now: datetime
) -> None:
    appointment = book()
    google.fault("events.insert", "status", status=400, reason="invalid")
    work_all(now)
    assert set_aside.writes(link.clinic_id).count() == 1
    move(appointment, now, 60)
    work_all(now)
    assert states() == [WriteState.SUPERSEDED, WriteState.DONE]
    assert not set_aside.writes(link.clinic_id).exists()


def test_a_mistake_of_ours_is_set_aside_after_some_tries(
    link: Link, book: Book, now: datetime, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MAX_ATTEMPTS = 2
    book()
    monkeypatch.setattr(events, "appointment_body", lambda facts: 1 / 0)
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


def test_a_late_worker_gives_way_to_the_one_that_took_over(
    link: Link, book: Book, google: Google, now: datetime
) -> None:
    book()
    mirror_id = EventMirror.objects.get().pk
    sleeper = writes.claim(mirror_id=mirror_id)
    CalendarWrite.objects.update(lease_until=Now() - timedelta(seconds=1))
    heir = writes.claim(mirror_id=mirror_id)
    assert sleeper
    assert heir
    state = performing.perform(write=sleeper, now=now, deadline=Deadline.after(10, read_seconds=5))
    assert (state, google.events(HELENA)) == (WriteState.SUPERSEDED, [])
    assert states() == [WriteState.SENDING]
    assert performing.perform(write=heir, now=now, deadline=Deadline.after(10, read_seconds=5)) == WriteState.DONE


def test_no_transaction_is_open_while_google_is_asked(
    link: Link, book: Book, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    book()
    depth = len(connection.savepoint_ids)
    seen: list[int] = []
    real = Calendar.insert_event

    def noted(self: Calendar, *args: Any, **more: Any) -> Any:
        seen.append(len(connection.savepoint_ids))
        return real(self, *args, **more)

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

    def slow(self: Calendar, *args: Any, **more: Any) -> Any:
        inserts.append(1)
        time.sleep(0.3)
        return real(self, *args, **more)

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
def test_a_wish_that_kills_its_worker_is_set_aside_and_the_next_one_counts(
    link: Link, book: Book, google: Google, now: datetime, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MAX_ATTEMPTS = 2
    appointment = book()
    mirror = EventMirror.objects.get()
    with monkeypatch.context() as patch:
        patch.setattr(performing, "_wished_body", dies)
        for _ in range(2):
            assert ends(lambda: writes.work(mirror_id=mirror.pk, now=now)) == signal.SIGKILL
            CalendarWrite.objects.update(lease_until=Now() - timedelta(seconds=1))
        assert ends(lambda: writes.work(mirror_id=mirror.pk, now=now)) == 0
    write = CalendarWrite.objects.get()
    assert (write.state, write.error_code, write.faults) == (WriteState.FAILED, "worker_lost", 2)
    move(appointment, now, 60)
    work_all(now)
    assert len(google.events(HELENA)) == 1


@pytest.mark.parametrize(
    ("state", "closed", "goes"),
    [
        ("done", False, True),
        ("superseded", False, True),
        ("failed", False, False),
        ("failed", True, True),
        ("queued", False, False),
        ("sending", False, False),
    ],
)
def test_old_wishes_go_and_what_google_shows_stays_known(
    state: str, closed: bool, goes: bool, link: Link, book: Book, google: Google, now: datetime
) -> None:
    appointment = book()
    work_all(now)
    old = now - timedelta(days=41)
    CalendarWrite.objects.update(state=state, created_at=old, done_at=old, closed_at=now if closed else None)
    assert not purging.purge()
    assert CalendarWrite.objects.exists() is not goes
    if goes:
        assert service.appointment_calendars([appointment.pk])[appointment.pk]["state"] == "done"


def test_wishes_of_this_month_stay(link: Link, book: Book, google: Google, now: datetime) -> None:
    book()
    work_all(now)
    CalendarWrite.objects.update(created_at=now - timedelta(days=39))
    purging.purge()
    assert CalendarWrite.objects.count() == 1


@pytest.mark.parametrize(
    ("state", "age", "lasts", "goes"),
    [
        # One that Google refused never had an end.
        ("ended", 41, None, True),
        ("ended", 48, 7, True),
        ("ended", 41, 7, False),
        ("ended", 39, None, False),
        ("opening", 90, None, False),
        ("live", 90, 7, False),
    ],
)
def test_ended_channels_go(state: str, age: int, lasts: int | None, goes: bool, link: Link, now: datetime) -> None:
    made_at = now - timedelta(days=age)
    expires_at = None if lasts is None else made_at + timedelta(days=lasts)
    channel = Channel.objects.create(
        clinic=link.clinic, link=link, calendar_id="c", channel_id="old", resource_id="r", expires_at=expires_at
    )
    Channel.objects.filter(pk=channel.pk).update(state=state, created_at=made_at)
    assert not purging.purge()
    assert Channel.objects.filter(pk=channel.pk).exists() is not goes
