"""At once from the portal and the API, by a hint from the chat."""

import threading
import time
from datetime import datetime
from typing import Any

import pytest
from django.db import transaction

from calendar_sync.models import CalendarWrite, EventMirror, Link, WriteState
from calendar_sync.tests.booked import Book, states, work_all
from calendar_sync.tests.google import HELENA, Google
from clinics.models import Source


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
    google.fault("events.insert", "timeout", seconds=3)
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
