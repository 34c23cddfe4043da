"""At once from the portal and the API, by a hint from the chat."""

import threading
import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from atendeai.testing.people import Aurora
from calendar_sync.models import CalendarWrite, EventMirror, Link, WriteState
from calendar_sync.tests.booked import Book, states, work_all
from calendar_sync.tests.google import HELENA, Google
from clinics import booking
from clinics.audit import SYSTEM
from clinics.models import Source

HOUR = timedelta(hours=1)


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
@pytest.mark.parametrize(
    ("operation", "kind"),
    [("events.insert", "trickle"), ("events.insert", "slow"), ("events.insert", "lost_response"), ("token", "trickle")],
)
def test_the_budget_is_for_everything_also_for_an_answer_that_trickles_in(
    link: Link, book: Book, google: Google, settings: Any, now: datetime, operation: str, kind: str
) -> None:
    settings.CALENDAR_INLINE_SECONDS = 0.8
    if operation == "token":
        Link.objects.update(access_expires_at=now)
    # A slow call is carried out long after the caller has gone: it ends before this test does.
    google.fault(operation, kind, seconds=2.2 if kind == "slow" else 4)
    started = time.monotonic()
    book(source=Source.PORTAL)
    assert time.monotonic() - started < 1.8
    assert states() == [WriteState.QUEUED]
    google.heal()
    work_all(now)
    if kind == "slow":
        time.sleep(max(0.0, started + 2.6 - time.monotonic()))
    assert (states(), len(google.events(HELENA, cancelled=True))) == ([WriteState.DONE], 1)


@pytest.mark.django_db(transaction=True)
def test_changes_and_removals_have_the_same_budget(
    link: Link, book: Book, google: Google, settings: Any, now: datetime, aurora: Aurora
) -> None:
    appointment = book(source=Source.PORTAL)
    settings.CALENDAR_INLINE_SECONDS = 0.8
    common: dict[str, Any] = {"clinic": aurora.clinic, "appointment": appointment, "by": SYSTEM, "now": now}
    google.fault("events.patch", "trickle", seconds=4)
    started = time.monotonic()
    booking.reschedule(**common, starts_at=appointment.starts_at + HOUR, source=Source.PORTAL, by_the_rules=False)
    assert time.monotonic() - started < 1.8
    google.fault("events.delete", "timeout", seconds=4)
    started = time.monotonic()
    booking.cancel(**common, source=Source.PORTAL)
    assert time.monotonic() - started < 1.8
    google.heal()
    work_all(now)
    assert google.events(HELENA) == []


@pytest.mark.django_db(transaction=True)
def test_a_person_sees_that_it_waits_in_the_queue(
    link: Link, book: Book, google: Google, settings: Any, aurora: Aurora
) -> None:
    settings.CALENDAR_INLINE_SECONDS = 0.5
    google.fault("events.insert", "timeout", seconds=3)
    appointment = book(source=Source.PORTAL)
    bruno = Client()
    bruno.force_login(aurora.receptionist)
    page = bruno.get(reverse("admin:clinics_appointment_change", args=[appointment.pk])).content.decode()
    assert "Na fila" in page


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
