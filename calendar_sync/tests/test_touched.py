"""Our events touched in Google: followed, asked about, put back; and never anything because of an error."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from atendeai.testing.people import Aurora
from calendar_sync import set_aside, touched
from calendar_sync.models import CalendarWrite, ChangeKind, ChangeState, EventMirror, GoogleChange, Link, WriteState
from calendar_sync.tests.agenda import busy, look_all, next_monday, read_now, settle, state_of, timed
from calendar_sync.tests.booked import Book, work_all
from calendar_sync.tests.google import HELENA, Google
from clinics import alerts, booking
from clinics.audit import SYSTEM
from clinics.models import Alert, Appointment, AuditEntry, BusyPeriod, CloseReason, GooglePolicy, Source, Status

HOUR = timedelta(hours=1)
HALF = timedelta(minutes=30)
DAY = timedelta(days=1)
Placed = Callable[..., Appointment]


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


def policy(aurora: Aurora, **policies: str) -> None:
    for name, value in policies.items():
        setattr(aurora.clinic, name, value)
    aurora.clinic.save()


def event_id() -> str:
    return EventMirror.objects.get().google_event_id


def span(google: Google) -> list[datetime]:
    (event,) = google.events(HELENA)
    return [datetime.fromisoformat(event[edge]["dateTime"]) for edge in ("start", "end")]


def only_change() -> GoogleChange:
    return GoogleChange.objects.get()


def test_our_own_writes_come_back_as_nothing(placed: Placed, link: Link, now: datetime, aurora: Aurora) -> None:
    placed()
    assert state_of(link).changed_at == now
    assert (busy(aurora.clinic), touched.due()) == ([], [])


def test_moved_in_google_moves_the_appointment_and_writes_nothing_back(
    placed: Placed, link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora
) -> None:
    appointment = placed()
    google.change_event(HELENA, event_id(), timed(monday + 2 * HOUR, 30))
    read_now(link, now)
    # Until it is decided the new place is kept.
    assert busy(aurora.clinic) == [(monday + 2 * HOUR, monday + 2 * HOUR + HALF)]
    look_all(now)
    appointment.refresh_from_db()
    assert (appointment.starts_at, appointment.ends_at) == (monday + 2 * HOUR, monday + 2 * HOUR + HALF)
    assert (appointment.source, appointment.revision, appointment.status) == (Source.GOOGLE, 2, Status.BOOKED)
    assert busy(aurora.clinic) == []
    change = only_change()
    assert (change.state, change.kind, change.was_at) == (ChangeState.APPLIED, ChangeKind.MOVED, monday)
    assert list(CalendarWrite.objects.values_list("state", flat=True)) == [WriteState.DONE]
    entry = AuditEntry.objects.filter(action="appointment_rescheduled").get()
    assert (entry.actor_kind, entry.object_id) == ("google", str(appointment.pk))
    # And the end of it: nothing more comes of it.
    settle(link, now)
    assert GoogleChange.objects.count() == 1
    # Moved by us afterwards, the event follows again.
    booking.reschedule(
        clinic=aurora.clinic,
        appointment=appointment,
        starts_at=monday + 3 * HOUR,
        by=SYSTEM,
        now=now,
        source=Source.CHAT,
    )
    settle(link, now)
    assert span(google)[0] == monday + 3 * HOUR


def test_made_longer_in_google_the_patient_hears_nothing(
    placed: Placed, link: Link, google: Google, now: datetime, monday: datetime
) -> None:
    appointment = placed()
    google.change_event(HELENA, event_id(), timed(monday, 90))
    settle(link, now)
    appointment.refresh_from_db()
    assert (appointment.starts_at, appointment.ends_at) == (monday, monday + 3 * HALF)
    assert not AuditEntry.objects.filter(action="appointment_rescheduled").exists()
    assert AuditEntry.objects.filter(action="appointment_resized").exists()


@pytest.mark.parametrize("reason", ["outside_hours", "slot_taken", "too_soon", "booked"])
def test_what_does_not_fit_is_put_back_and_shown(
    placed: Placed, link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora, book: Book, reason: str
) -> None:
    appointment = placed()
    target = monday + 2 * HOUR
    if reason == "outside_hours":
        target = monday + 12 * HOUR
    elif reason == "too_soon":
        target = monday - 14 * DAY
    elif reason == "slot_taken":
        google.add_event(HELENA, timed(target))
    else:
        book(starts_at=target)
        work_all(now)
    event = next(one for one in google.events(HELENA) if one["summary"] == "Consulta")
    google.change_event(HELENA, event["id"], timed(target, 30, summary="Consulta", description="trazer exames"))
    settle(link, now)
    appointment.refresh_from_db()
    assert (appointment.starts_at, appointment.revision) == (monday, 1)
    shown = next(one for one in google.events(HELENA) if one["id"] == event["id"])
    assert datetime.fromisoformat(shown["start"]["dateTime"]) == monday
    # What the person wrote stays.
    assert shown["description"] == "trazer exames"
    change = only_change()
    assert (change.state, change.reason) == (
        ChangeState.PUT_BACK,
        "slot_taken" if reason == "booked" else reason,
    )
    assert Alert.objects.get(kind="calendar_put_back").cleared_at is None
    settle(link, now)
    assert GoogleChange.objects.count() == 1


@pytest.mark.parametrize("shape", ["all_day", "repeating"])
def test_what_an_appointment_cannot_be_is_put_back(
    placed: Placed, link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora, shape: str
) -> None:
    placed()
    day = {"start": {"date": f"{monday.date()}"}, "end": {"date": f"{monday.date() + DAY}"}}
    body = day if shape == "all_day" else {"recurrence": ["RRULE:FREQ=WEEKLY;COUNT=5"]}
    google.change_event(HELENA, event_id(), body)
    settle(link, now)
    assert span(google) == [monday, monday + HALF]
    assert "recurrence" not in google.events(HELENA)[0]
    assert (only_change().state, only_change().kind) == (ChangeState.PUT_BACK, ChangeKind.RESHAPED)
    settle(link, now)
    assert (GoogleChange.objects.count(), busy(aurora.clinic)) == (1, [])


def test_text_and_colour_are_theirs(
    placed: Placed, link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora
) -> None:
    appointment = placed()
    google.change_event(HELENA, event_id(), {"summary": "Dalva (retorno)", "colorId": "5"})
    read_now(link, now)
    assert (GoogleChange.objects.count(), touched.due()) == (0, [])
    assert EventMirror.objects.get().etag == google.events(HELENA)[0]["etag"]
    booking.reschedule(
        clinic=aurora.clinic,
        appointment=appointment,
        starts_at=monday + HOUR,
        by=SYSTEM,
        now=now,
        source=Source.CHAT,
    )
    settle(link, now)
    (event,) = google.events(HELENA)
    assert (event["summary"], event["colorId"]) == ("Dalva (retorno)", "5")


def test_a_move_waits_for_the_reception_where_the_clinic_wants_that(
    placed: Placed, link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora
) -> None:
    policy(aurora, google_moves=GooglePolicy.ASK)
    appointment = placed()
    google.change_event(HELENA, event_id(), timed(monday + 2 * HOUR, 30))
    settle(link, now)
    change = only_change()
    assert (change.state, change.starts_at) == (ChangeState.ASKED, monday + 2 * HOUR)
    appointment.refresh_from_db()
    assert appointment.starts_at == monday
    # The place is nobody else's meanwhile.
    assert busy(aurora.clinic) == [(monday + 2 * HOUR, monday + 2 * HOUR + HALF)]
    assert touched.open_count(aurora.clinic) == 1
    touched.accept(clinic=aurora.clinic, change_id=change.pk, etag=change.etag, user_id=aurora.receptionist.pk, now=now)
    appointment.refresh_from_db()
    assert (appointment.starts_at, busy(aurora.clinic)) == (monday + 2 * HOUR, [])
    settle(link, now)
    assert span(google)[0] == monday + 2 * HOUR
    change.refresh_from_db()
    assert (change.state, change.decided_by) == (ChangeState.APPLIED, aurora.receptionist)
    assert AuditEntry.objects.get(action="google_change_accepted").actor_id == aurora.receptionist.pk
    with pytest.raises(touched.AlreadyDecided):
        touched.accept(clinic=aurora.clinic, change_id=change.pk, etag=change.etag, user_id=1, now=now)


def test_a_refused_move_goes_back(
    placed: Placed, link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora
) -> None:
    policy(aurora, google_moves=GooglePolicy.ASK)
    placed()
    google.change_event(HELENA, event_id(), timed(monday + 2 * HOUR, 30))
    settle(link, now)
    change = only_change()
    touched.refuse(clinic=aurora.clinic, change_id=change.pk, etag=change.etag, user_id=aurora.receptionist.pk, now=now)
    settle(link, now)
    assert (span(google)[0], busy(aurora.clinic)) == (monday, [])
    assert GoogleChange.objects.count() == 1
    assert AuditEntry.objects.filter(action="google_change_refused").count() == 1


def test_a_request_changed_again_must_be_read_again(
    placed: Placed, link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora
) -> None:
    policy(aurora, google_moves=GooglePolicy.ASK)
    placed()
    google.change_event(HELENA, event_id(), timed(monday + 2 * HOUR, 30))
    settle(link, now)
    seen = only_change().etag
    google.change_event(HELENA, event_id(), timed(monday + 3 * HOUR, 30))
    settle(link, now)
    assert (only_change().state, only_change().starts_at) == (ChangeState.ASKED, monday + 3 * HOUR)
    with pytest.raises(touched.AlreadyDecided):
        touched.accept(clinic=aurora.clinic, change_id=only_change().pk, etag=seen, user_id=1, now=now)
    # Dragged home again: nothing to decide any more.
    google.change_event(HELENA, event_id(), timed(monday, 30))
    settle(link, now)
    assert (only_change().state, busy(aurora.clinic)) == (ChangeState.WITHDRAWN, [])


def test_an_accepted_move_that_no_longer_fits_changes_nothing(
    placed: Placed, link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora, book: Book
) -> None:
    policy(aurora, google_moves=GooglePolicy.ASK)
    appointment = placed()
    google.change_event(HELENA, event_id(), timed(monday + 2 * HOUR, 30))
    settle(link, now)
    book(starts_at=monday + 2 * HOUR)
    change = only_change()
    with pytest.raises(booking.CannotBook):
        touched.accept(clinic=aurora.clinic, change_id=change.pk, etag=change.etag, user_id=1, now=now)
    appointment.refresh_from_db()
    assert (appointment.starts_at, only_change().state) == (monday, ChangeState.ASKED)
    assert len(busy(aurora.clinic)) == 1


def test_a_deletion_asks_and_a_refused_one_makes_the_event_again(
    placed: Placed, link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora
) -> None:
    appointment = placed()
    first = event_id()
    google.remove_event(HELENA, first)
    settle(link, now)
    change = only_change()
    assert (change.state, change.kind, change.was_at) == (ChangeState.ASKED, ChangeKind.DELETED, monday)
    appointment.refresh_from_db()
    assert appointment.status == Status.BOOKED
    touched.refuse(clinic=aurora.clinic, change_id=change.pk, etag=change.etag, user_id=aurora.owner.pk, now=now)
    settle(link, now)
    (event,) = google.events(HELENA)
    assert (event["id"] != first, span(google)[0]) == (True, monday)
    assert GoogleChange.objects.count() == 1


def test_an_accepted_deletion_cancels(
    placed: Placed, link: Link, google: Google, now: datetime, aurora: Aurora
) -> None:
    appointment = placed()
    google.remove_event(HELENA, event_id())
    settle(link, now)
    change = only_change()
    touched.accept(clinic=aurora.clinic, change_id=change.pk, etag=change.etag, user_id=aurora.owner.pk, now=now)
    settle(link, now)
    appointment.refresh_from_db()
    change.refresh_from_db()
    assert (appointment.status, appointment.source) == (Status.CANCELLED, Source.GOOGLE)
    assert (change.state, google.events(HELENA)) == (ChangeState.APPLIED, [])


def test_a_deletion_is_followed_where_the_clinic_wants_that(
    placed: Placed, link: Link, google: Google, now: datetime, aurora: Aurora
) -> None:
    policy(aurora, google_deletes=GooglePolicy.AUTOMATIC)
    appointment = placed()
    google.remove_event(HELENA, event_id())
    settle(link, now)
    appointment.refresh_from_db()
    assert (appointment.status, only_change().state) == (Status.CANCELLED, ChangeState.APPLIED)


def test_many_deletions_at_once_are_asked_about_whatever_the_policy(
    placed: Placed, link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora
) -> None:
    policy(aurora, google_deletes=GooglePolicy.AUTOMATIC)
    for number in range(6):
        placed(monday + number * HALF)
    for mirror in EventMirror.objects.all():
        google.remove_event(HELENA, mirror.google_event_id)
    settle(link, now)
    assert Appointment.objects.filter(status=Status.BOOKED).count() == 6
    assert GoogleChange.objects.filter(state=ChangeState.ASKED).count() == 6


def test_what_is_left_of_many_deletions_still_waits_after_the_next_full_list(
    placed: Placed, link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora
) -> None:
    policy(aurora, google_deletes=GooglePolicy.AUTOMATIC)
    for number in range(8):
        placed(monday + number * HALF)
    for mirror in EventMirror.objects.all():
        google.remove_event(HELENA, mirror.google_event_id)
    settle(link, now)
    asked = GoogleChange.objects.filter(state=ChangeState.ASKED)
    for change in asked.order_by("id")[:3]:
        touched.refuse(clinic=aurora.clinic, change_id=change.pk, etag=change.etag, user_id=aurora.owner.pk, now=now)
    google.end_sync_tokens(HELENA)
    settle(link, now)
    assert Appointment.objects.filter(status=Status.BOOKED).count() == 8
    assert (asked.count(), asked.filter(is_mass=True).count()) == (5, 5)


def test_a_deletion_undone_in_google_asks_no_longer(
    placed: Placed, link: Link, google: Google, now: datetime, monday: datetime
) -> None:
    placed()
    google.remove_event(HELENA, event_id())
    settle(link, now)
    google.change_event(HELENA, event_id(), {"status": "confirmed"})
    settle(link, now)
    assert (only_change().state, span(google)[0]) == (ChangeState.WITHDRAWN, monday)


def test_missing_from_a_full_list_is_looked_up_before_it_is_believed(
    placed: Placed, link: Link, google: Google, now: datetime, aurora: Aurora
) -> None:
    policy(aurora, google_deletes=GooglePolicy.AUTOMATIC)
    appointment = placed()
    google.remove_event(HELENA, event_id())
    google.end_sync_tokens(HELENA)
    read_now(link, now)
    (change,) = GoogleChange.objects.all()
    for fault in ({"status": 500}, {"status": 429}, {"status": 403, "reason": "forbidden"}):
        google.fault("events.get", "status", **fault)
        look_all(now)
        change.refresh_from_db()
        assert (change.state, change.kind) == (ChangeState.NOTED, "")
    google.fault("events.get", "reset")
    look_all(now)
    appointment.refresh_from_db()
    change.refresh_from_db()
    assert (appointment.status, change.state, change.failures) == (Status.BOOKED, ChangeState.NOTED, 4)
    look_all(now)
    appointment.refresh_from_db()
    assert appointment.status == Status.CANCELLED


def test_not_found_alone_cancels_nothing_by_itself(
    placed: Placed, link: Link, google: Google, now: datetime, aurora: Aurora
) -> None:
    policy(aurora, google_deletes=GooglePolicy.AUTOMATIC)
    appointment = placed()
    google.remove_event(HELENA, event_id())
    google.fault("events.get", "status", status=404)
    settle(link, now)
    appointment.refresh_from_db()
    assert (appointment.status, only_change().state) == (Status.BOOKED, ChangeState.ASKED)


def test_an_event_seen_before_the_answer_to_its_own_insert_is_ours(
    link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora, book: Book
) -> None:
    book(starts_at=monday)
    google.fault("events.insert", "lost_response")
    work_all(now)
    assert (EventMirror.objects.get().state, len(google.events(HELENA))) == ("absent", 1)
    read_now(link, now)
    look_all(now)
    assert (busy(aurora.clinic), only_change().state) == ([], ChangeState.NOTED)
    settle(link, now)
    assert (GoogleChange.objects.count(), len(google.events(HELENA, cancelled=True))) == (0, 1)


def test_moved_between_a_lost_answer_and_its_repeat_is_a_move(
    link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora, book: Book
) -> None:
    appointment = book(starts_at=monday)
    google.fault("events.insert", "lost_response")
    work_all(now)
    google.change_event(HELENA, event_id(), timed(monday + 2 * HOUR, 30))
    settle(link, now)
    settle(link, now)
    appointment.refresh_from_db()
    assert (appointment.starts_at, span(google)[0]) == (monday + 2 * HOUR, monday + 2 * HOUR)
    assert len(google.events(HELENA, cancelled=True)) == 1


def test_moved_on_both_sides_ours_wins(
    placed: Placed, link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora
) -> None:
    appointment = placed()
    google.change_event(HELENA, event_id(), timed(monday + 2 * HOUR, 30))
    read_now(link, now)
    booking.reschedule(
        clinic=aurora.clinic,
        appointment=appointment,
        starts_at=monday + 3 * HOUR,
        by=SYSTEM,
        now=now,
        source=Source.CHAT,
    )
    settle(link, now)
    settle(link, now)
    appointment.refresh_from_db()
    assert (appointment.starts_at, span(google)[0]) == (monday + 3 * HOUR, monday + 3 * HOUR)
    assert (busy(aurora.clinic), only_change().state) == ([], ChangeState.WITHDRAWN)


def test_what_people_did_while_the_link_was_broken_is_read_and_not_overwritten(
    placed: Placed, link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora, make_link: Any
) -> None:
    appointment = placed()
    link.refresh_from_db()
    google.revoke(link.refresh_token)
    assert read_now(link, now).state == "failed"
    google.change_event(HELENA, event_id(), timed(monday + 2 * HOUR, 30))
    again = make_link(aurora.clinic, aurora.helena)
    settle(again, now)
    appointment.refresh_from_db()
    assert (appointment.starts_at, span(google)[0]) == (monday + 2 * HOUR, monday + 2 * HOUR)
    assert len(google.events(HELENA, cancelled=True)) == 1


def test_a_rewrite_of_the_text_leaves_a_move_that_nobody_has_read_yet(
    placed: Placed, link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora
) -> None:
    appointment = placed()
    google.change_event(HELENA, event_id(), timed(monday + 2 * HOUR, 30))
    from calendar_sync import writes

    writes.queue_appointment(appointment=appointment)
    settle(link, now)
    appointment.refresh_from_db()
    assert (appointment.starts_at, span(google)[0]) == (monday + 2 * HOUR, monday + 2 * HOUR)


def test_past_appointments_are_left_alone(
    link: Link, google: Google, now: datetime, aurora: Aurora, book: Book
) -> None:
    appointment = book(starts_at=now - 3 * HOUR)
    work_all(now)
    read_now(link, now)
    google.remove_event(HELENA, event_id())
    settle(link, now)
    appointment.refresh_from_db()
    assert (appointment.status, GoogleChange.objects.count()) == (Status.BOOKED, 0)


def test_an_event_of_ours_that_cannot_be_read_is_not_missing(
    placed: Placed, link: Link, google: Google, now: datetime, aurora: Aurora
) -> None:
    policy(aurora, google_deletes=GooglePolicy.AUTOMATIC)
    placed()
    google.make_unreadable(HELENA, event_id())
    google.end_sync_tokens(HELENA)
    settle(link, now)
    assert (GoogleChange.objects.count(), state_of(link).failures) == (0, 0)


def test_an_event_restored_after_its_cancellation_only_takes_time(
    placed: Placed, link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora
) -> None:
    appointment = placed()
    booking.cancel(clinic=aurora.clinic, appointment=appointment, by=SYSTEM, now=now, source=Source.CHAT)
    settle(link, now)
    google.change_event(HELENA, event_id(), {"status": "confirmed"})
    settle(link, now)
    assert busy(aurora.clinic) == [(monday, monday + HALF)]


def test_another_clinics_event_in_a_shared_calendar_is_foreign_and_a_colleagues_is_ours(
    placed: Placed, link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora, book: Book
) -> None:
    body = timed(monday + 4 * HOUR)
    body["extendedProperties"] = {"private": {"atendeai": "1", "clinic_id": "999999", "appointment_id": "1"}}
    google.add_event(HELENA, body)
    read_now(link, now)
    assert busy(aurora.clinic) == [(monday + 4 * HOUR, monday + 5 * HOUR)]


def test_a_foreign_event_over_an_appointment_is_told_and_moves_nothing(
    placed: Placed, link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora
) -> None:
    appointment = placed()
    dentist = google.add_event(HELENA, timed(monday))
    read_now(link, now + HOUR)
    (conflict,) = touched.conflicts(aurora.clinic, now=now)
    assert (conflict.appointment, conflict.busy_from, conflict.busy_to) == (appointment, monday, monday + HOUR)
    assert [banner.text for banner in alerts.banners(aurora.clinic)] != []
    appointment.refresh_from_db()
    assert (appointment.starts_at, appointment.revision) == (monday, 1)
    # Read and dismissed: the next pull does not bring it up again.
    alert = Alert.objects.get(kind="calendar_conflict")
    alerts.dismiss(clinic=aurora.clinic, alert_id=alert.pk, by=SYSTEM, now=now)
    read_now(link, now + 2 * HOUR)
    assert alerts.banners(aurora.clinic) == []
    google.remove_event(HELENA, dentist)
    read_now(link, now + 2 * HOUR)
    assert touched.conflicts(aurora.clinic, now=now) == []


def test_the_place_kept_for_a_move_is_no_conflict_with_itself(
    placed: Placed, link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora
) -> None:
    policy(aurora, google_moves=GooglePolicy.ASK)
    placed()
    google.change_event(HELENA, event_id(), timed(monday + timedelta(minutes=15), 30))
    settle(link, now)
    assert BusyPeriod.objects.count() == 1
    assert touched.conflicts(aurora.clinic, now=now) == []
    assert not Alert.objects.filter(kind="calendar_conflict").exists()


def test_another_clinic_decides_nothing_here(
    placed: Placed, link: Link, google: Google, now: datetime, aurora: Aurora
) -> None:
    from atendeai.testing.people import make_aurora

    boreal = make_aurora("boreal", "100000000000002")
    placed()
    google.remove_event(HELENA, event_id())
    settle(link, now)
    change = only_change()
    for decide in (touched.accept, touched.refuse):
        with pytest.raises(touched.AlreadyDecided):
            decide(clinic=boreal.clinic, change_id=change.pk, etag=change.etag, user_id=boreal.owner.pk, now=now)
    assert only_change().state == ChangeState.ASKED


def test_what_breaks_each_time_is_set_aside_and_a_new_touch_begins_anew(
    placed: Placed, link: Link, google: Google, now: datetime, monday: datetime, settings: Any, monkeypatch: Any
) -> None:
    settings.MAX_ATTEMPTS = 2
    placed()
    google.change_event(HELENA, event_id(), timed(monday + 2 * HOUR, 30))
    read_now(link, now)
    with monkeypatch.context() as patch:
        patch.setattr("calendar_sync.touched.looking.settle", lambda **_: 1 / 0)
        for _ in range(2):
            make_due()
            look_all(now)
    change = only_change()
    assert (change.faults, change.look_at, change.error_code) == (2, None, "ZeroDivisionError")
    assert change.set_aside_at is not None
    google.change_event(HELENA, event_id(), timed(monday + 3 * HOUR, 30))
    read_now(link, now)
    again = only_change()
    assert (again.faults, again.set_aside_at) == (0, None)
    assert touched.due() == [again.pk]


def test_put_away_it_is_pending_again_once_a_new_touch_breaks_too(
    placed: Placed, link: Link, google: Google, now: datetime, monday: datetime, settings: Any, monkeypatch: Any
) -> None:
    settings.MAX_ATTEMPTS = 1
    placed()
    monkeypatch.setattr("calendar_sync.touched.looking.settle", lambda **_: 1 / 0)
    for hours in (2, 3):
        google.change_event(HELENA, event_id(), timed(monday + hours * HOUR, 30))
        read_now(link, now)
        make_due()
        look_all(now)
        assert set_aside.changes(link.clinic_id).get() == only_change()
        GoogleChange.objects.update(closed_at=now, closed_reason=CloseReason.LEFT)


def make_due() -> None:
    GoogleChange.objects.update(look_at=Now())


def test_what_loses_its_worker_each_time_is_set_aside(
    placed: Placed, link: Link, google: Google, now: datetime, monday: datetime, settings: Any, monkeypatch: Any
) -> None:
    settings.MAX_ATTEMPTS = 2
    placed()
    google.change_event(HELENA, event_id(), timed(monday + 2 * HOUR, 30))
    read_now(link, now)
    with monkeypatch.context() as patch:
        patch.setattr("calendar_sync.touched.looking._get", killed)
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                look_all(now)
            make_due()
    look_all(now)
    change = only_change()
    assert (change.faults, change.look_at, change.error_code) == (2, None, "worker_lost")
    assert change.set_aside_at is not None


def killed(*_: Any) -> None:
    """Not an Exception: nothing is noted, as when the process is killed."""
    raise KeyboardInterrupt
