"""Events shall show something else: all coming ones do in the end, a few at a time, and nobody's notes go."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from atendeai.testing.people import Aurora, make_aurora
from calendar_sync import linking, writes
from calendar_sync.admin.rewriting import rewriting_panel
from calendar_sync.models import CalendarWrite, ChangeState, EventMirror, GoogleChange, Link, WriteKind, WriteState
from calendar_sync.tests.agenda import look_all, next_monday, read_now, timed
from calendar_sync.tests.booked import START, Book, cancel, move, work_all
from calendar_sync.tests.conftest import Calls
from calendar_sync.tests.google import HELENA, Google
from calendar_sync.writes import rewriting
from clinics import booking, signals
from clinics.audit import SYSTEM
from clinics.models import Clinic, GooglePolicy, Patient, Source

HOUR = timedelta(hours=1)


@pytest.fixture
def show(aurora: Aurora) -> Callable[..., None]:
    """An owner changes what events show."""

    def change(**fields: object) -> None:
        Clinic.objects.filter(pk=aurora.clinic.pk).update(**fields)
        aurora.clinic.refresh_from_db()
        signals.appearance_changed.send(sender=Clinic, clinic=aurora.clinic, patient=None)

    return change


def in_thread(act: Callable[[], object]) -> threading.Thread:
    """With a connection of its own."""

    def run() -> None:
        try:
            act()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def step_all(now: datetime) -> list[int]:
    """What the sweeps would do; how many each step queued."""
    queued = []
    while due := rewriting.due():
        queued += [rewriting.step(link_id=link_id, now=now) for link_id in due]
        work_all(now)
    return queued


def titles(google: Google) -> list[str]:
    return [event["summary"] for event in google.events(HELENA)]


def test_every_coming_event_follows_a_few_at_a_time(
    link: Link,
    book: Book,
    google: Google,
    now: datetime,
    show: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    calls: Calls,
) -> None:
    monkeypatch.setattr(rewriting, "STEP", 2)
    for hour in range(5):
        book(60 * hour)
    work_all(now)
    show(calendar_title="{serviço}", calendar_detail="initials")
    assert step_all(now) == [2, 2, 1]
    assert titles(google) == ["Consulta"] * 5
    show(calendar_title="{serviço} – {paciente}")
    step_all(now)
    assert titles(google) == ["Consulta – D. N."] * 5
    assert calls.count("events.insert") == 5
    link.refresh_from_db()
    assert link.rewrite_after is None


def test_no_more_than_a_few_wait_at_once(
    link: Link, book: Book, now: datetime, show: Callable[..., None], monkeypatch: pytest.MonkeyPatch, aurora: Aurora
) -> None:
    monkeypatch.setattr(rewriting, "STEP", 2)
    monkeypatch.setattr(rewriting, "MOST_OPEN", 2)
    for hour in range(4):
        book(60 * hour)
    work_all(now)
    assert rewriting_panel(aurora.clinic) is None
    show(calendar_title="Novo")
    assert [rewriting.step(link_id=link.pk, now=now) for _ in range(3)] == [2, 0, 0]
    panel = rewriting_panel(aurora.clinic)
    assert panel
    assert "2 estão na fila" in panel.text
    work_all(now)
    assert [rewriting.step(link_id=link.pk, now=now) for _ in range(2)] == [2, 0]
    work_all(now)
    assert rewriting.step(link_id=link.pk, now=now) == 0
    assert rewriting_panel(aurora.clinic) is None


def test_a_second_change_begins_again_and_queues_nothing_twice(
    link: Link, book: Book, google: Google, now: datetime, show: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rewriting, "STEP", 2)
    for hour in range(3):
        book(60 * hour)
    work_all(now)
    show(calendar_title="Um")
    assert rewriting.step(link_id=link.pk, now=now) == 2
    show(calendar_title="Dois")
    # The two that wait are written as it then should be: only the third is new.
    assert rewriting.step(link_id=link.pk, now=now) == 1
    step_all(now)
    work_all(now)
    assert titles(google) == ["Dois"] * 3
    assert CalendarWrite.objects.filter(kind=WriteKind.REWRITE).count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_change_in_the_middle_of_a_step_waits_and_begins_again(
    link: Link, book: Book, now: datetime, show: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    book()
    work_all(now)
    show(calendar_title="Um")
    real = writes.queue_rewrite
    second: list[threading.Thread] = []

    def meanwhile(**about: Any) -> list[int]:
        second.append(in_thread(lambda: show(calendar_title="Dois")))
        second[0].join(0.3)
        assert second[0].is_alive()
        return real(**about)

    monkeypatch.setattr(rewriting, "queue_rewrite", meanwhile)
    assert rewriting.step(link_id=link.pk, now=now) == 1
    second[0].join(5)
    assert rewriting.due() == [link.pk]


@pytest.mark.django_db(transaction=True)
def test_a_link_that_is_in_other_hands_is_left_for_later(
    link: Link, book: Book, now: datetime, show: Callable[..., None]
) -> None:
    book()
    work_all(now)
    show(calendar_title="Um")
    found: list[int] = []
    with transaction.atomic():
        Link.objects.select_for_update().get(pk=link.pk)
        in_thread(lambda: found.append(rewriting.step(link_id=link.pk, now=now))).join(5)
    assert (found, rewriting.due()) == ([0], [link.pk])


def test_a_wish_to_make_an_event_anew_is_not_lost_to_a_rewrite(
    link: Link, book: Book, google: Google, now: datetime, show: Callable[..., None]
) -> None:
    appointment = book()
    work_all(now)
    google.remove_event(HELENA, EventMirror.objects.get().google_event_id)
    move(appointment, now, 60)
    appointment.refresh_from_db()
    assert writes.queue_rewrite(appointment=appointment)
    work_all(now)
    assert len(titles(google)) == 1


def test_an_event_refused_for_its_words_is_tried_again_with_new_ones(
    link: Link, book: Book, google: Google, now: datetime, show: Callable[..., None]
) -> None:
    book()
    google.fault("events.insert", "status", status=400, reason="invalid")
    work_all(now)
    assert (titles(google), CalendarWrite.objects.get().state) == ([], WriteState.FAILED)
    show(calendar_title="Novo")
    step_all(now)
    assert titles(google) == ["Novo"]


def test_cancelled_and_past_ones_and_other_clinics_are_left_alone(
    link: Link, book: Book, google: Google, now: datetime, show: Callable[..., None]
) -> None:
    cancel(book(), now)
    book(60)
    work_all(now)
    boreal = make_aurora("boreal", "100000000000002")
    signals.appearance_changed.send(sender=Clinic, clinic=boreal.clinic, patient=None)
    assert rewriting.due() == []
    show(calendar_title="Novo")
    assert rewriting.step(link_id=link.pk, now=START + 3 * HOUR) == 0
    show(calendar_title="Novo")
    assert rewriting.step(link_id=link.pk, now=now) == 1


def test_a_calendar_that_must_be_connected_again_waits(
    link: Link, book: Book, now: datetime, show: Callable[..., None], aurora: Aurora
) -> None:
    book()
    work_all(now)
    Link.objects.update(state="needs_reconnect")
    show(calendar_title="Novo")
    assert (rewriting.due(), rewriting.step(link_id=link.pk, now=now)) == ([], 0)
    Link.objects.update(state="linked")
    assert rewriting.step(link_id=link.pk, now=now) == 1
    linking.disconnect(clinic=aurora.clinic, link=link, by=SYSTEM, now=now)
    assert rewriting.waiting(clinic_id=aurora.clinic.pk) == (0, False)


def test_a_moved_event_that_waits_for_a_decision_goes_on_waiting(
    link: Link, book: Book, google: Google, now: datetime, show: Callable[..., None], aurora: Aurora
) -> None:
    Clinic.objects.filter(pk=aurora.clinic.pk).update(google_moves=GooglePolicy.ASK, closes_on_holidays=False)
    monday = next_monday(now)
    appointment = book(starts_at=monday)
    work_all(now)
    read_now(link, now)
    event_id = EventMirror.objects.get().google_event_id
    google.change_event(HELENA, event_id, timed(monday + 2 * HOUR, 30))
    read_now(link, now)
    look_all(now)
    assert GoogleChange.objects.get().state == ChangeState.ASKED
    google.change_event(HELENA, event_id, {"summary": "Consulta"})
    show(calendar_title="Novo")
    step_all(now)
    read_now(link, now)
    look_all(now)
    (event,) = google.events(HELENA)
    assert event["summary"] == "Novo"
    assert datetime.fromisoformat(event["start"]["dateTime"]) == monday + 2 * HOUR
    appointment.refresh_from_db()
    assert appointment.starts_at == monday
    change = GoogleChange.objects.get()
    assert (change.state, change.etag) == (ChangeState.ASKED, event["etag"])


def test_a_patients_new_name_reaches_their_events_only(
    link: Link, book: Book, google: Google, now: datetime, show: Callable[..., None], aurora: Aurora
) -> None:
    show(calendar_title="{paciente}", calendar_detail="full")
    Link.objects.update(rewrite_after=None)
    book()
    other = Patient.objects.create(clinic=aurora.clinic, name="Rita Alves")
    book(60, patient=other)
    work_all(now)
    aurora.dalva.name = "Dalva Lima"
    aurora.dalva.save()
    signals.appearance_changed.send(sender=Patient, clinic=aurora.clinic, patient=aurora.dalva)
    assert len(writes.due()) == 1
    work_all(now)
    assert sorted(titles(google)) == ["Dalva Lima", "Rita Alves"]


@pytest.mark.parametrize(
    ("fields", "before", "after"),
    [
        ({"calendar_tentative": True}, ("tentative", "Consulta"), ("confirmed", "Consulta")),
        ({"calendar_title": "{situação}"}, ("confirmed", "Marcada"), ("confirmed", "Confirmada")),
    ],
)
def test_a_confirmation_shows_where_the_clinic_wants_it(
    link: Link,
    book: Book,
    google: Google,
    now: datetime,
    aurora: Aurora,
    fields: dict[str, object],
    before: tuple[str, str],
    after: tuple[str, str],
) -> None:
    Clinic.objects.filter(pk=aurora.clinic.pk).update(**fields)
    appointment = book()
    work_all(now)

    def shown() -> tuple[str, str]:
        (event,) = google.events(HELENA)
        return event["status"], event["summary"]

    assert shown() == before
    appointment = booking.confirm(
        clinic=Clinic.objects.get(pk=aurora.clinic.pk), appointment=appointment, by=SYSTEM, now=now, source=Source.CHAT
    )
    work_all(now)
    assert shown() == after
    move(appointment, now, 60)
    work_all(now)
    assert shown() == before  # moved, it is booked again


def test_what_does_not_fit_is_put_back_though_its_words_change_too(
    link: Link, book: Book, google: Google, now: datetime, aurora: Aurora
) -> None:
    Clinic.objects.filter(pk=aurora.clinic.pk).update(closes_on_holidays=False)
    monday = next_monday(now)
    book(starts_at=monday)
    work_all(now)
    read_now(link, now)
    google.change_event(HELENA, EventMirror.objects.get().google_event_id, timed(monday + 14 * HOUR, 30))
    google.change_event(HELENA, EventMirror.objects.get().google_event_id, {"summary": "Consulta"})
    Clinic.objects.filter(pk=aurora.clinic.pk).update(calendar_title="Novo")
    read_now(link, now)
    look_all(now)
    assert GoogleChange.objects.get().state == ChangeState.PUT_BACK
    work_all(now)
    (event,) = google.events(HELENA)
    assert (event["summary"], datetime.fromisoformat(event["start"]["dateTime"])) == ("Novo", monday)
