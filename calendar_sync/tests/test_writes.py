"""Appointments on their way to Google: made, moved, cancelled, removed."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from atendeai.testing import factories
from atendeai.testing.people import Aurora, make_aurora
from calendar_sync import linking, writes
from calendar_sync.models import CalendarWrite, EventMirror, Link, MirrorState, WriteState
from calendar_sync.tests.booked import START, Book, cancel, move, states, work_all
from calendar_sync.tests.conftest import MakeLink
from calendar_sync.tests.google import HELENA, MARCOS, Google
from clinics import booking
from clinics.audit import SYSTEM
from clinics.models import Appointment, Source, Status


def test_an_appointment_becomes_an_event_with_no_name_in_it(
    link: Link, book: Book, google: Google, now: datetime, aurora: Aurora
) -> None:
    appointment = book()
    mirror = EventMirror.objects.get()
    assert (mirror.state, google.events(HELENA)) == (MirrorState.ABSENT, [])
    work_all(now)
    (event,) = google.events(HELENA)
    assert event["id"] == mirror.google_event_id
    assert event["summary"] == "Consulta"
    assert event["visibility"] == "private"
    assert event["start"] == {"dateTime": "2028-01-17T08:00:00-03:00", "timeZone": "America/Sao_Paulo"}
    private = event["extendedProperties"]["private"]
    assert (private["clinic_id"], private["appointment_id"]) == (str(aurora.clinic.pk), str(appointment.pk))
    assert f"/admin/clinics/appointment/{appointment.pk}/change/" in event["description"]
    assert "Dalva" not in str(event)
    assert "98765" not in str(event)
    mirror.refresh_from_db()
    link.refresh_from_db()
    assert (mirror.state, mirror.etag, mirror.synced_revision) == (MirrorState.PRESENT, event["etag"], 1)
    assert (states(), link.last_write_at) == ([WriteState.DONE], now)


def test_moving_and_cancelling_follow(link: Link, book: Book, google: Google, now: datetime) -> None:
    appointment = book()
    work_all(now)
    move(appointment, now, 60)
    work_all(now)
    (event,) = google.events(HELENA)
    assert event["start"]["dateTime"] == "2028-01-17T09:00:00-03:00"
    cancel(appointment, now)
    work_all(now)
    assert google.events(HELENA) == []
    assert EventMirror.objects.get().state == MirrorState.GONE
    assert states() == [WriteState.DONE] * 3


def test_only_the_newest_wish_is_carried_out(link: Link, book: Book, google: Google, now: datetime) -> None:
    appointment = book()
    move(appointment, now, 60)
    move(appointment, now, 120)
    work_all(now)
    (event,) = google.events(HELENA)
    assert event["start"]["dateTime"] == "2028-01-17T10:00:00-03:00"
    assert states() == [WriteState.SUPERSEDED, WriteState.SUPERSEDED, WriteState.DONE]


def test_booked_and_cancelled_before_the_first_call_never_reaches_google(
    link: Link, book: Book, google: Google, now: datetime
) -> None:
    cancel(book(), now)
    work_all(now)
    assert google.events(HELENA, cancelled=True) == []
    assert states() == [WriteState.SUPERSEDED, WriteState.DONE]


def test_without_a_link_nothing_is_queued(aurora: Aurora, book: Book) -> None:
    book()
    assert not CalendarWrite.objects.exists()


def test_confirming_and_missing_change_nothing_in_the_calendar(
    link: Link, book: Book, google: Google, now: datetime, aurora: Aurora
) -> None:
    appointment = book()
    work_all(now)
    common: dict[str, Any] = {"clinic": aurora.clinic, "appointment": appointment, "by": SYSTEM}
    booking.confirm(now=now, source=Source.PORTAL, **common)
    booking.no_show(now=START + timedelta(hours=1), source=Source.PORTAL, **common)
    assert Appointment.objects.get().status == Status.NO_SHOW
    assert (states(), len(google.events(HELENA))) == ([WriteState.DONE], 1)


def test_somebodys_edit_in_google_survives_our_move(link: Link, book: Book, google: Google, now: datetime) -> None:
    appointment = book()
    work_all(now)
    mirror = EventMirror.objects.get()
    google.change_event(HELENA, mirror.google_event_id, {"description": "trazer exames", "colorId": "5"})
    move(appointment, now, 60)
    work_all(now)  # the etag moved: 412, read again, written
    (event,) = google.events(HELENA)
    assert event["start"]["dateTime"] == "2028-01-17T09:00:00-03:00"
    assert (event["description"], event["colorId"]) == ("trazer exames", "5")
    assert states() == [WriteState.DONE, WriteState.DONE]


def test_an_event_edited_in_google_is_removed_all_the_same(
    link: Link, book: Book, google: Google, now: datetime
) -> None:
    appointment = book()
    work_all(now)
    google.change_event(HELENA, EventMirror.objects.get().google_event_id, {"summary": "Consulta!"})
    cancel(appointment, now)
    work_all(now)
    assert google.events(HELENA) == []


def test_an_event_removed_in_google_comes_back_when_the_appointment_moves(
    link: Link, book: Book, google: Google, now: datetime
) -> None:
    appointment = book()
    work_all(now)
    google.remove_event(HELENA, EventMirror.objects.get().google_event_id)
    move(appointment, now, 60)
    work_all(now)
    (event,) = google.events(HELENA)
    mirror = EventMirror.objects.get()
    assert (event["id"], mirror.generation) == (mirror.google_event_id, 2)
    assert event["start"]["dateTime"] == "2028-01-17T09:00:00-03:00"


def test_cancelling_what_was_already_removed_in_google_is_done(
    link: Link, book: Book, google: Google, now: datetime
) -> None:
    appointment = book()
    work_all(now)
    google.remove_event(HELENA, EventMirror.objects.get().google_event_id)
    cancel(appointment, now)
    work_all(now)
    assert states() == [WriteState.DONE, WriteState.DONE]


@pytest.mark.parametrize(
    ("status", "reason"), [(404, "notFound"), (410, "deleted"), (403, "forbidden")], ids=["404", "410", "403"]
)
def test_a_removal_of_what_is_gone_is_done_whatever_google_calls_it(
    link: Link, book: Book, google: Google, now: datetime, status: int, reason: str
) -> None:
    appointment = book()
    work_all(now)
    google.remove_event(HELENA, EventMirror.objects.get().google_event_id)
    cancel(appointment, now)
    google.fault("events.delete", "status", status=status, reason=reason)
    work_all(now)
    assert states() == [WriteState.DONE, WriteState.DONE]
    assert EventMirror.objects.get().state == MirrorState.GONE


@pytest.mark.parametrize(("status", "reason"), [(404, "notFound"), (410, "deleted")], ids=["404", "410"])
def test_an_event_that_is_only_said_to_be_gone_is_looked_for_and_removed(
    link: Link, book: Book, google: Google, now: datetime, status: int, reason: str
) -> None:
    appointment = book()
    work_all(now)
    cancel(appointment, now)
    google.fault("events.delete", "status", status=status, reason=reason)
    work_all(now)
    assert states() == [WriteState.DONE, WriteState.DONE]
    assert google.events(HELENA) == []


@pytest.mark.parametrize(("status", "reason"), [(404, "notFound"), (410, "deleted")], ids=["404", "410"])
def test_an_event_that_is_only_said_to_be_gone_is_looked_for_and_moved_not_made_twice(
    link: Link, book: Book, google: Google, now: datetime, status: int, reason: str
) -> None:
    appointment = book()
    work_all(now)
    google.fault("events.patch", "status", status=status, reason=reason)
    move(appointment, now, 60)
    work_all(now)
    (event,) = google.events(HELENA)
    assert event["start"]["dateTime"] == "2028-01-17T09:00:00-03:00"
    assert EventMirror.objects.get().generation == 1


def test_a_removal_that_google_forbids_while_the_event_stands_is_not_done(
    link: Link, book: Book, google: Google, now: datetime
) -> None:
    appointment = book()
    work_all(now)
    cancel(appointment, now)
    google.fault("events.delete", "status", status=403, reason="forbiddenForNonOrganizer")
    work_all(now)
    assert states() == [WriteState.DONE, WriteState.FAILED]
    assert len(google.events(HELENA)) == 1


def test_another_professional_means_another_calendar(
    link: Link, book: Book, google: Google, now: datetime, aurora: Aurora, make_link: MakeLink
) -> None:
    make_link(aurora.clinic, aurora.marcos, MARCOS)
    appointment = book()
    work_all(now)
    move(appointment, now, 60, professional=aurora.marcos)
    work_all(now)
    assert (len(google.events(HELENA)), len(google.events(MARCOS))) == (0, 1)
    move(appointment, now, 120, professional=aurora.helena)
    work_all(now)
    assert (len(google.events(HELENA)), len(google.events(MARCOS))) == (1, 0)


def test_a_professional_without_a_link_takes_the_event_away(
    link: Link, book: Book, google: Google, now: datetime, aurora: Aurora
) -> None:
    appointment = book()
    work_all(now)
    move(appointment, now, 60, professional=aurora.marcos)
    work_all(now)
    assert google.events(HELENA) == []


def test_linking_brings_the_coming_appointments_and_disconnecting_leaves_them(
    book: Book, google: Google, now: datetime, aurora: Aurora, make_link: MakeLink
) -> None:
    book()
    cancel(book(30), now)
    linked = make_link(aurora.clinic, aurora.helena)
    work_all(now)
    assert len(google.events(HELENA)) == 1
    waiting = book(60)
    linking.disconnect(clinic=aurora.clinic, link=linked, by=SYSTEM, now=now)
    work_all(now)
    assert len(google.events(HELENA)) == 1
    make_link(aurora.clinic, aurora.helena)
    work_all(now)
    # No event twice, and what came meanwhile is there.
    assert len(google.events(HELENA, cancelled=True)) == 2
    assert waiting.pk


def test_another_calendar_of_the_account_takes_the_events_with_it(
    link: Link, book: Book, google: Google, now: datetime, aurora: Aurora
) -> None:
    book()
    work_all(now)
    other = linking.list_calendars(link=link, now=now)[1]
    linking.choose_calendar(clinic=aurora.clinic, link=link, calendar_id=other.id, by=SYSTEM, now=now)
    work_all(now)
    assert (len(google.events(HELENA)), len(google.events(other.id))) == (0, 1)


def test_a_mirror_of_another_clinic_is_refused_by_the_database(link: Link, book: Book) -> None:
    boreal = make_aurora("boreal", "100000000000002")
    foreign = factories.make_appointment(boreal.clinic, boreal.helena, boreal.consulta, boreal.dalva)
    with pytest.raises(IntegrityError, match="same_clinic"), transaction.atomic():
        EventMirror.objects.create(clinic=link.clinic, link=link, appointment=foreign, google_event_id="abcde")


def test_the_gauge_counts_what_waits(link: Link, book: Book, now: datetime) -> None:
    assert (writes.reading().depth, writes.reading().oldest_seconds) == (0, 0.0)
    book()
    book(30)
    reading = writes.reading()
    assert reading.depth == 2
    assert reading.oldest_seconds >= 0
