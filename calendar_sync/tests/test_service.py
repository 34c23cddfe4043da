"""The contract of the integration design, and what the API shows of the calendars."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import redis
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from atendeai.common.errors import Rejected, Unreachable
from atendeai.testing.people import Aurora, make_aurora
from calendar_sync import linking, remembered
from calendar_sync.google_api import client as google_client
from calendar_sync.models import CalendarWrite, Link, LinkState
from calendar_sync.service import (
    GoogleCalendarService,
    InvalidEvent,
    NotAnEvent,
    NotLinked,
    OfAnAppointment,
    appointment_calendars,
)
from calendar_sync.tests.agenda import timed
from calendar_sync.tests.booked import work_all
from calendar_sync.tests.conftest import Calls, MakeLink
from calendar_sync.tests.google import HELENA, LIVIA, MARCOS, Google
from clinics import api_keys, booking
from clinics.audit import SYSTEM
from clinics.models import Source

START = datetime(2028, 1, 17, 11, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def data(**changes: Any) -> dict[str, Any]:
    return {"title": "Reunião", "start_time": START, "end_time": START + HOUR, **changes}


@pytest.fixture
def service(link: Link) -> GoogleCalendarService:
    return GoogleCalendarService(link.clinic_id)


def test_a_programs_linking_ends_in_authenticate(aurora: Aurora, google: Google, now: datetime) -> None:
    url = linking.start(clinic=aurora.clinic, professional=aurora.helena, user=None, session_key="", now=now)
    back = google.consent(url)
    boreal = make_aurora("boreal", "100000000000002")
    with pytest.raises(linking.AttemptUnknown):
        GoogleCalendarService(boreal.clinic.pk).authenticate(back["code"], state=back["state"])
    link = GoogleCalendarService(aurora.clinic.pk).authenticate(back["code"], state=back["state"])
    assert (link.professional, link.state) == (aurora.helena, LinkState.CHOOSING)


def test_an_event_is_made_changed_and_removed(service: GoogleCalendarService, google: Google) -> None:
    made = service.create_event(data(description="sala 2", metadata={"ticket": "7"}, attendees=[]))
    (event,) = google.events(HELENA)
    assert (made.state, made.id) == ("done", event["id"])
    assert (event["summary"], event["description"]) == ("Reunião", "sala 2")
    assert event["extendedProperties"]["private"]["ticket"] == "7"
    assert (event["visibility"], event["transparency"], event.get("attendees", [])) == ("private", "opaque", [])
    changed = service.update_event(made.id, {"title": "Reunião geral"})
    (event,) = google.events(HELENA)
    assert (changed.state, event["summary"], event["description"]) == ("done", "Reunião geral", "sala 2")
    assert service.delete_event(made.id).state == "done"
    assert google.events(HELENA) == []
    assert service.delete_event(made.id).state == "done"


def test_an_event_that_cannot_be_read_and_one_without_an_end_in_sight_break_no_list(
    service: GoogleCalendarService, google: Google
) -> None:
    google.make_unreadable(HELENA, google.add_event(HELENA, timed(START)))
    last = {"dateTime": "9999-12-31T23:59:59", "timeZone": "America/Sao_Paulo"}
    far = google.add_event(HELENA, {**timed(START + HOUR), "end": last})
    assert [event.id for event in service.list_events(START, START + 12 * HOUR)] == [far]
    # Meant: the first is not as Google describes its events.
    assert google.misfits() != []


def test_what_google_cannot_take_now_is_queued_and_done_in_order(
    service: GoogleCalendarService, google: Google, now: datetime, hints: list[int]
) -> None:
    google.fault("*", "status", status=503, count=1)
    made = service.create_event(data())
    assert (made.state, google.events(HELENA)) == ("queued", [])
    assert hints[-1] == CalendarWrite.objects.get().mirror_id
    assert service.update_event(made.id, {"title": "Depois"}).state == "queued"
    work_all(now)
    (event,) = google.events(HELENA)
    assert (event["id"], event["summary"]) == (made.id, "Depois")


def test_a_queued_body_is_not_readable_in_the_database(service: GoogleCalendarService, google: Google) -> None:
    from django.db import connection

    google.fault("*", "status", status=503)
    service.create_event(data(title="Dalva Nogueira"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(w)::text FROM calendar_sync_calendarwrite w")
        assert "Dalva" not in str(cursor.fetchone())


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": None}, "title"),
        ({"title": "  "}, "title"),
        ({"title": 5}, "title"),
        ({"title": "x" * 1025}, "title"),
        ({"title": "x\0"}, "title"),
        ({"description": "x" * 8193}, "description"),
        ({"description": ["x"]}, "description"),
        ({"start_time": None}, "start_time"),
        ({"start_time": "2028-01-17T08:00"}, "start_time"),
        ({"start_time": datetime(2028, 1, 17, 8)}, "start_time"),
        ({"start_time": datetime(1, 1, 1, tzinfo=UTC)}, "start_time"),
        ({"end_time": None}, "end_time"),
        ({"end_time": START}, "end_time"),
        ({"end_time": START - HOUR}, "end_time"),
        ({"end_time": START + timedelta(milliseconds=900)}, "end_time"),
        ({"end_time": START + timedelta(days=32)}, "end_time"),
        ({"time_zone": "America/Sao Paulo"}, "time_zone"),
        ({"time_zone": "-03:00"}, "time_zone"),
        ({"time_zone": "../etc/passwd"}, "time_zone"),
        ({"time_zone": 3}, "time_zone"),
        ({"metadata": "x"}, "metadata"),
        ({"metadata": {"n": 1}}, "metadata"),
        ({"metadata": {"appointment_id": "1"}}, "metadata.appointment_id"),
        ({"metadata": {"wrote": "{}"}}, "metadata.wrote"),
        ({"metadata": {"": "1"}}, "metadata."),
        ({"metadata": {"n" * 45: "1"}}, "metadata." + "n" * 44),
        ({"metadata": {"n": "x" * 1025}}, "metadata.n"),
        ({"metadata": {str(n): "" for n in range(251)}}, "metadata"),
        ({"metadata": {str(n): "x" * 1024 for n in range(28)}}, "metadata"),
        ({"attendees": ["x@y.example"]}, "attendees"),
        ({"attendees": "x@y.example"}, "attendees"),
        ({"professional_id": "1"}, "professional_id"),
        ({"professional_id": True}, "professional_id"),
        ({"professional_id": 999_999_999}, "professional_id"),
        ({"summary": "Reunião"}, "summary"),
        ({"color": "5"}, "color"),
    ],
)
def test_unusable_events_are_refused_before_anything_is_stored_and_the_field_is_named(
    service: GoogleCalendarService, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidEvent) as raised:
        service.create_event(data(**changes))
    assert raised.value.field == field
    assert str(raised.value).startswith(f"{field}: ")
    assert not CalendarWrite.objects.exists()


def test_what_is_just_allowed_is_taken(service: GoogleCalendarService, google: Google) -> None:
    metadata = {"n" * 44: "x" * 1024}
    made = service.create_event(
        data(
            title="x" * 1024,
            description="y" * 8192,
            metadata=metadata,
            end_time=START + timedelta(days=31),
            time_zone="America/Noronha",
        )
    )
    (event,) = google.events(HELENA)
    assert (made.state, made.error, event["start"]["timeZone"]) == ("done", "", "America/Noronha")
    assert datetime.fromisoformat(event["start"]["dateTime"]) == START


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({}, "event_data"),
        ({"title": ""}, "title"),
        ({"start_time": START}, "end_time"),
        ({"end_time": START}, "start_time"),
        ({"time_zone": "America/Noronha"}, "time_zone"),
        ({"professional_id": 999_999_999, "title": "x"}, "professional_id"),
    ],
)
def test_unusable_changes_are_refused_and_the_event_stays(
    service: GoogleCalendarService, google: Google, changes: dict[str, Any], field: str
) -> None:
    made = service.create_event(data())
    (before,) = google.events(HELENA)
    with pytest.raises(InvalidEvent) as raised:
        service.update_event(made.id, changes)
    assert (raised.value.field, google.events(HELENA)) == (field, [before])


def test_what_google_refuses_is_failed_with_its_word(service: GoogleCalendarService, google: Google) -> None:
    google.fault("events.insert", "status", status=400, reason="invalid")
    made = service.create_event(data())
    assert (made.state, made.error, google.events(HELENA)) == ("failed", "invalid", [])


class TestGuests:
    """Only for a clinic that invites."""

    @pytest.fixture(autouse=True)
    def inviting(self, aurora: Aurora) -> None:
        type(aurora.clinic).objects.filter(pk=aurora.clinic.pk).update(calendar_invites=True)

    def emails(self, google: Google) -> list[str]:
        (event,) = google.events(HELENA)
        return [guest["email"] for guest in event.get("attendees", [])]

    def test_they_are_invited_and_told(self, service: GoogleCalendarService, google: Google, calls: Calls) -> None:
        guests = [{"email": "ana@x.example", "name": "Ana"}, "rui@x.example", "RUI@x.example"]
        made = service.create_event(data(attendees=guests))
        assert len(self.emails(google)) == 2
        service.update_event(made.id, {"title": "Outra"})
        service.delete_event(made.id)
        writes = [uri for name, uri, _ in calls.made if name in ("events.insert", "events.patch", "events.delete")]
        assert [uri for uri in writes if "sendUpdates=all" not in uri] == []
        assert len(writes) == 3

    def test_those_that_people_added_stay(self, service: GoogleCalendarService, google: Google) -> None:
        made = service.create_event(data(attendees=["ana@x.example"]))
        added = [{"email": "ana@x.example", "responseStatus": "accepted"}, {"email": "eva@x.example"}]
        google.change_event(HELENA, made.id, {"attendees": added})
        service.update_event(made.id, {"attendees": ["ana@x.example", "rui@x.example"]})
        (event,) = google.events(HELENA)
        assert event["attendees"] == [*added, {"email": "rui@x.example"}]
        service.update_event(made.id, {"attendees": []})
        assert self.emails(google) == ["eva@x.example"]

    @pytest.mark.parametrize(
        "guests", [["ana"], ["ana@x"], ["a b@x.example"], [5], [{"mail": "a@x.example"}], [None], ["a@x.example"] * 51]
    )
    def test_bad_ones_are_named(self, service: GoogleCalendarService, guests: list[Any]) -> None:
        with pytest.raises(InvalidEvent, match=r"^attendees"):
            service.create_event(data(attendees=guests))

    def test_a_wish_that_waits_invites_nobody_once_the_clinic_does_not(
        self, service: GoogleCalendarService, google: Google, aurora: Aurora, now: datetime
    ) -> None:
        google.fault("*", "status", status=503)
        assert service.create_event(data(attendees=["ana@x.example"])).state == "queued"
        type(aurora.clinic).objects.filter(pk=aurora.clinic.pk).update(calendar_invites=False)
        work_all(now)
        assert self.emails(google) == []


def test_with_several_calendars_the_professional_must_be_named(
    service: GoogleCalendarService, aurora: Aurora, make_link: MakeLink, google: Google
) -> None:
    make_link(aurora.clinic, aurora.marcos, MARCOS)
    with pytest.raises(InvalidEvent, match="professional_id"):
        service.create_event(data())
    service.create_event(data(professional_id=aurora.marcos.pk))
    assert (len(google.events(HELENA)), len(google.events(MARCOS))) == (0, 1)


def test_another_clinics_events_and_appointments_events_cannot_be_touched(
    service: GoogleCalendarService, aurora: Aurora, google: Google, now: datetime, make_link: MakeLink
) -> None:
    made = service.create_event(data())
    boreal = make_aurora("boreal", "100000000000002")
    make_link(boreal.clinic, boreal.helena, LIVIA)
    with pytest.raises(NotAnEvent):
        GoogleCalendarService(boreal.clinic.pk).delete_event(made.id)
    with pytest.raises(NotAnEvent):
        GoogleCalendarService(boreal.clinic.pk).update_event(made.id, {"title": "x"})
    booked = book(aurora, now)
    event_id = appointment_calendars([booked.pk])[booked.pk]["google_event_id"]
    assert event_id
    with pytest.raises(OfAnAppointment, match=f"/api/v1/appointments/{booked.pk}/"):
        service.delete_event(event_id)
    with pytest.raises(OfAnAppointment, match=f"/api/v1/appointments/{booked.pk}/"):
        service.update_event(event_id, {"title": "x"})


def book(aurora: Aurora, now: datetime) -> Any:
    return booking.book(
        clinic=aurora.clinic,
        professional=aurora.helena,
        offering=aurora.consulta,
        patient=aurora.dalva,
        starts_at=START + 2 * HOUR,
        by=SYSTEM,
        now=now,
        source=Source.CHAT,
        by_the_rules=False,
    )


def test_where_an_appointment_stands(
    service: GoogleCalendarService, aurora: Aurora, now: datetime, google: Google
) -> None:
    booked = book(aurora, now)

    def state() -> str:
        return appointment_calendars([booked.pk])[booked.pk]["state"]

    assert state() == "queued"
    work_all(now)
    assert state() == "done"
    booking.cancel(clinic=aurora.clinic, appointment=booked, by=SYSTEM, now=now, source=Source.CHAT)
    assert state() == "queued"
    work_all(now)
    assert state() == "removed"
    assert appointment_calendars([booked.pk + 1]) == {}


def test_lists_read_every_page_of_every_calendar(
    service: GoogleCalendarService,
    aurora: Aurora,
    google: Google,
    now: datetime,
    make_link: MakeLink,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(google_client, "PAGE_SIZE", 2)
    make_link(aurora.clinic, aurora.marcos, MARCOS)
    booked = book(aurora, now)
    work_all(now)
    for hour in range(3):
        service.create_event(data(professional_id=aurora.helena.pk, start_time=START - HOUR * hour))
    moments = {"start": {"dateTime": START.isoformat()}, "end": {"dateTime": (START + HOUR).isoformat()}}
    google.add_event(MARCOS, {"summary": "Dentista", "visibility": "private", **moments})
    google.add_event(MARCOS, {"summary": "Almoço", "transparency": "transparent", **moments})
    google.add_event(MARCOS, {"summary": "Feriado", "start": {"date": "2028-01-17"}, "end": {"date": "2028-01-18"}})
    found = service.list_events(START - 12 * HOUR, START + 12 * HOUR)
    assert len(found) == 7
    assert [event.appointment_id for event in found if event.appointment_id] == [booked.pk]
    titles = sorted(event.title for event in found if event.professional_id == aurora.marcos.pk)
    assert titles == ["", "Almoço", "Feriado"]
    assert [event.title for event in found if not event.is_busy] == ["Almoço"]
    mine = service.list_events(START - 12 * HOUR, START + 12 * HOUR, professional_id=aurora.marcos.pk)
    assert len(mine) == 3


def test_half_a_list_is_never_given(service: GoogleCalendarService, google: Google) -> None:
    google.fault("events.list", "status", status=503)
    with pytest.raises(Unreachable):
        service.list_events(START, START + HOUR)
    google.fault("events.list", "status", status=400, reason="invalid")
    with pytest.raises(Rejected):
        service.list_events(START, START + HOUR)


def test_without_a_working_link_there_is_no_list(aurora: Aurora, link: Link) -> None:
    boreal = make_aurora("boreal", "100000000000002")
    with pytest.raises(NotLinked):
        GoogleCalendarService(boreal.clinic.pk).list_events(START, START + HOUR)
    with pytest.raises(NotLinked):
        GoogleCalendarService(aurora.clinic.pk).list_events(START, START + HOUR, professional_id=boreal.helena.pk)


class TestApi:
    """GET /api/v1/events/."""

    ADDRESS = "/api/v1/events/?from=2028-01-17T00:00:00-03:00&to=2028-01-18T00:00:00-03:00"

    def ask(self, clinic: Any, now: datetime, address: str = ADDRESS) -> Any:
        _row, key = api_keys.create(clinic=clinic, name=uuid4().hex, by=SYSTEM, now=now)
        return Client().get(address, headers={"Authorization": f"Bearer {key}"})

    def test_a_list(self, aurora: Aurora, link: Link, google: Google, now: datetime) -> None:
        booked = book(aurora, now)
        work_all(now)
        answer = self.ask(aurora.clinic, now)
        assert answer.status_code == 200
        body = answer.json()
        assert (body["next"], body["previous"]) == (None, None)
        (event,) = body["results"]
        assert event == {
            "id": google.events(HELENA)[0]["id"],
            "professional": aurora.helena.pk,
            "title": "Consulta",
            "starts_at": "2028-01-17T13:00:00Z",
            "ends_at": "2028-01-17T13:30:00Z",
            "all_day": False,
            "busy": True,
            "own": True,
            "appointment": booked.pk,
        }

    def test_a_remembered_list_costs_two_queries_and_two_questions_to_redis(
        self, aurora: Aurora, make_link: MakeLink, google: Google, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whatever the number of calendars: the key, the links; the limit, what is remembered."""
        for person, calendar_id in ((aurora.helena, HELENA), (aurora.marcos, MARCOS)):
            make_link(aurora.clinic, person, calendar_id)
            google.add_event(calendar_id, timed(START, 60))
        _row, key = api_keys.create(clinic=aurora.clinic, name="agenda", by=SYSTEM, now=now)

        def ask() -> Any:
            return Client().get(self.ADDRESS, headers={"Authorization": f"Bearer {key}"}).json()

        first, sent = ask(), []
        send: Any = redis.connection.AbstractConnection.send_packed_command

        def note(line: Any, command: Any, check_health: bool = True) -> Any:
            sent.append(command)
            return send(line, command, check_health)

        monkeypatch.setattr(redis.connection.AbstractConnection, "send_packed_command", note)
        with CaptureQueriesContext(connection) as asked:
            second = ask()
        assert second == first
        assert {event["professional"] for event in second["results"]} == {aurora.helena.pk, aurora.marcos.pk}
        assert (len(asked), len(sent)) == (2, 2)

    @pytest.mark.parametrize("first", [HELENA, MARCOS])
    def test_events_of_several_calendars_come_by_start(
        self, aurora: Aurora, make_link: MakeLink, google: Google, now: datetime, first: str
    ) -> None:
        for person, calendar_id in ((aurora.helena, HELENA), (aurora.marcos, MARCOS)):
            make_link(aurora.clinic, person, calendar_id)
            for number in range(2):
                minutes = 60 * number + (0 if calendar_id == first else 30)
                google.add_event(calendar_id, timed(START + timedelta(minutes=minutes), 20))
        for _asked_then_remembered in range(2):
            starts = [event["starts_at"][11:16] for event in self.ask(aurora.clinic, now).json()["results"]]
            assert starts == ["11:00", "11:30", "12:00", "12:30"]

    def test_a_calendar_that_is_let_go_is_shown_no_more(
        self, aurora: Aurora, make_link: MakeLink, google: Google, now: datetime
    ) -> None:
        """At once, though what it held is still remembered."""
        links = [make_link(aurora.clinic, aurora.helena, HELENA), make_link(aurora.clinic, aurora.marcos, MARCOS)]
        for calendar_id in (HELENA, MARCOS):
            google.add_event(calendar_id, timed(START, 60))
        assert len(self.ask(aurora.clinic, now).json()["results"]) == 2
        Link.objects.filter(pk=links[1].pk).update(state=LinkState.NEEDS_RECONNECT)
        assert [event["professional"] for event in self.ask(aurora.clinic, now).json()["results"]] == [aurora.helena.pk]

    def test_pages_lead_on_and_back_in_the_order_of_the_clinic_s_days(
        self, aurora: Aurora, link: Link, google: Google, now: datetime
    ) -> None:
        # Whole days come at their midnight at the clinic, whatever zone the others are written in.
        google.add_event(HELENA, {"start": {"date": "2028-01-17"}, "end": {"date": "2028-01-18"}})
        for clock in ("08:00:00-03:00", "11:30:00Z", "08:45:00-03:00", "12:00:00Z"):
            starts_at = datetime.fromisoformat(f"2028-01-17T{clock}")
            edges = {"start": starts_at, "end": starts_at + timedelta(minutes=10)}
            google.add_event(HELENA, {name: {"dateTime": at.isoformat()} for name, at in edges.items()})
        pages = [self.ask(aurora.clinic, now, f"{self.ADDRESS}&limit=2").json()]
        while pages[-1]["next"]:
            pages.append(self.ask(aurora.clinic, now, pages[-1]["next"]).json())
        assert [[event["starts_at"][11:16] for event in page["results"]] for page in pages] == [
            ["", "11:00"],
            ["11:30", "11:45"],
            ["12:00"],
        ]
        assert pages[0]["previous"] is None
        back = self.ask(aurora.clinic, now, pages[2]["previous"]).json()
        assert (back["results"], back["next"] is None) == (pages[1]["results"], False)
        first = self.ask(aurora.clinic, now, back["previous"]).json()
        assert (first["results"], first["previous"]) == (pages[0]["results"], None)
        # What went meanwhile shifts nothing.
        google.remove_event(HELENA, pages[0]["results"][1]["id"])
        remembered.forget(clinic_id=aurora.clinic.pk, link_id=link.pk)
        assert self.ask(aurora.clinic, now, pages[0]["next"]).json()["results"] == pages[1]["results"]

    def test_troubles(self, aurora: Aurora, link: Link, google: Google, now: datetime) -> None:
        google.fault("events.list", "status", status=503)
        answer = self.ask(aurora.clinic, now)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "google_unavailable")
        google.fault("events.list", "status", status=400, reason="invalid")
        answer = self.ask(aurora.clinic, now)
        assert (answer.status_code, answer.json()["error"]["code"]) == (502, "google_unavailable")
        boreal = make_aurora("boreal", "100000000000002")
        answer = self.ask(boreal.clinic, now)
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_linked")
        assert Client().get(self.ADDRESS).status_code == 401

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("", "from"),
            ("from=2028-01-17&to=2028-01-17", "to"),
            ("from=2028-01-17&to=2029-01-17", "to"),
            ("from=nonsense&to=2028-01-18", "from"),
            ("from=2028-01-17&to=2028-01-18&limit=0", "limit"),
            ("from=2028-01-17&to=2028-01-18&limit=201", "limit"),
            ("from=2028-01-17&to=2028-01-18&cursor=nonsense", "cursor"),
            ("from=2028-01-17&to=2028-01-18&cursor=WzEsIDIsIDNd", "cursor"),
            ("from=2028-01-17&to=2028-01-18&professional=999999", "professional"),
        ],
    )
    def test_bad_questions(self, aurora: Aurora, now: datetime, query: str, field: str) -> None:
        answer = self.ask(aurora.clinic, now, f"/api/v1/events/?{query}")
        assert answer.status_code == 400
        assert field in answer.json()["error"]["fields"]

    def test_another_clinics_professional_is_unknown(self, aurora: Aurora, link: Link, now: datetime) -> None:
        boreal = make_aurora("boreal", "100000000000002")
        answer = self.ask(boreal.clinic, now, f"{self.ADDRESS}&professional={aurora.helena.pk}")
        assert answer.status_code == 400
