"""Links of our own calendars: the person's busy times come without events, and unknown is never free."""

from datetime import datetime, timedelta

import pytest

from atendeai.testing.people import Aurora
from calendar_sync import linking, touched
from calendar_sync.models import Link
from calendar_sync.tests.agenda import busy, next_monday, read_now, state_of, timed
from calendar_sync.tests.booked import Book, work_all
from calendar_sync.tests.conftest import MakeLink
from calendar_sync.tests.google import HELENA, Google
from clinics import alerts
from clinics.audit import SYSTEM
from clinics.models import Alert, Appointment, BusyPeriod, CalendarMode, Clinic

HOUR = timedelta(hours=1)


@pytest.fixture
def own(aurora: Aurora, make_link: MakeLink) -> Link:
    """A calendar made by us; the person's main one is seen through free/busy only."""
    Clinic.objects.filter(pk=aurora.clinic.pk).update(calendar_mode=CalendarMode.OWN, horizon_days=120)
    aurora.clinic.refresh_from_db()
    return make_link(aurora.clinic, aurora.helena)


def test_the_persons_busy_times_come_over_the_whole_window_and_go_again(
    own: Link, google: Google, now: datetime, aurora: Aurora
) -> None:
    monday = next_monday(now)
    assert own.mode == CalendarMode.OWN
    first = google.add_event(HELENA, timed(monday))
    # Beyond what Google answers for at once, and one that two answers share.
    google.add_event(HELENA, timed(monday + timedelta(days=100)))
    google.add_event(HELENA, timed(now - timedelta(days=1) + timedelta(days=60) - HOUR, 120))
    google.add_event(own.calendar_id, timed(monday + 3 * HOUR))
    assert read_now(own, now).code == ""
    starts = [start for start, _ in busy(aurora.clinic)]
    assert monday in starts
    assert monday + timedelta(days=100) in starts
    # What somebody puts into our calendar takes time too.
    assert monday + 3 * HOUR in starts
    assert state_of(own).free_busy_at == now
    google.remove_event(HELENA, first)
    read_now(own, now)
    assert monday not in [start for start, _ in busy(aurora.clinic)]
    # A full list of our calendar leaves what is known of the other one.
    google.end_sync_tokens(own.calendar_id)
    count = len(busy(aurora.clinic))
    read_now(own, now)
    assert len(busy(aurora.clinic)) == count


def test_what_lies_beyond_sixty_days_is_asked_for_once_an_hour(
    own: Link, google: Google, now: datetime, aurora: Aurora
) -> None:
    near, far = next_monday(now), next_monday(now) + timedelta(days=100)
    read_now(own, now)
    google.add_event(HELENA, timed(near))
    late = google.add_event(HELENA, timed(far))
    read_now(own, now + HOUR / 2)
    assert [start for start, _ in busy(aurora.clinic)] == [near]
    read_now(own, now + HOUR)
    assert [start for start, _ in busy(aurora.clinic)] == [near, far]
    google.remove_event(HELENA, late)
    read_now(own, now + HOUR * 1.5)
    assert [start for start, _ in busy(aurora.clinic)] == [near, far]
    read_now(own, now + HOUR * 2)
    assert [start for start, _ in busy(aurora.clinic)] == [near]


def test_what_reaches_over_the_sixty_days_is_never_free_for_a_moment(
    own: Link, google: Google, now: datetime, aurora: Aurora
) -> None:
    edge = (now - timedelta(days=1) + timedelta(days=60)).replace(microsecond=0)
    starts_at, ends_at = edge - HOUR, edge + 5 * HOUR
    google.add_event(HELENA, timed(starts_at, 360))
    for minutes in (0, 10, 20, 50, 60, 70):
        read_now(own, now + timedelta(minutes=minutes))
        assert covers(busy(aurora.clinic), starts_at, ends_at), minutes


def covers(periods: list[tuple[datetime, datetime]], starts_at: datetime, ends_at: datetime) -> bool:
    """Whether they leave no gap."""
    for start, end in periods:
        if start <= starts_at:
            starts_at = max(starts_at, end)
    return starts_at >= ends_at


