"""What people put into Google becomes busy time here: in full lists, in changes, and never half."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from atendeai.testing.people import Aurora
from calendar_sync import linking, pull, timetable
from calendar_sync.busy import LATEST
from calendar_sync.models import Link, PullState
from calendar_sync.pull import applying
from calendar_sync.tests.agenda import busy, make_old, next_monday, read_now, state_of, timed
from calendar_sync.tests.conftest import MakeLink
from calendar_sync.tests.google import HELENA, MARCOS, Google
from clinics import availability, booking
from clinics.audit import SYSTEM
from clinics.models import BusyPeriod, Source

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def monday(now: datetime) -> datetime:
    return next_monday(now)


def test_a_linked_calendar_is_due_at_once(link: Link) -> None:
    assert timetable.due() == [link.pk]
    state = state_of(link)
    assert (state.full_wanted, state.wanted_at is not None) == (True, True)


def test_what_is_in_the_calendar_is_busy_and_what_takes_no_time_is_not(
    link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora
) -> None:
    google.add_event(HELENA, timed(monday))
    google.add_event(HELENA, timed(monday + 2 * HOUR, transparency="transparent"))
    google.add_event(HELENA, timed(monday + 3 * HOUR, eventType="workingLocation"))
    declined = [{"email": HELENA, "self": True, "responseStatus": "declined"}]
    google.add_event(HELENA, timed(monday + 4 * HOUR, attendees=declined))
    google.add_event(HELENA, timed(monday + 5 * HOUR, eventType="outOfOffice", status="tentative"))
    assert read_now(link, now) == pull.Pulled("done", 5)
    assert [start for start, _ in busy(aurora.clinic)] == [monday, monday + 5 * HOUR]
    row = BusyPeriod.objects.order_by("id")[0]
    # Nothing of what the event says is kept.
    assert (row.note, row.professional_id, row.source) == ("", aurora.helena.pk, "google")
    assert availability.is_busy(
        clinic=aurora.clinic, professional=aurora.helena, starts_at=monday, ends_at=monday + HOUR
    )


def test_changes_come_by_token_and_a_quiet_calendar_keeps_a_new_one(
    link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora
) -> None:
    moved = google.add_event(HELENA, timed(monday))
    gone = google.add_event(HELENA, timed(monday + 2 * HOUR))
    read_now(link, now)
    first = state_of(link).sync_token
    assert read_now(link, now) == pull.Pulled("done", 0)
    google.change_event(HELENA, moved, timed(monday + DAY))
    google.remove_event(HELENA, gone)
    google.add_event(HELENA, timed(monday + 5 * HOUR))
    assert read_now(link, now).events == 3
    assert [start for start, _ in busy(aurora.clinic)] == [monday + 5 * HOUR, monday + DAY]
    assert first
    assert state_of(link).sync_token != first


def test_a_whole_day_of_another_zone(
    link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora
) -> None:
    day = monday.date()
    google.add_event(HELENA, {"start": {"date": f"{day}"}, "end": {"date": f"{day + DAY}"}})
    tokyo = {"dateTime": f"{day + DAY}T23:00:00", "timeZone": "Asia/Tokyo"}
    google.add_event(HELENA, {"start": tokyo, "end": {**tokyo, "dateTime": f"{day + 2 * DAY}T00:00:00"}})
    read_now(link, now)
    midnight = monday - 8 * HOUR
    in_tokyo = datetime(monday.year, monday.month, monday.day, 14, tzinfo=UTC) + DAY
    assert busy(aurora.clinic) == [(midnight, midnight + DAY), (in_tokyo, in_tokyo + HOUR)]


def test_an_event_without_an_end_in_sight_keeps_no_other_from_being_read(
    link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora
) -> None:
    last = {"dateTime": "9999-12-31T23:59:59", "timeZone": "America/Sao_Paulo"}
    google.add_event(HELENA, {**timed(monday + DAY), "end": last})
    google.add_event(HELENA, timed(monday))
    assert read_now(link, now) == pull.Pulled("done", 2)
    assert busy(aurora.clinic) == [(monday, monday + HOUR), (monday + DAY, LATEST)]


def test_what_was_known_of_an_event_stays_while_it_cannot_be_read(
    link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora
) -> None:
    event = google.add_event(HELENA, timed(monday))
    other = google.add_event(HELENA, timed(monday + DAY))
    read_now(link, now)
    google.make_unreadable(HELENA, event)
    google.remove_event(HELENA, other)
    assert read_now(link, now).state == "done"
    assert busy(aurora.clinic) == [(monday, monday + HOUR)]
    google.end_sync_tokens(HELENA)
    assert read_now(link, now).state == "done"
    assert busy(aurora.clinic) == [(monday, monday + HOUR)]
    google.remove_event(HELENA, event)
    read_now(link, now)
    assert busy(aurora.clinic) == []


def test_a_list_with_an_event_that_does_not_say_which_it_is_frees_only_what_it_names(
    link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora
) -> None:
    event = google.add_event(HELENA, timed(monday))
    other = google.add_event(HELENA, timed(monday + DAY))
    read_now(link, now)
    google.make_nameless(HELENA, event)
    google.remove_event(HELENA, other)
    google.end_sync_tokens(HELENA)
    assert read_now(link, now).state == "done"
    assert (monday, monday + HOUR) in busy(aurora.clinic)
    google.make_nameless(HELENA)
    google.end_sync_tokens(HELENA)
    read_now(link, now)
    assert busy(aurora.clinic) == [(monday, monday + HOUR)]


def test_a_series_with_its_exceptions(
    link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora
) -> None:
    rule = ["RRULE:FREQ=WEEKLY;COUNT=4", f"EXDATE:{monday + 21 * DAY:%Y%m%dT%H%M%SZ}"]
    series = google.add_event(HELENA, timed(monday, recurrence=rule))
    read_now(link, now)
    assert [start for start, _ in busy(aurora.clinic)] == [monday + days * DAY for days in (0, 7, 14)]
    second = f"{series}_{monday + 7 * DAY:%Y%m%dT%H%M%SZ}"
    google.change_event(HELENA, second, timed(monday + 8 * DAY))
    google.remove_event(HELENA, f"{series}_{monday:%Y%m%dT%H%M%SZ}")
    read_now(link, now)
    assert [start for start, _ in busy(aurora.clinic)] == [monday + days * DAY for days in (8, 14)]
    google.remove_event(HELENA, series)
    read_now(link, now)
    assert busy(aurora.clinic) == []


def test_a_series_named_only_by_itself_when_it_goes_frees_its_instances(
    link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora
) -> None:
    google.add_event(HELENA, timed(monday, recurrence=["RRULE:FREQ=DAILY;COUNT=3"]))
    other = google.add_event(HELENA, timed(monday + 30 * DAY))
    read_now(link, now)
    name = BusyPeriod.objects.exclude(external_id__contains=other).values_list("external_id", flat=True)[0]
    series = name.split(":")[1].split("_")[0]
    applying._drop(link, {series})
    assert busy(aurora.clinic) == [(monday + 30 * DAY, monday + 30 * DAY + HOUR)]


def test_only_the_window_is_kept_and_an_endless_series_does_not_fill_the_table(
    link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora
) -> None:
    read_now(link, now)
    google.add_event(HELENA, timed(monday, recurrence=["RRULE:FREQ=DAILY"]))
    far = google.add_event(HELENA, timed(monday + 10 * HOUR))
    assert read_now(link, now).events > 700
    last = busy(aurora.clinic)[-1]
    assert last[0] < now + timedelta(days=aurora.clinic.horizon_days + 8)
    # Out of the window is out of the table, not left where it was.
    google.change_event(HELENA, far, timed(monday + 400 * DAY))
    read_now(link, now)
    assert monday + 10 * HOUR not in [start for start, _ in busy(aurora.clinic)]


def test_the_window_rolls_once_a_day(
    link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora
) -> None:
    read_now(link, now)
    google.add_event(HELENA, timed(monday, recurrence=["RRULE:FREQ=DAILY"]))
    read_now(link, now)
    before = busy(aurora.clinic)[-1]
    make_old(link, full_at=timedelta(hours=29))
    read_now(link, now + DAY)
    assert busy(aurora.clinic)[-1][0] == before[0] + DAY
    assert state_of(link).full_at == now + DAY


def test_a_longer_booking_window_is_read_at_once(link: Link, google: Google, now: datetime, aurora: Aurora) -> None:
    far = next_monday(now) + 200 * DAY
    google.add_event(HELENA, timed(far))
    read_now(link, now)
    assert busy(aurora.clinic) == []
    aurora.clinic.horizon_days = 300
    aurora.clinic.save()
    read_now(link, now)
    assert busy(aurora.clinic) == [(far, far + HOUR)]


def test_a_dead_token_means_everything_again_with_nothing_free_meanwhile(
    link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = google.add_event(HELENA, timed(monday))
    gone = google.add_event(HELENA, timed(monday + 2 * HOUR))
    read_now(link, now)
    rows = dict(BusyPeriod.objects.values_list("external_id", "id"))
    google.remove_event(HELENA, gone)
    google.end_sync_tokens(HELENA)
    assert read_now(link, now).state == "done"
    # The same row all along: it was never taken away and put back.
    assert dict(BusyPeriod.objects.values_list("external_id", "id")) == {f"{link.pk}:{kept}": rows[f"{link.pk}:{kept}"]}
    assert read_now(link, now).events == 0


def test_pages_to_the_end(
    link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("calendar_sync.google_api.client.PAGE_SIZE", 2)
    for number in range(5):
        google.add_event(HELENA, timed(monday + number * HOUR))
    assert read_now(link, now).events == 5
    for number in range(5):
        google.add_event(HELENA, timed(monday + DAY + number * HOUR))
    assert read_now(link, now).events == 5
    assert len(busy(aurora.clinic)) == 10


def test_a_failure_on_a_later_page_stores_nothing(
    link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_now(link, now)
    token = state_of(link).sync_token
    monkeypatch.setattr("calendar_sync.google_api.client.PAGE_SIZE", 2)
    for number in range(5):
        google.add_event(HELENA, timed(monday + number * HOUR))
    google.fault("events.list", "slow", seconds=0)
    google.fault("events.list", "status", status=503)
    assert read_now(link, now) == pull.Pulled("failed", code="backendError")
    assert (busy(aurora.clinic), state_of(link).sync_token) == ([], token)
    assert (state_of(link).failures, state_of(link).error_code) == (1, "backendError")
    assert read_now(link, now).events == 5
    assert (state_of(link).failures, state_of(link).error_at) == (0, None)


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("status", {"status": 500}),
        ("status", {"status": 403, "reason": "quotaExceeded"}),
        ("status", {"status": 404}),
        ("status", {"status": 429}),
        ("reset", {}),
        ("lost_response", {}),
    ],
)
def test_an_error_frees_nothing(
    link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora, kind: str, more: dict[str, Any]
) -> None:
    google.add_event(HELENA, timed(monday))
    read_now(link, now)
    google.fault("events.list", kind, count=2, **more)
    assert read_now(link, now).state == "failed"
    assert len(busy(aurora.clinic)) == 1
    google.heal()
    assert read_now(link, now).state == "done"


def test_a_first_refusal_is_doubted_and_only_a_repeated_one_slows_the_calendar_down(
    link: Link, google: Google, now: datetime
) -> None:
    read_now(link, now)
    pauses = []
    for _ in range(5):
        google.fault("events.list", "status", status=404)
        assert read_now(link, now).state == "failed"
        due = state_of(link).due_at
        assert due is not None
        pauses.append((due - datetime.now(UTC)).total_seconds())
    # The tests' first pause is a minute: one, two and four of them, each ± a quarter.
    assert [pause < 310 for pause in pauses] == [True, True, True, False, False]
    assert min(pauses[3:]) > timetable.STUCK_SECONDS - 10
    google.heal()
    assert read_now(link, now).state == "done"
    assert state_of(link).failures == 0


def test_a_consent_taken_back_parks_the_calendar_and_a_new_one_reads_it_again(
    link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora, make_link: MakeLink
) -> None:
    google.add_event(HELENA, timed(monday))
    read_now(link, now)
    link.refresh_from_db()
    google.revoke(link.refresh_token)
    assert read_now(link, now).state == "failed"
    # Unknown is not free: what was known stays.
    assert (len(busy(aurora.clinic)), state_of(link).due_at) == (1, None)
    assert timetable.due() == []
    again = make_link(aurora.clinic, aurora.helena)
    google.add_event(HELENA, timed(monday + 2 * HOUR))
    assert timetable.due() == [again.pk] == [link.pk]
    read_now(again, now)
    assert len(busy(aurora.clinic)) == 2


def test_disconnecting_frees_and_changing_the_account_does_not_free_before_the_new_one_is_read(
    link: Link,
    google: Google,
    now: datetime,
    monday: datetime,
    aurora: Aurora,
    make_link: MakeLink,
    django_capture_on_commit_callbacks: Any,
) -> None:
    google.add_event(HELENA, timed(monday))
    google.add_event(MARCOS, timed(monday + 5 * HOUR))
    read_now(link, now)
    with django_capture_on_commit_callbacks(execute=True):
        other = make_link(aurora.clinic, aurora.helena, MARCOS)
    assert [start for start, _ in busy(aurora.clinic)] == [monday]
    read_now(other, now)
    assert [start for start, _ in busy(aurora.clinic)] == [monday + 5 * HOUR]
    with django_capture_on_commit_callbacks(execute=True):
        linking.disconnect(clinic=aurora.clinic, link=other, by=SYSTEM, now=now)
    assert (busy(aurora.clinic), timetable.due()) == ([], [])


def test_a_push_during_a_pull_leads_to_another_one(link: Link, google: Google, now: datetime) -> None:
    read_now(link, now)
    PullState.objects.update(due_at=now)
    state = timetable.claim(link_id=link.pk)
    assert state is not None
    assert timetable.claim(link_id=link.pk) is None
    assert timetable.want(link_id=link.pk)
    assert pull._pull(state, now).state == "done"
    assert timetable.due() == [link.pk]
    read_now(link, now)
    assert timetable.due() == []


def test_a_push_does_not_shorten_a_pause_that_google_asked_for(link: Link, google: Google, now: datetime) -> None:
    read_now(link, now)
    google.fault("events.list", "status", status=403, reason="quotaExceeded")
    read_now(link, now)
    timetable.want(link_id=link.pk)
    assert timetable.due() == []


def test_a_worker_that_slept_through_its_lease_stores_nothing(
    link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora
) -> None:
    slow = timetable.claim(link_id=link.pk)
    assert slow is not None
    PullState.objects.update(lease_until=now - HOUR, due_at=now - HOUR)
    quick = timetable.claim(link_id=link.pk)
    assert quick is not None
    google.add_event(HELENA, timed(monday))
    assert pull._pull(quick, now).state == "done"
    token = state_of(link).sync_token
    assert pull._pull(slow, now) == pull.Pulled("busy")
    assert (state_of(link).sync_token, len(busy(aurora.clinic))) == (token, 1)


@pytest.mark.django_db(transaction=True)
def test_two_pulls_at_once_and_one_runs(google: Google, now: datetime, make_link: MakeLink, aurora: Aurora) -> None:
    link = make_link(aurora.clinic, aurora.helena)
    google.fault("events.list", "slow", seconds=0.5)
    outcomes: list[str] = []

    def run() -> None:
        outcomes.append(pull.pull_now(link=link, now=now).state)
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["busy", "busy", "busy", "done"]


def test_a_busy_time_from_google_stops_a_booking(
    link: Link, google: Google, now: datetime, monday: datetime, aurora: Aurora
) -> None:
    google.add_event(HELENA, timed(monday))
    read_now(link, now)
    with pytest.raises(booking.SlotTaken):
        booking.book(
            clinic=aurora.clinic,
            professional=aurora.helena,
            offering=aurora.consulta,
            patient=aurora.dalva,
            starts_at=monday,
            by=SYSTEM,
            now=now,
            source=Source.CHAT,
        )


def test_a_calendar_that_loses_its_reader_each_time_is_read_slowly(link: Link, now: datetime, settings: Any) -> None:
    for lost in range(settings.MAX_LOST_WORKERS):
        assert timetable.claim(link_id=link.pk) is not None, lost
        PullState.objects.update(lease_until=now - HOUR, due_at=now - HOUR)
    assert timetable.claim(link_id=link.pk) is None
    state = state_of(link)
    assert (state.failures, state.error_code, state.lease_until) == (3, "worker_lost", None)
    assert timetable.due() == []
    PullState.objects.update(due_at=now - HOUR)
    assert read_now(link, now).state == "done"
    assert (state_of(link).failures, state_of(link).error_code) == (0, "")
