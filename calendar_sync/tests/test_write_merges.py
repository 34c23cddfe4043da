"""Two hands on one event, over real HTTP: edits of people and of ours together, and answers that never came."""

from datetime import datetime
from typing import Any

from atendeai.testing.people import Aurora
from calendar_sync.models import EventMirror, Link, MirrorState, WriteKind, WriteState
from calendar_sync.tests.agenda import look_all, read_now
from calendar_sync.tests.booked import START, Book, cancel, move, states, work_all
from calendar_sync.tests.conftest import Calls
from calendar_sync.tests.google import HELENA, Google
from calendar_sync.writes import queue_rewrite
from clinics.models import Appointment, Clinic, Offering

NINE = "2028-01-17T09:00:00-03:00"
EIGHT = "2028-01-17T08:00:00-03:00"


def look(aurora: Aurora, **fields: Any) -> None:
    Clinic.objects.filter(pk=aurora.clinic.pk).update(**fields)


def color(aurora: Aurora, value: str) -> None:
    Offering.objects.filter(pk=aurora.consulta.pk).update(calendar_color=value)


def edit(google: Google, **fields: Any) -> None:
    google.change_event(HELENA, EventMirror.objects.get().google_event_id, fields)


def rewrite(appointment: Appointment, now: datetime) -> None:
    assert queue_rewrite(appointment=appointment)
    work_all(now)


def only(google: Google) -> dict[str, Any]:
    (event,) = google.events(HELENA)
    return event


def test_a_move_alone_is_one_call_that_leaves_every_word(
    link: Link, book: Book, google: Google, now: datetime, calls: Calls
) -> None:
    appointment = book()
    work_all(now)
    move(appointment, now, 60)
    work_all(now)
    (sent,) = calls.bodies("events.patch")
    assert calls.count("events.get") == 0
    assert not {"summary", "description", "colorId", "reminders", "source", "location"} & set(sent)


def test_a_new_text_of_ours_and_notes_of_theirs_stand_together(
    link: Link, book: Book, google: Google, now: datetime, aurora: Aurora
) -> None:
    appointment = book()
    work_all(now)
    edit(google, description="trazer exames")
    look(aurora, calendar_title="{serviço} com {profissional}", calendar_description="Novo: {link}")
    move(appointment, now, 60)
    work_all(now)
    event = only(google)
    assert event["summary"] == "Consulta com Dra. Helena Prado"
    assert (event["description"], event["start"]["dateTime"]) == ("trazer exames", NINE)
    # And it is known as theirs for good, also after the edit came in by a pull.
    read_now(link, now)
    look(aurora, calendar_description="Mais novo: {link}", calendar_title="Outra vez")
    rewrite(appointment, now)
    event = only(google)
    assert (event["summary"], event["description"]) == ("Outra vez", "trazer exames")


def test_what_nobody_touched_follows_the_clinic(
    link: Link, book: Book, google: Google, now: datetime, aurora: Aurora
) -> None:
    appointment = book()
    work_all(now)
    look(
        aurora,
        calendar_title="{paciente}",
        calendar_detail="initials",
        address="Rua das Flores, 10",
        calendar_reminders="own",
        calendar_reminder_minutes=[60, 10],
    )
    color(aurora, "11")
    rewrite(appointment, now)
    event = only(google)
    assert (event["summary"], event["location"], event["colorId"]) == ("D. N.", "Rua das Flores, 10", "11")
    assert event["reminders"] == {
        "useDefault": False,
        "overrides": [{"method": "popup", "minutes": 60}, {"method": "popup", "minutes": 10}],
    }
    look(aurora, address="", calendar_reminders="calendar", calendar_reminder_minutes=[])
    color(aurora, "")
    rewrite(appointment, now)
    event = only(google)
    assert event["reminders"] == {"useDefault": True}
    assert not {"location", "colorId"} & set(event)


def test_a_colour_chosen_in_google_stays(link: Link, book: Book, google: Google, now: datetime, aurora: Aurora) -> None:
    color(aurora, "3")
    appointment = book()
    work_all(now)
    edit(google, colorId="5")
    color(aurora, "7")
    move(appointment, now, 60)
    work_all(now)
    assert (only(google)["colorId"], only(google)["start"]["dateTime"]) == ("5", NINE)


