"""Whom does Google mail? Nobody, unless the clinic invites; and other people's guests stay."""

from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from atendeai.testing.people import Aurora
from calendar_sync.models import EventMirror, Link
from calendar_sync.tests.booked import Book, cancel, move, work_all
from calendar_sync.tests.conftest import Calls
from calendar_sync.tests.google import HELENA, Google
from calendar_sync.writes import queue_rewrite
from clinics.models import Clinic, Patient

DALVA = "dalva@exemplo.test"


@pytest.fixture
def inviting(aurora: Aurora) -> None:
    Clinic.objects.filter(pk=aurora.clinic.pk).update(calendar_invites=True)
    Patient.objects.filter(pk=aurora.dalva.pk).update(email=DALVA)
    aurora.dalva.refresh_from_db()


def told(calls: Calls) -> list[tuple[str, str]]:
    """Each write with whom Google was asked to tell."""
    writes = [(name, uri) for name, uri, _ in calls.made if name in ("events.insert", "events.patch", "events.delete")]
    return [(name, parse_qs(urlsplit(uri).query)["sendUpdates"][0]) for name, uri in writes]


def guests(google: Google) -> list[str]:
    (event,) = google.events(HELENA)
    return [guest["email"] for guest in event.get("attendees", [])]


def everything(book: Book, now: datetime) -> None:
    appointment = book()
    work_all(now)
    move(appointment, now, 60)
    work_all(now)
    cancel(appointment, now)
    work_all(now)


def test_nobody_is_invited_or_told_unless_the_clinic_wants_it(
    link: Link, book: Book, google: Google, now: datetime, aurora: Aurora, calls: Calls
) -> None:
    Patient.objects.filter(pk=aurora.dalva.pk).update(email=DALVA)
    everything(book, now)
    assert told(calls) == [("events.insert", "none"), ("events.patch", "none"), ("events.delete", "none")]
    assert all("attendees" not in body for _, _, body in calls.made)


def test_a_clinic_that_invites_has_the_patient_told_of_everything(
    link: Link, book: Book, google: Google, now: datetime, inviting: None, calls: Calls
) -> None:
    everything(book, now)
    assert told(calls) == [("events.insert", "all"), ("events.patch", "all"), ("events.delete", "all")]
    assert calls.bodies("events.insert")[0]["attendees"] == [{"email": DALVA}]


def test_a_patient_without_an_address_is_no_guest(
    link: Link, book: Book, google: Google, now: datetime, inviting: None, aurora: Aurora
) -> None:
    Patient.objects.filter(pk=aurora.dalva.pk).update(email="")
    aurora.dalva.refresh_from_db()
    book()
    work_all(now)
    assert guests(google) == []


def test_guests_that_people_add_stay_when_ours_come_and_go(
    link: Link, book: Book, google: Google, now: datetime, inviting: None, aurora: Aurora
) -> None:
    appointment = book()
    work_all(now)
    other = {"email": "ana@aurora.test", "responseStatus": "accepted"}
    mine = {"email": DALVA, "responseStatus": "accepted"}
    google.change_event(HELENA, EventMirror.objects.get().google_event_id, {"attendees": [other, mine]})
    move(appointment, now, 60)
    work_all(now)
    assert guests(google) == ["ana@aurora.test", DALVA]
    Patient.objects.filter(pk=aurora.dalva.pk).update(email="nova@exemplo.test")
    assert queue_rewrite(appointment=appointment)
    work_all(now)
    assert guests(google) == ["ana@aurora.test", "nova@exemplo.test"]
    Clinic.objects.filter(pk=aurora.clinic.pk).update(calendar_invites=False)
    queue_rewrite(appointment=appointment)
    work_all(now)
    (event,) = google.events(HELENA)
    assert event["attendees"] == [other]


def test_a_guest_whom_a_person_removed_is_not_invited_again(
    link: Link, book: Book, google: Google, now: datetime, inviting: None, aurora: Aurora
) -> None:
    appointment = book()
    work_all(now)
    google.change_event(HELENA, EventMirror.objects.get().google_event_id, {"attendees": []})
    Clinic.objects.filter(pk=aurora.clinic.pk).update(calendar_title="Novo")
    assert queue_rewrite(appointment=appointment)
    work_all(now)
    (event,) = google.events(HELENA)
    assert (event["summary"], event.get("attendees", [])) == ("Novo", [])