def test_who_shows_the_whole_calendar_from_now_on_is_no_longer_busy_by_the_answers_of_before(
    own: Link, google: Google, now: datetime, aurora: Aurora, make_link: MakeLink
) -> None:
    monday = next_monday(now)
    gone = google.add_event(HELENA, timed(monday))
    google.add_event(HELENA, timed(monday + 3 * HOUR))
    read_now(own, now)
    Clinic.objects.filter(pk=aurora.clinic.pk).update(calendar_mode=CalendarMode.EXISTING)
    aurora.clinic.refresh_from_db()
    make_link(aurora.clinic, aurora.helena)
    link = linking.choose_calendar(clinic=aurora.clinic, link=own, calendar_id=HELENA, by=SYSTEM, now=now)
    google.remove_event(HELENA, gone)
    read_now(link, now)
    assert (link.pk, link.mode) == (own.pk, CalendarMode.EXISTING)
    assert busy(aurora.clinic) == [(monday + 3 * HOUR, monday + 4 * HOUR)]
    assert list(BusyPeriod.objects.exclude(external_id__contains="freebusy")) == list(BusyPeriod.objects.all())


def test_something_over_an_appointment_is_told_here_too(
    own: Link, google: Google, now: datetime, aurora: Aurora, book: Book
) -> None:
    monday = next_monday(now)
    appointment = book(starts_at=monday)
    # Else an appointment booked since the last pull is looked at anyway.
    Appointment.objects.update(created_at=now - HOUR)
    work_all(now)
    read_now(own, now)
    # In our calendar it is in nobody's way, least of all its own.
    assert (touched.conflicts(aurora.clinic, now=now), conflict_alerts()) == ([], 0)
    dentist = google.add_event(HELENA, timed(monday))
    read_now(own, now + HOUR)
    (conflict,) = touched.conflicts(aurora.clinic, now=now)
    assert (conflict.appointment, conflict_alerts()) == (appointment, 1)
    # Read and dismissed: the next pull does not bring it up again.
    alerts.dismiss(clinic=aurora.clinic, alert_id=Alert.objects.get().pk, by=SYSTEM, now=now)
    read_now(own, now + 2 * HOUR)
    assert alerts.banners(aurora.clinic) == []
    google.remove_event(HELENA, dentist)
    read_now(own, now + 3 * HOUR)
    assert (touched.conflicts(aurora.clinic, now=now), conflict_alerts()) == ([], 0)


def test_an_event_not_yet_moved_into_our_calendar_is_not_in_its_appointments_way(
    link: Link, google: Google, now: datetime, aurora: Aurora, book: Book, make_link: MakeLink
) -> None:
    monday = next_monday(now)
    book(starts_at=monday)
    # Else an appointment booked since the last pull is looked at anyway.
    Appointment.objects.update(created_at=now - HOUR)
    work_all(now)
    Clinic.objects.filter(pk=aurora.clinic.pk).update(calendar_mode=CalendarMode.OWN)
    aurora.clinic.refresh_from_db()
    moved = make_link(aurora.clinic, aurora.helena)
    read_now(moved, now)
    assert len(busy(aurora.clinic)) == 1
    assert (touched.conflicts(aurora.clinic, now=now), conflict_alerts()) == ([], 0)
    work_all(now)
    # Somebody's own event at that time is a conflict once ours is gone from there.
    google.add_event(HELENA, timed(monday))
    read_now(moved, now + HOUR)
    assert (len(touched.conflicts(aurora.clinic, now=now)), conflict_alerts()) == (1, 1)


def conflict_alerts() -> int:
    return Alert.objects.filter(kind="calendar_conflict", cleared_at=None).count()


@pytest.mark.parametrize("kind", ["inside", "outside"])
def test_unknown_is_not_free(own: Link, google: Google, now: datetime, aurora: Aurora, kind: str) -> None:
    monday = next_monday(now)
    google.add_event(HELENA, timed(monday))
    read_now(own, now)
    if kind == "inside":
        google.fail_free_busy(HELENA, "internalError")
    else:
        google.fault("freebusy.query", "status", status=503)
    try:
        assert read_now(own, now + HOUR).state == "failed"
        assert [start for start, _ in busy(aurora.clinic)] == [monday]
        # How old it is can be told.
        assert (state_of(own).free_busy_at, state_of(own).failures) == (now, 1)
    finally:
        google.fail_free_busy(HELENA, None)
    assert read_now(own, now + HOUR).state == "done"