def test_reminders_chosen_in_google_stay(link: Link, book: Book, google: Google, now: datetime, aurora: Aurora) -> None:
    appointment = book()
    work_all(now)
    own = {"useDefault": False, "overrides": [{"method": "email", "minutes": 5}]}
    edit(google, reminders=own)
    look(aurora, calendar_reminders="none")
    rewrite(appointment, now)
    assert only(google)["reminders"] == own


def test_a_lost_answer_to_a_change_is_written_once_more(link: Link, book: Book, google: Google, now: datetime) -> None:
    appointment = book()
    work_all(now)
    move(appointment, now, 60)
    google.fault("events.patch", "lost_response")
    work_all(now)
    assert states()[-1] == WriteState.QUEUED
    work_all(now)
    assert (states()[-1], only(google)["start"]["dateTime"]) == (WriteState.DONE, NINE)
    assert EventMirror.objects.get().etag == only(google)["etag"]


def test_a_lost_change_taken_back_is_no_persons_move(link: Link, book: Book, google: Google, now: datetime) -> None:
    appointment = book()
    work_all(now)
    move(appointment, now, 60)
    google.fault("events.patch", "lost_response")
    work_all(now)
    assert only(google)["start"]["dateTime"] == NINE
    move(appointment, now, 0)
    work_all(now)
    assert only(google)["start"]["dateTime"] == EIGHT
    read_now(link, now)
    look_all(now)
    appointment.refresh_from_db()
    assert appointment.starts_at == START


def test_words_of_a_lost_change_are_ours_and_not_a_persons(
    link: Link, book: Book, google: Google, now: datetime, aurora: Aurora
) -> None:
    appointment = book()
    work_all(now)
    look(aurora, calendar_title="Segundo")
    google.fault("events.patch", "lost_response")
    rewrite(appointment, now)
    assert only(google)["summary"] == "Segundo"
    look(aurora, calendar_title="Terceiro")
    work_all(now)
    assert only(google)["summary"] == "Terceiro"


def test_a_lost_answer_to_a_removal_is_done(link: Link, book: Book, google: Google, now: datetime) -> None:
    appointment = book()
    work_all(now)
    cancel(appointment, now)
    google.fault("events.delete", "lost_response")
    work_all(now)
    assert (states()[-1], google.events(HELENA)) == (WriteState.QUEUED, [])
    work_all(now)
    assert (states()[-1], EventMirror.objects.get().state) == (WriteState.DONE, MirrorState.GONE)


def test_a_lost_insert_that_a_person_edited_keeps_their_words(
    link: Link, book: Book, google: Google, now: datetime, aurora: Aurora
) -> None:
    appointment = book()
    google.fault("events.insert", "lost_response")
    work_all(now)
    edit(google, description="trazer exames")
    look(aurora, calendar_title="Novo título", calendar_description="Novo: {link}")
    move(appointment, now, 60)
    work_all(now)
    event = only(google)
    assert (event["summary"], event["description"]) == ("Novo título", "trazer exames")
    assert (event["start"]["dateTime"], len(google.events(HELENA, cancelled=True))) == (NINE, 1)


def test_only_shown_otherwise_a_deleted_event_is_not_made_anew(
    link: Link, book: Book, google: Google, now: datetime, aurora: Aurora
) -> None:
    appointment = book()
    work_all(now)
    google.remove_event(HELENA, EventMirror.objects.get().google_event_id)
    look(aurora, calendar_title="Novo")
    rewrite(appointment, now)
    mirror = EventMirror.objects.get()
    assert (google.events(HELENA), mirror.generation, mirror.state) == ([], 1, MirrorState.PRESENT)
    assert mirror.writes.get(kind=WriteKind.REWRITE).state == WriteState.DONE
    move(appointment, now, 60)
    work_all(now)
    assert (only(google)["summary"], EventMirror.objects.get().generation) == ("Novo", 2)


def test_an_event_written_before_events_told_what_is_ours(
    link: Link, book: Book, google: Google, now: datetime, aurora: Aurora
) -> None:
    import hashlib

    appointment = book()
    work_all(now)
    event = only(google)
    edit(google, extendedProperties={"private": {"wrote": None, "when": None}})
    old = hashlib.sha256(repr([event["summary"], event["description"]]).encode()).hexdigest()[:32]
    EventMirror.objects.update(text_hash=old, etag="")
    look(aurora, calendar_title="Novo")
    rewrite(appointment, now)
    assert only(google)["summary"] == "Novo"
    assert only(google)["description"] == event["description"]
