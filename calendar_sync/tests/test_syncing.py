"""«Sincronizar agora»: both ways at once, honest about what is left."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from calendar_sync import syncing
from calendar_sync.models import CalendarWrite, Link, LinkState, PullState, WriteState
from calendar_sync.syncing import Synced, sync_now
from calendar_sync.tests.agenda import busy, next_monday, read_now, timed
from calendar_sync.tests.booked import Book
from calendar_sync.tests.google import HELENA, Google

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def woken(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, int]]]:
    """What the workers were told."""
    told: list[tuple[str, dict[str, int]]] = []
    monkeypatch.setattr(syncing, "wake", lambda name, **ids: told.append((name, ids)))
    return told


@pytest.fixture
def read(link: Link, now: datetime) -> Link:
    """The calendar, known already."""
    read_now(link, now)
    return link


def test_both_ways_at_once(read: Link, book: Book, google: Google, now: datetime) -> None:
    monday = next_monday(now)
    book()
    CalendarWrite.objects.update(not_before=Now() + HOUR)
    google.add_event(HELENA, timed(monday))
    assert sync_now(link=read, now=now) == Synced("done", events=1, written=1)
    assert busy(read.clinic) == [(monday, monday + HOUR)]
    assert len(google.events(HELENA)) == 2


def test_more_than_a_person_waits_for_is_left_to_the_workers(
    read: Link, book: Book, google: Google, now: datetime, woken: list[Any]
) -> None:
    for number in range(syncing.MOST_WRITES + 2):
        book(number * 60)
    assert sync_now(link=read, now=now) == Synced("done", written=syncing.MOST_WRITES, waiting=2)
    assert [name for name, _ in woken] == ["calendar_sync.write"] * 2


def test_google_being_away_is_said_and_nothing_is_lost(
    read: Link, book: Book, google: Google, now: datetime, woken: list[Any]
) -> None:
    book()
    google.fault("events.list", "status", status=503)
    synced = sync_now(link=read, now=now)
    assert (synced.state, synced.waiting, bool(synced.code)) == ("failed", 1, True)
    assert CalendarWrite.objects.get().state == WriteState.QUEUED
    assert [name for name, _ in woken] == ["calendar_sync.write"]


def test_a_pause_that_google_asked_for_is_kept(read: Link, book: Book, google: Google, now: datetime) -> None:
    book()
    CalendarWrite.objects.update(not_before=Now() + HOUR, error_code="quotaExceeded")
    assert sync_now(link=read, now=now) == Synced("done", waiting=1)
    assert google.events(HELENA) == []


def test_a_long_reading_goes_on_in_the_background(link: Link, now: datetime, woken: list[Any]) -> None:
    assert sync_now(link=link, now=now).state == "background"
    assert ("calendar_sync.pull", {"link_id": link.pk}) in woken
    assert PullState.objects.get().pulled_at is None


def test_when_two_people_wait_already_the_third_is_told_so(read: Link, now: datetime) -> None:
    for _ in range(syncing.MOST_AT_ONCE):
        assert syncing._places.acquire(blocking=False)
    try:
        assert sync_now(link=read, now=now).state == "background"
    finally:
        for _ in range(syncing.MOST_AT_ONCE):
            syncing._places.release()
    assert sync_now(link=read, now=now).state == "done"


def test_a_calendar_that_somebody_reads_is_waited_for(read: Link, now: datetime) -> None:
    PullState.objects.update(lease_until=Now() + HOUR)
    assert sync_now(link=read, now=now).state == "background"


def test_a_link_that_does_not_work_is_not_asked(read: Link, now: datetime) -> None:
    Link.objects.update(state=LinkState.NEEDS_RECONNECT)
    read.refresh_from_db()
    assert sync_now(link=read, now=now).state == "off"
