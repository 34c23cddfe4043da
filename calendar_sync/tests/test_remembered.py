"""Lists of events are remembered, forgotten when the calendar changes, and shown with their age when Google is down."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from redis.exceptions import ConnectionError as RedisDown

from atendeai.common.errors import Rejected, Unreachable
from atendeai.common.redis_rest import RedisRest
from atendeai.testing.people import Aurora, make_aurora
from calendar_sync import pull, remembered
from calendar_sync.models import Link
from calendar_sync.service import GoogleCalendarService, InvalidEvent
from calendar_sync.tests.agenda import timed
from calendar_sync.tests.conftest import MakeLink
from calendar_sync.tests.google import HELENA, LIVIA, Google

START = datetime(2028, 1, 17, 11, 0, tzinfo=UTC)
DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def service(link: Link) -> GoogleCalendarService:
    return GoogleCalendarService(link.clinic_id)


def test_a_second_question_is_answered_without_google(service: GoogleCalendarService, google: Google) -> None:
    google.add_event(HELENA, timed(START, 60))
    first = service.list_events(START, START + DAY)
    google.fault("events.list", "status", status=503)
    second = service.list_events(START, START + DAY)
    assert second == first
    assert (len(first), second.is_stale, second.as_of) == (1, False, first.as_of)


def test_our_own_write_is_seen_at_once(service: GoogleCalendarService) -> None:
    assert service.list_events(START, START + DAY) == []
    made = service.create_event({"title": "Reunião", "start_time": START, "end_time": START + DAY / 24})
    assert [event.id for event in service.list_events(START, START + DAY)] == [made.id]
    service.delete_event(made.id)
    assert service.list_events(START, START + DAY) == []


def test_a_pull_that_brings_changes_is_seen_at_once(
    service: GoogleCalendarService, link: Link, google: Google, now: datetime
) -> None:
    pull.pull_now(link=link, now=now)
    assert service.list_events(START, START + DAY) == []
    google.add_event(HELENA, timed(START, 60))
    assert service.list_events(START, START + DAY) == []
    pull.pull_now(link=link, now=now)
    assert len(service.list_events(START, START + DAY)) == 1


def test_the_last_known_answer_stands_in_with_its_age(
    service: GoogleCalendarService, link: Link, google: Google
) -> None:
    google.add_event(HELENA, timed(START, 60))
    first = service.list_events(START, START + DAY)
    remembered.forget(clinic_id=link.clinic_id, link_id=link.pk)
    google.fault("events.list", "status", status=503)
    shown = service.list_events(START, START + DAY)
    assert shown == first
    assert (shown.is_stale, shown.as_of, shown.stale_professionals) == (True, first.as_of, (link.professional_id,))
    assert not service.list_events(START, START + DAY).is_stale


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 429, "reason": "rateLimitExceeded"},
        {"kind": "status", "status": 403, "reason": "quotaExceeded"},
        {"kind": "reset"},
        {"kind": "slow", "seconds": 3},
        {"kind": "lost_response"},
    ],
    ids=lambda fault: str(fault.get("reason", fault["kind"])),
)
def test_it_does_so_whatever_keeps_google_from_answering(
    service: GoogleCalendarService, link: Link, google: Google, settings: Any, fault: dict[str, Any]
) -> None:
    settings.CALENDAR_READ_SECONDS = 0.5
    google.add_event(HELENA, timed(START, 60))
    first = service.list_events(START, START + DAY)
    remembered.forget(clinic_id=link.clinic_id, link_id=link.pk)
    google.fault("events.list", **fault)
    shown = service.list_events(START, START + DAY)
    assert (shown, shown.is_stale, shown.as_of) == (first, True, first.as_of)


def test_what_another_version_kept_is_left_alone(
    service: GoogleCalendarService, google: Google, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert service.list_events(START, START + DAY) == []
    google.add_event(HELENA, timed(START, 60))
    assert service.list_events(START, START + DAY) == []
    monkeypatch.setattr(remembered, "FORM", remembered.FORM + 1)
    assert len(service.list_events(START, START + DAY)) == 1


def test_without_a_last_known_answer_the_error_stands(service: GoogleCalendarService, google: Google) -> None:
    google.fault("events.list", "status", status=503)
    with pytest.raises(Unreachable):
        service.list_events(START, START + DAY)


def test_a_refusal_is_not_hidden_behind_what_was_known(
    service: GoogleCalendarService, link: Link, google: Google
) -> None:
    service.list_events(START, START + DAY)
    remembered.forget(clinic_id=link.clinic_id, link_id=link.pk)
    google.fault("events.list", "status", status=404)
    with pytest.raises(Rejected):
        service.list_events(START, START + DAY)


def test_redis_down_leads_straight_to_google(
    service: GoogleCalendarService, google: Google, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def down(*_: object) -> None:
        raise RedisDown

    monkeypatch.setattr(remembered, "_rest", RedisRest("redis does not answer: lists come from google"))
    monkeypatch.setattr(cache, "get_many", down)
    google.add_event(HELENA, timed(START, 60))
    for _ in range(2):
        assert len(service.list_events(START, START + DAY)) == 1
    assert [record.message for record in caplog.records].count("redis does not answer: lists come from google") == 1


def test_what_is_kept_is_not_readable(
    service: GoogleCalendarService, link: Link, google: Google, now: datetime
) -> None:
    google.add_event(HELENA, {**timed(START, 60), "summary": "Consulta de Dalva"})
    assert service.list_events(START, START + DAY)[0].title == "Consulta de Dalva"
    (place,) = remembered.look(links=[link], time_min=START, time_max=START + DAY, now=now)
    stored = str(cache.get(place.key))
    assert len(stored) > 100
    assert "Dalva" not in stored
    assert HELENA not in place.key


@pytest.mark.parametrize(
    ("time_min", "time_max", "field"),
    [
        (START.replace(tzinfo=None), START + DAY, "time_min"),
        (START, (START + DAY).replace(tzinfo=None), "time_max"),
        (START, START, "time_max"),
        (START, START + 93 * DAY, "time_max"),
    ],
)
def test_unusable_windows_name_the_field(
    service: GoogleCalendarService, time_min: datetime, time_max: datetime, field: str
) -> None:
    with pytest.raises(InvalidEvent, match=field):
        service.list_events(time_min, time_max)


def test_filters(service: GoogleCalendarService, google: Google) -> None:
    made = service.create_event({"title": "Reunião", "start_time": START, "end_time": START + DAY / 24})
    google.add_event(HELENA, {**timed(START, 60), "transparency": "transparent"})
    google.add_event(HELENA, timed(START, 30))
    assert len(service.list_events(START, START + DAY)) == 3
    assert len(service.list_events(START, START + DAY, only_busy=True)) == 2
    assert [event.id for event in service.list_events(START, START + DAY, only_ours=True)] == [made.id]


def test_two_clinics_in_eight_threads_never_get_each_others_answer(
    google: Google, aurora: Aurora, make_link: MakeLink
) -> None:
    boreal = make_aurora("boreal", "100000000000002")
    links = [make_link(aurora.clinic, aurora.helena, HELENA), make_link(boreal.clinic, boreal.helena, LIVIA)]
    google.add_event(HELENA, {**timed(START, 60), "summary": "aurora"})
    google.add_event(LIVIA, {**timed(START, 15), "summary": "boreal"})
    wrong: list[object] = []

    def run(own: int) -> None:
        for number in range(8):
            which = (own + number) % 2
            if number % 3 == 0:
                remembered.forget(clinic_id=links[which].clinic_id, link_id=links[which].pk)
            found = GoogleCalendarService(links[which].clinic_id).list_events(START, START + DAY)
            if [event.title for event in found] != [("aurora", "boreal")[which]]:
                wrong.append(list(found))
        connection.close()

    threads = [threading.Thread(target=run, args=(own,)) for own in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
