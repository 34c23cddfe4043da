"""The last look before an appointment is confirmed: what Google shows now counts, and unknown is not free."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from atendeai.testing.people import Aurora, make_aurora
from atendeai.testing.programs import Program
from calendar_sync import last_look
from calendar_sync.models import EventMirror, Link, LinkState
from calendar_sync.tests.agenda import ZONE, busy, make_old, next_monday, read_now, timed
from calendar_sync.tests.booked import Book, work_all
from calendar_sync.tests.conftest import MakeLink
from calendar_sync.tests.google import HELENA, Google
from clinics import availability, booking, calendar_looks
from clinics.audit import SYSTEM
from clinics.calendar_looks import Seen, Wish
from clinics.models import Appointment, CalendarMode, Clinic, Source

HOUR = timedelta(hours=1)
HALF = timedelta(minutes=30)
MINUTE = timedelta(minutes=1)
Look = Callable[..., Seen]


@pytest.fixture
def monday(now: datetime, aurora: Aurora) -> datetime:
    Clinic.objects.filter(pk=aurora.clinic.pk).update(closes_on_holidays=False)
    return next_monday(now)


@pytest.fixture
def look(aurora: Aurora, now: datetime, monday: datetime) -> Look:
    def at(starts_at: datetime = monday, *, later: timedelta = timedelta(), moving: Appointment | None = None) -> Seen:
        wish = Wish(aurora.clinic.pk, aurora.helena.pk, starts_at, starts_at + HALF, moving.pk if moving else None)
        return last_look.look(wish, now + later)

    return at


def test_who_has_no_calendar_is_not_asked_about(aurora: Aurora, link: Link, monday: datetime, now: datetime) -> None:
    wish = Wish(aurora.clinic.pk, aurora.marcos.pk, monday, monday + HALF)
    assert (last_look.concerns(wish), last_look.look(wish, now)) == (False, Seen.FREE)
    # Nor is another clinic's calendar.
    boreal = make_aurora("boreal", "100000000000002")
    assert not last_look.concerns(Wish(boreal.clinic.pk, aurora.helena.pk, monday, monday + HALF))


def test_what_somebody_has_just_put_into_google_is_seen_and_read_in(
    look: Look, link: Link, google: Google, monday: datetime, aurora: Aurora, now: datetime
) -> None:
    read_now(link, now)
    assert look() == Seen.FREE
    google.add_event(HELENA, timed(monday))
    assert look() == Seen.BUSY
    assert look(monday + HOUR) == Seen.FREE
    assert busy(aurora.clinic) == [(monday, monday + HOUR)]
    offered = availability.free_slots(
        clinic=aurora.clinic,
        offering=aurora.consulta,
        professionals=[aurora.helena],
        from_at=monday,
        to_at=monday + 2 * HOUR,
        now=now,
    )
    assert [slot.starts_at for slot in offered] == [monday + HOUR, monday + HOUR + HALF]


@pytest.mark.parametrize("more", [{"transparency": "transparent"}, {"status": "cancelled"}])
def test_what_takes_no_time_is_no_obstacle(look: Look, link: Link, google: Google, monday: datetime, more: Any) -> None:
    google.add_event(HELENA, timed(monday, **more))
    assert look() == Seen.FREE


def test_our_own_events_are_judged_by_the_database(
    look: Look, link: Link, book: Book, now: datetime, monday: datetime, aurora: Aurora
) -> None:
    appointment = book(starts_at=monday)
    work_all(now)
    assert look() == Seen.FREE
    # Over, but its event still to be deleted.
    booking.cancel(clinic=aurora.clinic, appointment=appointment, by=SYSTEM, now=now, source=Source.CHAT)
    assert look() == Seen.FREE


def test_an_event_dragged_there_is_in_the_way_of_all_but_its_own_appointment(
    look: Look, link: Link, book: Book, google: Google, now: datetime, monday: datetime
) -> None:
    appointment = book(starts_at=monday)
    work_all(now)
    google.change_event(HELENA, EventMirror.objects.get().google_event_id, timed(monday + 2 * HOUR, 30))
    assert look(monday + 2 * HOUR) == Seen.BUSY
    assert look(monday + 2 * HOUR, moving=appointment) == Seen.FREE


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 503},
        {"kind": "status", "status": 403, "reason": "quotaExceeded"},
        {"kind": "reset"},
        {"kind": "slow", "seconds": 3},
    ],
    ids=lambda fault: str(fault.get("reason", fault["kind"])),
)
def test_when_google_does_not_answer_the_age_of_what_was_read_decides(
    look: Look, link: Link, google: Google, now: datetime, fault: dict[str, Any], settings: Any
) -> None:
    settings.CALENDAR_INLINE_SECONDS = 0.5
    google.fault("events.list", **fault, count=50)
    # Never read.
    assert look() == Seen.UNKNOWN
    google.heal()
    read_now(link, now)
    google.fault("events.list", **fault, count=50)
    assert look(later=15 * MINUTE) == Seen.FREE
    assert look(later=15 * MINUTE + timedelta(seconds=1)) == Seen.UNKNOWN


def test_an_event_there_that_cannot_be_read_is_unknown_and_one_without_an_end_in_sight_is_busy(
    look: Look, link: Link, google: Google, now: datetime, monday: datetime
) -> None:
    google.make_unreadable(HELENA, google.add_event(HELENA, timed(monday)))
    read_now(link, now)
    assert (look(), look(monday + 2 * HOUR)) == (Seen.UNKNOWN, Seen.FREE)
    google.make_nameless(HELENA, google.add_event(HELENA, timed(monday + 8 * HOUR)))
    assert look(monday + 8 * HOUR) == Seen.UNKNOWN
    last = {"dateTime": "9999-12-31T23:59:59", "timeZone": "America/Sao_Paulo"}
    google.add_event(HELENA, {**timed(monday + 4 * HOUR), "end": last})
    assert look(monday + 5 * HOUR) == Seen.BUSY


def test_a_calendar_to_be_connected_again_is_unknown_once_what_was_read_is_old(
    look: Look, link: Link, google: Google, now: datetime
) -> None:
    read_now(link, now)
    Link.objects.filter(pk=link.pk).update(state=LinkState.NEEDS_RECONNECT)
    assert (look(), look(later=16 * MINUTE)) == (Seen.FREE, Seen.UNKNOWN)
    Link.objects.filter(pk=link.pk).update(state=LinkState.DISCONNECTED)
    assert look(later=16 * MINUTE) == Seen.FREE


def test_a_calendar_question_left_open_does_not_make_old_busy_times_good(
    look: Look, link: Link, google: Google, now: datetime
) -> None:
    read_now(link, now)
    Link.objects.filter(pk=link.pk).update(state=LinkState.CHOOSING)
    assert (look(), look(later=16 * MINUTE)) == (Seen.FREE, Seen.UNKNOWN)
    # Of one that never had a calendar nothing is known, so nothing is out of date.
    Link.objects.filter(pk=link.pk).update(calendar_id="")
    assert look(later=16 * MINUTE) == Seen.FREE


def test_with_a_calendar_of_ours_the_persons_main_one_is_asked(
    look: Look, make_link: MakeLink, google: Google, now: datetime, monday: datetime, aurora: Aurora
) -> None:
    Clinic.objects.filter(pk=aurora.clinic.pk).update(calendar_mode=CalendarMode.OWN)
    aurora.clinic.refresh_from_db()
    own = make_link(aurora.clinic, aurora.helena)
    read_now(own, now)
    assert look() == Seen.FREE
    google.add_event(HELENA, timed(monday))
    assert look() == Seen.BUSY
    assert busy(aurora.clinic) == [(monday, monday + HOUR)]
    # A failure inside a 200 is unknown, not free.
    google.fail_free_busy(HELENA, "notFound")
    assert look(monday + 3 * HOUR) == Seen.FREE
    make_old(own, free_busy_at=16 * MINUTE)
    assert look(monday + 3 * HOUR) == Seen.UNKNOWN
    google.fail_free_busy(HELENA, None)


def wanted(aurora: Aurora, at: datetime, **more: Any) -> dict[str, Any]:
    people = {"professional": aurora.helena.pk, "offering": aurora.consulta.pk, "patient": aurora.dalva.pk}
    return {**people, "starts_at": at.isoformat(), **more}


def test_a_program_is_told_busy_or_unknown_and_may_book_the_unknown(
    link: Link, google: Google, monday: datetime, aurora: Aurora
) -> None:
    program = Program(aurora.clinic)
    google.add_event(HELENA, timed(monday))
    status, body = program.post("/appointments/", wanted(aurora, monday, even_if_unknown=True))
    assert (status, body["error"]["code"]) == (409, "slot_taken")
    google.fault("events.list", "status", status=503, count=50)
    Link.objects.filter(pk=link.pk).update(state=LinkState.NEEDS_RECONNECT)
    make_old(link, pulled_at=HOUR)
    later = monday + 2 * HOUR
    status, body = program.post("/appointments/", wanted(aurora, later))
    assert (status, body["error"]["code"]) == (409, "calendar_unknown")
    assert not Appointment.objects.exists()
    status, body = program.post("/appointments/", wanted(aurora, later, even_if_unknown=True))
    assert status == 201
    number = body["id"]
    change = {"starts_at": (later + HOUR).isoformat()}
    status, body = program.patch(f"/appointments/{number}/", change)
    assert (status, body["error"]["code"]) == (409, "calendar_unknown")
    assert program.patch(f"/appointments/{number}/", {**change, "even_if_unknown": True})[0] == 200


def test_the_team_reads_why_and_may_book_all_the_same(
    link: Link, google: Google, monday: datetime, aurora: Aurora
) -> None:
    bruno = Client()
    bruno.force_login(aurora.receptionist)
    google.add_event(HELENA, timed(monday))
    local = monday.astimezone(ZONE)
    form = {
        "professional": aurora.helena.pk,
        "offering": aurora.consulta.pk,
        "patient": aurora.dalva.pk,
        "day": local.date().isoformat(),
        "time": local.strftime("%H:%M"),
    }
    add = reverse("admin:clinics_appointment_add")
    page = bruno.post(add, form).content.decode()
    assert "a agenda do profissional já tem outro compromisso" in page
    assert "Marcar neste horário mesmo assim" in page
    assert not Appointment.objects.exists()
    tick = re.compile('name="anyway" value="([^"]+)"')
    anyway = tick.findall(page)[0]
    # The tick counts for that time alone.
    google.add_event(HELENA, timed(monday + HOUR))
    assert tick.search(bruno.post(add, {**form, "time": "09:00", "anyway": anyway}).content.decode())
    assert not Appointment.objects.exists()
    bruno.post(add, {**form, "anyway": anyway})
    made = Appointment.objects.get()
    assert made.starts_at == monday
    # To another time that is busy: the same question.
    google.add_event(HELENA, timed(monday + 3 * HOUR))
    move = reverse("admin:clinics_appointment_move", args=[made.pk])
    there = {"professional": aurora.helena.pk, "day": form["day"], "time": "11:00"}
    anyway = tick.findall(bruno.post(move, there).content.decode())[0]
    bruno.post(move, {**there, "anyway": anyway})
    made.refresh_from_db()
    assert made.starts_at == monday + 3 * HOUR


def test_nothing_is_asked_about_a_time_that_is_known_to_be_taken(
    link: Link, book: Book, google: Google, monday: datetime, aurora: Aurora, now: datetime
) -> None:
    google.add_event(HELENA, timed(monday + 2 * HOUR))
    read_now(link, now)
    book(starts_at=monday)
    google.fault("events.list", "status", status=503, count=50)
    wish = Wish(aurora.clinic.pk, aurora.helena.pk, monday, monday + HALF)
    calendar_looks.require_free(wish, now=now)
    there = Wish(aurora.clinic.pk, aurora.helena.pk, monday + 2 * HOUR, monday + 2 * HOUR + HALF)
    with pytest.raises(calendar_looks.CalendarBusy):
        calendar_looks.require_free(there, now=now + HOUR)
