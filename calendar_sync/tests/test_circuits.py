"""Google does not answer: the clinic's circuit opens at the second repeat, writes wait, reads are the last known."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from atendeai.common import clock
from atendeai.common.breaker import breaker
from atendeai.common.circuit import CircuitOpen
from atendeai.common.errors import IntegrationError
from atendeai.testing.people import Aurora
from atendeai.testing.programs import Program
from calendar_sync import pull, timetable
from calendar_sync.models import CalendarWrite, Link, LinkState, PullState, WriteState
from calendar_sync.service import GoogleCalendarService
from calendar_sync.tests.booked import Book, states, work_all
from calendar_sync.tests.google import HELENA, Google
from clinics import trials
from clinics.models import CalendarMode, Outage, OutageEnd, Source

START = datetime(2028, 1, 17, 11, 0, tzinfo=UTC)
DAY = timedelta(days=1)
OPEN_SECONDS = 2.5
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def short(settings: Settings, link: Link) -> None:
    settings.CIRCUITS = {"whatsapp": (5, OPEN_SECONDS), "google": (3, OPEN_SECONDS)}
    breaker.reset("google", link.clinic_id)


def open_circuit(book: Book, google: Google, now: datetime) -> CalendarWrite:
    google.fault("events.insert", "status", status=503, count=9)
    book()
    for _ in range(3):
        work_all(now)
    google.heal()
    return CalendarWrite.objects.get()


def test_the_second_repeat_opens_it_and_the_row_waits_without_using_up_tries(
    link: Link, book: Book, google: Google, now: datetime
) -> None:
    tried = open_circuit(book, google, now)
    assert breaker.states() is not None
    assert Outage.objects.get().provider == "google"
    for _ in range(2):
        work_all(now)
    row = CalendarWrite.objects.get()
    assert (row.state, row.attempt, row.error_code) == (WriteState.QUEUED, tried.attempt, tried.error_code)
    assert google.events(HELENA) == []
    time.sleep(OPEN_SECONDS)
    work_all(now)
    assert (states(), len(google.events(HELENA))) == ([WriteState.DONE], 1)
    assert Outage.objects.get().ended_at is not None


def test_the_portal_waits_for_nothing_while_it_is_open(
    link: Link, book: Book, google: Google, now: datetime, settings: Settings
) -> None:
    settings.CIRCUITS = {"whatsapp": (5, 60), "google": (3, 60)}
    open_circuit(book, google, now)
    google.fault("events.insert", "timeout", seconds=6)
    started = time.monotonic()
    book(source=Source.PORTAL, minutes=60)
    assert time.monotonic() - started < 2
    assert states() == [WriteState.QUEUED, WriteState.QUEUED]
    breaker.reset("google", link.clinic_id)


def test_reads_are_the_last_known_and_without_one_the_program_is_told_when_to_ask_again(
    aurora: Aurora, link: Link, book: Book, google: Google, now: datetime, settings: Settings
) -> None:
    service = GoogleCalendarService(link.clinic_id)
    service.list_events(START, START + DAY)
    settings.CIRCUITS = {"whatsapp": (5, 60), "google": (3, 60)}
    open_circuit(book, google, now)
    assert service.list_events(START, START + DAY).is_stale
    with pytest.raises(CircuitOpen):
        service.list_events(START + DAY, START + DAY * 2)
    program = Program(aurora.clinic)
    answer = program.client.get("/api/v1/events/?from=2028-02-01T00:00:00Z&to=2028-02-02T00:00:00Z")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "google_unavailable")
    assert 50 <= int(answer["Retry-After"]) <= 60
    breaker.reset("google", link.clinic_id)


def test_a_calendar_that_is_not_asked_has_failed_no_more_often(
    link: Link, book: Book, google: Google, now: datetime
) -> None:
    pull.pull_now(link=link, now=now)
    open_circuit(book, google, now)
    timetable.want(link_id=link.pk)
    pull.work(link_id=link.pk, now=now)
    state = PullState.objects.get()
    assert (state.failures, state.error_code, state.lease_until) == (0, "circuit_open", None)
    time.sleep(OPEN_SECONDS)
    assert pull.pull_now(link=link, now=now).state == "done"


def sweep_for(seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        while trials.try_due(now=clock.now()):
            pass
        time.sleep(0.02)


def looked_in_vain(link: Link, google: Google) -> None:
    """A person looks at a calendar until the circuit is open: nothing waits to be written."""
    google.fault("events.list", "status", status=503, count=9)
    for day in range(3):
        with pytest.raises(IntegrationError):
            GoogleCalendarService(link.clinic_id).list_events(START + DAY * day, START + DAY * (day + 1))
    assert Outage.objects.get().ended_at is None
    google.heal()


@pytest.mark.parametrize("mode", ["existing", "own"])
def test_a_look_at_one_minute_closes_it_while_nobody_calls(
    link: Link, google: Google, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials, "PATIENCE_SECONDS", 0.1)
    looked_in_vain(link, google)
    Link.objects.filter(pk=link.pk).update(mode=CalendarMode(mode))
    before = len(google.calls())
    sweep_for(OPEN_SECONDS + 0.5)
    row = Outage.objects.get()
    assert (row.end, row.trials) == (OutageEnd.RECOVERED, 1)
    assert [one["operation"] for one in google.calls()[before:]] == ["events.list"]
    assert google.misfits() == []


def test_a_stale_token_is_no_hindrance(link: Link, google: Google, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "PATIENCE_SECONDS", 0.1)
    looked_in_vain(link, google)
    Link.objects.filter(pk=link.pk).update(access_expires_at=clock.now())
    sweep_for(OPEN_SECONDS + 0.5)
    assert Outage.objects.get().end == OutageEnd.RECOVERED


def test_without_a_linked_calendar_it_is_not_tried_for_ever(
    link: Link, google: Google, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials, "PATIENCE_SECONDS", 0.1)
    looked_in_vain(link, google)
    Link.objects.filter(pk=link.pk).update(state=LinkState.DISCONNECTED)
    before = len(google.calls())
    sweep_for(OPEN_SECONDS + 0.5)
    assert Outage.objects.get().end == OutageEnd.FORGOTTEN
    assert len(google.calls()) == before
