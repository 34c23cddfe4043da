"""Appointments and calendar compared: what differs is told, then mended; and no error of Google's decides anything."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models.functions import Now

from atendeai.testing.people import Aurora, make_aurora
from calendar_sync import pull, reconciling, timetable, writes
from calendar_sync.models import (
    CalendarWrite,
    EventMirror,
    GoogleChange,
    Link,
    LinkState,
    MirrorState,
    Origin,
    PullState,
    Reconciliation,
    RunState,
    WriteState,
)
from calendar_sync.reconciling import mending, runs
from calendar_sync.tests.agenda import busy, look_all, next_monday, read_now, timed
from calendar_sync.tests.booked import Book, cancel, work_all
from calendar_sync.tests.conftest import MakeLink
from calendar_sync.tests.google import HELENA, MARCOS, Google
from clinics import alerts, audit
from clinics.models import Alert, Appointment, AuditEntry, BusyPeriod, CloseReason, GooglePolicy, Status

HOUR = timedelta(hours=1)
LATER = timedelta(minutes=5)
Placed = Callable[..., Appointment]
Compare = Callable[..., Reconciliation]


@pytest.fixture
def monday(now: datetime) -> datetime:
    return next_monday(now)


@pytest.fixture
def placed(link: Link, book: Book, now: datetime, monday: datetime, aurora: Aurora) -> Placed:
    """An appointment whose event is in Google and known to be as we left it."""
    aurora.clinic.closes_on_holidays = False
    aurora.clinic.save()

    def make(at: datetime | None = None, **more: Any) -> Appointment:
        appointment = book(starts_at=at or monday, **more)
        work_all(now)
        read_now(link, now)
        assert not GoogleChange.objects.exists()
        return appointment

    return make


@pytest.fixture
def compare(link: Link, now: datetime) -> Compare:
    """One run, some minutes after everything else."""

    def run(*, is_preview: bool = False, origin: Origin = Origin.PERSON, of: Link | None = None) -> Reconciliation:
        asked = reconciling.ask(link=of or link, origin=origin, is_preview=is_preview, now=now + LATER)
        done = reconciling.work(run_id=asked.pk, now=now + LATER)
        assert done is not None
        return done

    return run


def test_what_cannot_be_read_is_no_difference(
    placed: Placed, compare: Compare, link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora
) -> None:
    placed()
    foreign = google.add_event(HELENA, timed(monday + HOUR))
    read_now(link, now)
    google.make_unreadable(HELENA, foreign)
    google.make_unreadable(HELENA, EventMirror.objects.get().google_event_id)
    assert compare().found == {}
    assert busy(aurora.clinic) == [(monday + HOUR, monday + 2 * HOUR)]


def test_what_does_not_even_say_which_it_is_is_no_difference(
    placed: Placed, compare: Compare, link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora
) -> None:
    placed()
    foreign = google.add_event(HELENA, timed(monday + HOUR))
    read_now(link, now)
    google.make_nameless(HELENA, foreign, EventMirror.objects.get().google_event_id)
    assert compare().found == {}
    assert busy(aurora.clinic) == [(monday + HOUR, monday + 2 * HOUR)]


def mark(clinic: Any, appointment: Any) -> dict[str, Any]:
    private = {"atendeai": "1", "clinic_id": str(clinic), "appointment_id": str(appointment)}
    return {"extendedProperties": {"private": private}}


def owners(google: Google, calendar: str = HELENA) -> list[str]:
    """Whose events the calendar holds, by the mark."""
    found = [one.get("extendedProperties", {}).get("private", {}) for one in google.events(calendar)]
    return sorted(private["appointment_id"] for private in found if private.get("atendeai"))


def test_what_agrees_is_said_to_agree(placed: Placed, compare: Compare, google: Google, monday: datetime) -> None:
    placed()
    google.add_event(HELENA, timed(monday + 4 * HOUR))
    run = compare()
    assert (run.state, run.found, run.mended, run.samples, run.events) == (RunState.DONE, {}, {}, [], 2)
    assert run.finished_at is not None


def test_a_preview_tells_and_touches_nothing(
    placed: Placed, compare: Compare, google: Google, monday: datetime, aurora: Aurora
) -> None:
    appointment = placed()
    CalendarWrite.objects.all().delete()
    EventMirror.objects.update(state=MirrorState.ABSENT, google_event_id=uuid4().hex + "g1")
    BusyPeriod.objects.create(
        clinic=aurora.clinic,
        professional=aurora.helena,
        source="google",
        external_id="1:weg",
        starts_at=monday + 5 * HOUR,
        ends_at=monday + 6 * HOUR,
    )
    run = compare(is_preview=True)
    assert (run.found["missing"], run.found["busy_extra"], run.mended) == (1, 1, {})
    assert {"kind": "missing", "appointment": appointment.pk, "at": monday.isoformat()} in run.samples
    assert not CalendarWrite.objects.exists()
    assert BusyPeriod.objects.filter(external_id="1:weg").exists()


def test_an_appointment_without_its_event_gets_it_under_its_own_id(
    placed: Placed, compare: Compare, google: Google, now: datetime
) -> None:
    appointment = placed()
    mirror = EventMirror.objects.get()
    # As after a restored backup: the event's row says that it was never written, and Google has it.
    CalendarWrite.objects.all().delete()
    EventMirror.objects.update(state=MirrorState.ABSENT, etag="")
    assert compare().mended == {"missing": 1}
    work_all(now)
    assert owners(google) == [str(appointment.pk)]
    assert [event["id"] for event in google.events(HELENA)] == [mirror.google_event_id]
    assert compare().found == {}


def test_an_appointment_that_was_never_queued_gets_its_event(
    placed: Placed, compare: Compare, google: Google, now: datetime
) -> None:
    placed()
    CalendarWrite.objects.all().delete()
    (event,) = google.events(HELENA)
    google.remove_event(HELENA, event["id"])
    GoogleChange.objects.all().delete()
    EventMirror.objects.all().delete()
    assert compare().mended == {"missing": 1}
    work_all(now)
    assert len(google.events(HELENA)) == 1


def test_the_event_of_a_cancelled_appointment_goes(
    placed: Placed, compare: Compare, google: Google, now: datetime
) -> None:
    appointment = placed()
    cancel(appointment, now)
    CalendarWrite.objects.all().delete()
    assert compare(is_preview=True).found == {"stale": 1}
    assert compare().mended == {"stale": 1}
    work_all(now)
    assert google.events(HELENA) == []
    assert compare().found == {}


def test_a_cancelled_appointment_s_event_that_somebody_restored_is_theirs(
    placed: Placed, compare: Compare, google: Google, link: Link, now: datetime
) -> None:
    appointment = placed()
    cancel(appointment, now)
    work_all(now)
    google.change_event(HELENA, EventMirror.objects.get().google_event_id, {"status": "confirmed"})
    run = compare()
    assert (run.found, run.mended) == ({"restored": 1}, {})
    assert len(google.events(HELENA)) == 1


def test_of_two_events_the_row_s_stays(placed: Placed, compare: Compare, google: Google, monday: datetime) -> None:
    appointment = placed()
    mirror = EventMirror.objects.get()
    twin = f"{mirror.key.hex}g7"
    google.add_event(HELENA, timed(monday, 30, id=twin, **mark(appointment.clinic_id, appointment.pk)))
    # An event whose id is not of our making, with a mark that somebody copied along with it.
    copied = google.add_event(HELENA, timed(monday + HOUR, **mark(appointment.clinic_id, appointment.pk)))
    run = compare()
    assert (run.found, run.mended) == ({"twin": 1, "unknown": 1}, {"twin": 1})
    assert {event["id"] for event in google.events(HELENA)} == {mirror.google_event_id, copied}
    assert AuditEntry.objects.filter(action="calendar_twin_removed").count() == 1


def test_a_twin_stays_while_the_true_event_cannot_be_seen(
    placed: Placed, compare: Compare, google: Google, monday: datetime
) -> None:
    appointment = placed()
    mirror = EventMirror.objects.get()
    google.add_event(HELENA, timed(monday, 30, id=f"{mirror.key.hex}g7", **mark(appointment.clinic_id, appointment.pk)))
    for fault in ({"status": 404}, {"status": 500}):
        google.fault("events.get", "status", **fault, count=2)
        run = compare()
        assert "twin" not in run.mended
        google.heal()
    assert len(google.events(HELENA)) == 2


def test_a_twin_stays_when_the_true_event_went_since_it_was_listed(
    placed: Placed, compare: Compare, google: Google, monday: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    appointment = placed()
    mirror = EventMirror.objects.get()
    twin = f"{mirror.key.hex}g7"
    google.add_event(HELENA, timed(monday, 30, id=twin, **mark(appointment.clinic_id, appointment.pk)))
    queue = mending.queue_writes

    def remove_then_queue(*what: Any) -> Any:
        google.remove_event(HELENA, mirror.google_event_id)
        return queue(*what)

    monkeypatch.setattr(mending, "queue_writes", remove_then_queue)
    assert compare().mended == {}
    assert [event["id"] for event in google.events(HELENA)] == [twin]


@pytest.mark.parametrize("kind", ["another clinic", "unknown here"])
def test_what_bears_a_mark_that_is_not_ours_is_never_touched(
    kind: str, placed: Placed, compare: Compare, google: Google, monday: datetime, aurora: Aurora
) -> None:
    placed()
    clinic = 999_999 if kind == "another clinic" else aurora.clinic.pk
    google.add_event(HELENA, timed(monday + 2 * HOUR, id=uuid4().hex + "g1", **mark(clinic, 424_242)))
    run = compare(origin=Origin.DAILY)
    found = "other_clinic" if kind == "another clinic" else "unknown"
    assert (run.found, run.mended) == ({found: 1}, {})
    assert len(google.events(HELENA)) == 2
    is_told = Alert.objects.filter(kind="calendar_differences", cleared_at=None).exists()
    assert is_told == (kind == "unknown here")
    assert len(alerts.banners(aurora.clinic)) == int(is_told)


def test_the_alert_goes_with_its_reason(
    placed: Placed, compare: Compare, google: Google, monday: datetime, aurora: Aurora
) -> None:
    lost = google.add_event(HELENA, timed(monday, id=uuid4().hex + "g1", **mark(aurora.clinic.pk, 424_242)))
    compare(origin=Origin.DAILY)
    google.remove_event(HELENA, lost)
    compare(origin=Origin.DAILY)
    assert not Alert.objects.filter(cleared_at=None).exists()


def test_a_wrong_time_that_nobody_made_is_written_anew(
    placed: Placed, compare: Compare, google: Google, now: datetime, monday: datetime
) -> None:
    appointment = placed()
    CalendarWrite.objects.all().delete()
    Appointment.objects.update(
        starts_at=monday + HOUR, ends_at=monday + 2 * HOUR, blocked_from=monday + HOUR, blocked_to=monday + 2 * HOUR
    )
    assert compare().mended == {"wrong_time": 1}
    work_all(now)
    (event,) = google.events(HELENA)
    assert datetime.fromisoformat(event["start"]["dateTime"]) == monday + HOUR
    appointment.refresh_from_db()
    assert appointment.starts_at == monday + HOUR


def test_a_moved_event_is_decided_by_the_clinic_s_policy(
    placed: Placed, compare: Compare, google: Google, now: datetime, monday: datetime, aurora: Aurora
) -> None:
    aurora.clinic.google_moves = GooglePolicy.ASK
    aurora.clinic.save()
    appointment = placed()
    body = timed(monday + HOUR, 30)
    google.change_event(HELENA, EventMirror.objects.get().google_event_id, {"start": body["start"], "end": body["end"]})
    compare()
    look_all(now)
    appointment.refresh_from_db()
    assert (appointment.starts_at, GoogleChange.objects.get().state) == (monday, "asked")
    # What waits for a decision is no difference.
    assert compare().found == {}


def test_a_present_event_that_google_lost_without_a_word_is_looked_up(
    placed: Placed, compare: Compare, google: Google, now: datetime, link: Link, aurora: Aurora
) -> None:
    aurora.clinic.google_deletes = GooglePolicy.AUTOMATIC
    aurora.clinic.save()
    appointment = placed()
    (event,) = google.events(HELENA)
    # The row names an event that never was: nothing about it ever came with the changes.
    ghost = EventMirror.objects.get()
    google.remove_event(HELENA, event["id"])
    read_now(link, now)
    GoogleChange.objects.all().delete()
    EventMirror.objects.filter(pk=ghost.pk).update(google_event_id=uuid4().hex + "g1")
    run = compare()
    assert (run.found, run.mended) == ({"gone": 1}, {"gone": 1})
    appointment.refresh_from_db()
    assert appointment.status == Status.BOOKED
    look_all(now)
    appointment.refresh_from_db()
    # Not found is no «deleted»: it is asked about, whatever the policy.
    assert (appointment.status, GoogleChange.objects.get().state) == (Status.BOOKED, "asked")


def test_another_etag_in_place_is_read_again(placed: Placed, compare: Compare, google: Google) -> None:
    placed()
    EventMirror.objects.update(etag='"alt"')
    run = compare()
    assert (run.found, run.mended) == ({"changed": 1}, {"changed": 1})
    (event,) = google.events(HELENA)
    assert EventMirror.objects.get().etag == event["etag"]
    assert compare().found == {}


def test_a_text_that_should_read_otherwise_is_written_anew(
    placed: Placed, compare: Compare, google: Google, now: datetime, aurora: Aurora
) -> None:
    placed()
    aurora.clinic.calendar_detail = "initials"
    aurora.clinic.save()
    assert compare().mended == {"old_text": 1}
    work_all(now)
    (event,) = google.events(HELENA)
    assert event["summary"] == "Consulta – D. N."


def test_busy_times_missing_moved_and_too_many(
    placed: Placed, compare: Compare, google: Google, link: Link, now: datetime, monday: datetime, aurora: Aurora
) -> None:
    placed()
    for hours in (2, 3, 4):
        google.add_event(HELENA, timed(monday + hours * HOUR))
    read_now(link, now)
    rows = BusyPeriod.objects.order_by("starts_at")
    rows[0].delete()
    BusyPeriod.objects.filter(pk=rows[0].pk).update(ends_at=monday + 9 * HOUR)
    BusyPeriod.objects.filter(pk=rows[1].pk).update(external_id=f"{link.pk}:weg")
    run = compare()
    assert run.found == {"busy_missing": 2, "busy_moved": 1, "busy_extra": 1}
    assert run.mended == run.found
    assert busy(aurora.clinic) == [(monday + hours * HOUR, monday + (hours + 1) * HOUR) for hours in (2, 3, 4)]


def test_a_write_that_was_set_aside_gets_another_chance(
    placed: Placed, compare: Compare, google: Google, now: datetime
) -> None:
    placed()
    CalendarWrite.objects.update(state=WriteState.FAILED, error_code="forbidden")
    assert compare().mended == {"set_aside": 1}
    work_all(now)
    assert compare().found == {}


def test_a_write_that_a_person_has_put_away_is_left_alone_until_the_appointment_changes(
    placed: Placed, compare: Compare, now: datetime
) -> None:
    appointment = placed()
    CalendarWrite.objects.update(state=WriteState.FAILED, closed_at=now, closed_reason=CloseReason.LEFT)
    assert compare().found == {}
    writes.queue_appointment(appointment=appointment)
    assert (CalendarWrite.objects.get().closed_at, CalendarWrite.objects.get().closed_reason) == (None, "")


def test_what_is_on_its_way_is_no_difference(placed: Placed, compare: Compare, book: Book, monday: datetime) -> None:
    placed()
    book(starts_at=monday + 3 * HOUR)
    assert compare().found == {}


@pytest.mark.parametrize(
    "fault",
    [
        ("events.list", "status", {"status": 500}),
        ("events.list", "status", {"status": 403, "reason": "quotaExceeded"}),
        ("events.list", "status", {"status": 404}),
        ("events.list", "reset", {}),
        ("events.list", "lost_response", {}),
    ],
)
def test_an_error_of_google_s_ends_the_run_and_changes_nothing(
    fault: tuple[str, str, dict[str, Any]],
    placed: Placed,
    compare: Compare,
    google: Google,
    link: Link,
    now: datetime,
    monday: datetime,
    aurora: Aurora,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    appointment = placed()
    google.add_event(HELENA, timed(monday + 3 * HOUR))
    read_now(link, now)
    before = busy(aurora.clinic)
    operation, kind, rule = fault
    read_first = pull.pull_now

    def read_then_break(**how: Any) -> pull.Pulled:
        read = read_first(**how)
        google.fault(operation, kind, **rule)
        return read

    monkeypatch.setattr(pull, "pull_now", read_then_break)
    PullState.objects.update(compare_due_at=Now())
    run = compare(origin=Origin.DAILY)
    assert run.state == RunState.FAILED
    assert run.error_code
    appointment.refresh_from_db()
    assert (appointment.status, busy(aurora.clinic), len(google.events(HELENA))) == (Status.BOOKED, before, 2)
    assert not CalendarWrite.objects.exclude(state=WriteState.DONE).exists()
    assert not GoogleChange.objects.exists()
    state = PullState.objects.get()
    assert state.compare_due_at is not None
    monkeypatch.setattr(pull, "pull_now", read_first)
    google.heal()
    assert compare().state == RunState.DONE


def test_a_link_to_be_reconnected_is_said_to_be_and_nothing_is_asked(
    placed: Placed, compare: Compare, link: Link
) -> None:
    placed()
    Link.objects.update(state=LinkState.NEEDS_RECONNECT)
    run = compare()
    assert (run.state, run.error_code) == (RunState.FAILED, "needs_reconnect")


def test_a_calendar_that_is_being_read_is_waited_for(placed: Placed, link: Link, now: datetime) -> None:
    placed()
    assert timetable.claim(link_id=link.pk, is_forced=True)
    run = reconciling.ask(link=link, origin=Origin.PERSON, is_preview=False, now=now)
    assert reconciling.work(run_id=run.pk, now=now) is None
    run.refresh_from_db()
    assert (run.state, run.attempt) == (RunState.QUEUED, 0)
    assert reconciling.due() == []


def test_one_open_run_per_link(link: Link, now: datetime) -> None:
    first = reconciling.ask(link=link, origin=Origin.PERSON, is_preview=True, now=now)
    assert reconciling.ask(link=link, origin=Origin.DAILY, is_preview=False, now=now) == first


def test_a_worker_that_died_is_followed_a_few_times(link: Link, now: datetime) -> None:
    run = reconciling.ask(link=link, origin=Origin.DAILY, is_preview=False, now=now)
    for _ in range(runs.TRIES):
        assert runs.claim(run.pk) is not None
        assert runs.claim(run.pk) is None
        Reconciliation.objects.update(lease_until=Now() - HOUR)
    assert runs.claim(run.pk) is None
    run.refresh_from_db()
    assert (run.state, run.error_code) == (RunState.FAILED, "given_up")


def test_a_worker_that_slept_stores_nothing(link: Link, now: datetime) -> None:
    reconciling.ask(link=link, origin=Origin.DAILY, is_preview=False, now=now)
    late = runs.claim(reconciling.due()[0])
    assert late is not None
    Reconciliation.objects.update(lease_until=Now() - HOUR)
    assert runs.claim(late.pk) is not None
    assert not runs.finish(late, [], [], code="", now=now)
    assert Reconciliation.objects.get().state == RunState.RUNNING


def test_the_day_comes_for_linked_calendars_only_and_once(
    link: Link, aurora: Aurora, make_link: MakeLink, now: datetime
) -> None:
    other = make_link(aurora.clinic, aurora.marcos, account=MARCOS)
    Link.objects.filter(pk=other.pk).update(state=LinkState.NEEDS_RECONNECT)
    assert reconciling.ask_daily(now=now) == 0
    PullState.objects.update(compare_due_at=Now())
    assert reconciling.ask_daily(now=now) == 2
    assert reconciling.ask_daily(now=now) == 0
    run = Reconciliation.objects.get()
    assert (run.link_id, run.origin, run.is_preview) == (link.pk, Origin.DAILY, False)


def test_old_reports_go(link: Link, now: datetime, compare: Compare) -> None:
    for _ in range(runs.KEPT + 3):
        Reconciliation.objects.create(
            clinic=link.clinic,
            link=link,
            origin=Origin.DAILY,
            state=RunState.DONE,
            asked_at=now,
            not_before=now,
        )
    compare()
    assert Reconciliation.objects.count() == runs.KEPT


def test_the_command_tells_and_mends(placed: Placed, google: Google, now: datetime, aurora: Aurora) -> None:
    appointment = placed()
    cancel(appointment, now)
    CalendarWrite.objects.all().delete()
    told = StringIO()
    call_command("reconcile_calendars", "--clinic", "aurora", "--dry-run", stdout=told)
    assert "stale 1 (0)" in told.getvalue()
    assert not CalendarWrite.objects.exists()
    call_command("reconcile_calendars", stdout=told)
    assert "stale 1 (1)" in told.getvalue()
    with pytest.raises(CommandError):
        call_command("reconcile_calendars", "--clinic", "outra")
    Link.objects.update(state=LinkState.NEEDS_RECONNECT)
    call_command("reconcile_calendars", stdout=told)


def test_the_command_that_only_tells_works_none_that_mends(
    placed: Placed, google: Google, now: datetime, link: Link
) -> None:
    """As after a restored backup, which may hold an open daily comparison."""
    cancel(placed(), now)
    CalendarWrite.objects.all().delete()
    daily = reconciling.ask(link=link, origin=Origin.DAILY, is_preview=False, now=now)
    told = StringIO()
    with pytest.raises(CommandError):
        call_command("reconcile_calendars", "--dry-run", stdout=told)
    daily.refresh_from_db()
    assert (daily.is_open, CalendarWrite.objects.count()) == (True, 0)
    assert "em andamento" in told.getvalue()


def test_the_command_that_mends_mends_though_somebody_is_only_looking(
    placed: Placed, google: Google, now: datetime, link: Link
) -> None:
    cancel(placed(), now)
    CalendarWrite.objects.all().delete()
    reconciling.ask(link=link, origin=Origin.PERSON, is_preview=True, now=now)
    told = StringIO()
    call_command("reconcile_calendars", stdout=told)
    assert "stale 1 (1)" in told.getvalue()


def test_a_clinic_s_run_touches_no_other_clinic(
    placed: Placed, compare: Compare, google: Google, now: datetime, make_link: MakeLink
) -> None:
    placed()
    boreal = make_aurora("boreal", "100000000000002")
    theirs = make_link(boreal.clinic, boreal.helena)
    before = len(google.events(HELENA))
    run = compare(of=theirs)
    assert (run.found, run.mended, run.clinic_id) == ({"other_clinic": 1}, {}, boreal.clinic.pk)
    assert len(google.events(HELENA)) == before


@pytest.mark.django_db(transaction=True)
def test_two_workers_compare_a_calendar_once(link: Link, now: datetime) -> None:
    run = reconciling.ask(link=link, origin=Origin.PERSON, is_preview=True, now=now)
    claims: list[Reconciliation | None] = []

    def take() -> None:
        claims.append(runs.claim(run.pk))
        connection.close()

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(one is not None for one in claims) == 1


def test_twins_are_left_to_the_next_run_when_google_fails_in_between(
    placed: Placed, compare: Compare, google: Google, monday: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    appointment = placed()
    mirror = EventMirror.objects.get()
    record = audit.record

    def record_then_break(**what: Any) -> None:
        record(**what)
        if what["action"] == "calendar_twin_removed":
            google.fault("events.delete", "status", status=503)

    for number in (7, 8):
        body = timed(monday, 30, id=f"{mirror.key.hex}g{number}", **mark(appointment.clinic_id, appointment.pk))
        google.add_event(HELENA, body)
    monkeypatch.setattr(audit, "record", record_then_break)
    run = compare()
    monkeypatch.setattr(audit, "record", record)
    assert (run.state, run.mended) == (RunState.FAILED, {"twin": 1})
    google.heal()
    assert compare().mended["twin"] == 1
    assert [event["id"] for event in google.events(HELENA)] == [mirror.google_event_id]


def test_by_a_person_is_audited_as_theirs(
    placed: Placed, google: Google, monday: datetime, link: Link, now: datetime, aurora: Aurora
) -> None:
    appointment = placed()
    mirror = EventMirror.objects.get()
    google.add_event(HELENA, timed(monday, 30, id=f"{mirror.key.hex}g2", **mark(appointment.clinic_id, appointment.pk)))
    later = now + LATER
    run = reconciling.ask(link=link, origin=Origin.PERSON, is_preview=False, now=later, by=aurora.owner)
    reconciling.work(run_id=run.pk, now=later)
    entry = AuditEntry.objects.get(action="calendar_twin_removed")
    assert (entry.actor_kind, entry.actor_id) == ("user", aurora.owner.pk)
