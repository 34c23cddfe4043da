"""Booking by a program: the same rules, answered in statuses and codes."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from atendeai.common import clock
from atendeai.testing.factories import MONDAY, make_appointment
from atendeai.testing.people import Aurora, make_aurora
from atendeai.testing.programs import Program
from clinics.api import appointment_extras
from clinics.models import Appointment, AuditEntry

pytestmark = pytest.mark.django_db

NOW = MONDAY - timedelta(days=1)
LATER = MONDAY + timedelta(hours=1)


@pytest.fixture(autouse=True)
def _sunday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def aurora() -> Aurora:
    return make_aurora()


@pytest.fixture
def program(aurora: Aurora) -> Program:
    return Program(aurora.clinic)


def wanted(aurora: Aurora, at: datetime = MONDAY, **changes: Any) -> dict[str, Any]:
    asked = {
        "professional": aurora.helena.pk,
        "offering": aurora.consulta.pk,
        "patient": aurora.dalva.pk,
        "starts_at": at.isoformat(),
    }
    return {**asked, **changes}


def booked(aurora: Aurora, starts_at: datetime = MONDAY) -> Appointment:
    return make_appointment(aurora.clinic, aurora.helena, aurora.consulta, aurora.dalva, starts_at)


def test_a_booking_is_answered_as_the_contract_says(aurora: Aurora, program: Program) -> None:
    status, body = program.post("/appointments/", wanted(aurora))
    assert status == 201
    assert body == {
        "id": body["id"],
        "status": "booked",
        "starts_at": "2026-11-23T11:00:00Z",
        "ends_at": "2026-11-23T11:30:00Z",
        "professional": {"id": aurora.helena.pk, "name": "Dra. Helena Prado"},
        "offering": {"id": aurora.consulta.pk, "name": "Consulta"},
        "patient": {"id": aurora.dalva.pk, "name": "Dalva Nogueira"},
        "source": "api",
        "calendar": {"state": "not_linked", "google_event_id": None},
    }
    assert program.get(f"/appointments/{body['id']}/") == (200, body)


def test_the_key_stands_in_the_audit(aurora: Aurora, program: Program) -> None:
    program.post("/appointments/", wanted(aurora))
    entry = AuditEntry.objects.get(action="appointment_booked")
    assert (entry.actor_kind, entry.clinic_id) == ("api_key", aurora.clinic.pk)


def test_a_time_that_is_gone_is_a_conflict(aurora: Aurora, program: Program) -> None:
    booked(aurora)
    status, body = program.post("/appointments/", wanted(aurora))
    assert (status, body["error"]["code"]) == (409, "slot_taken")


@pytest.mark.parametrize(
    ("starts_at", "code"),
    [
        (NOW, "too_soon"),
        (MONDAY - timedelta(hours=2), "outside_hours"),
        (MONDAY + timedelta(days=90), "too_far"),
    ],
)
def test_the_clinics_rules_hold(aurora: Aurora, program: Program, starts_at: datetime, code: str) -> None:
    status, body = program.post("/appointments/", wanted(aurora, starts_at))
    assert (status, body["error"]["code"]) == (422, code)


def test_a_service_that_is_not_given(aurora: Aurora, program: Program) -> None:
    aurora.consulta.given_by.filter(professional=aurora.helena).delete()
    status, body = program.post("/appointments/", wanted(aurora))
    assert (status, body["error"]["code"]) == (422, "not_offered")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("professional", 0),
        ("professional", "x"),
        ("professional", True),
        ("offering", 10**30),
        ("patient", None),
        ("starts_at", "2026-11-23T08:00:00"),
        ("starts_at", "tomorrow"),
        ("starts_at", "0001-01-01T00:00:00+14:00"),
        ("starts_at", "9999-12-31T23:59:59Z"),
        ("starts_at", 5),
    ],
)
def test_a_wrong_field_is_named(aurora: Aurora, program: Program, field: str, value: Any) -> None:
    status, body = program.post("/appointments/", wanted(aurora, **{field: value}))
    assert (status, body["error"]["code"]) == (400, "invalid")
    assert list(body["error"]["fields"]) == [field]


@pytest.mark.parametrize("body", ["", "[1", "[]", '"x"', "null"])
def test_a_body_that_is_no_object(program: Program, body: str) -> None:
    response = program.client.post("/api/v1/appointments/", body, content_type="application/json")
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "invalid"


def test_another_clinics_rows_do_not_exist(aurora: Aurora, program: Program) -> None:
    boreal = make_aurora("boreal", "100000000000002")
    foreign = booked(boreal)
    for asked in (
        program.get(f"/appointments/{foreign.pk}/"),
        program.patch(f"/appointments/{foreign.pk}/", {"status": "confirmed"}),
        program.post(f"/appointments/{foreign.pk}/cancel/"),
    ):
        assert (asked[0], asked[1]["error"]["code"]) == (404, "not_found")
    for field, row in {"professional": boreal.helena, "offering": boreal.consulta, "patient": boreal.dalva}.items():
        status, body = program.post("/appointments/", wanted(aurora, **{field: row.pk}))
        assert (status, list(body["error"]["fields"])) == (400, [field])
    assert program.get("/appointments/") == (200, {"next": None, "previous": None, "results": []})
    foreign.refresh_from_db()
    assert foreign.status == "booked"


def test_rescheduling(aurora: Aurora, program: Program) -> None:
    appointment = booked(aurora)
    status, body = program.patch(
        f"/appointments/{appointment.pk}/",
        {"starts_at": "2026-11-23T09:00:00-03:00", "professional": aurora.marcos.pk},
    )
    assert (status, body["starts_at"], body["professional"]["id"]) == (
        200,
        "2026-11-23T12:00:00Z",
        aurora.marcos.pk,
    )


def test_only_the_professional_changes(aurora: Aurora, program: Program) -> None:
    appointment = booked(aurora)
    _status, body = program.patch(f"/appointments/{appointment.pk}/", {"professional": aurora.marcos.pk})
    assert (body["professional"]["id"], body["starts_at"]) == (aurora.marcos.pk, "2026-11-23T11:00:00Z")


def test_rescheduling_onto_another_appointment(aurora: Aurora, program: Program) -> None:
    booked(aurora, LATER)
    status, body = program.patch(f"/appointments/{booked(aurora).pk}/", {"starts_at": LATER.isoformat()})
    assert (status, body["error"]["code"]) == (409, "slot_taken")


@pytest.mark.parametrize(("status", "began"), [("confirmed", False), ("no_show", True), ("completed", True)])
def test_the_status_changes_through_the_use_cases(
    aurora: Aurora, program: Program, monkeypatch: pytest.MonkeyPatch, status: str, began: bool
) -> None:
    appointment = booked(aurora)
    if began:
        monkeypatch.setattr(clock, "now", lambda: LATER)
    _code, body = program.patch(f"/appointments/{appointment.pk}/", {"status": status})
    assert body["status"] == status
    assert AuditEntry.objects.filter(action=f"appointment_{status}").exists()


def test_nobody_is_missed_before_the_time(aurora: Aurora, program: Program) -> None:
    status, body = program.patch(f"/appointments/{booked(aurora).pk}/", {"status": "no_show"})
    assert (status, body["error"]["code"]) == (409, "invalid_transition")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({}, "body"),
        ({"status": "cancelled"}, "status"),
        ({"status": "confirmed", "starts_at": "2026-11-23T12:00:00Z"}, "status"),
    ],
)
def test_changes_that_make_no_sense(aurora: Aurora, program: Program, change: dict[str, str], field: str) -> None:
    status, body = program.patch(f"/appointments/{booked(aurora).pk}/", change)
    assert (status, list(body["error"]["fields"])) == (400, [field])


def test_cancelling_twice_is_no_error(aurora: Aurora, program: Program) -> None:
    appointment = booked(aurora)
    first = program.post(f"/appointments/{appointment.pk}/cancel/", {"reason": "viagem"})
    second = program.post(f"/appointments/{appointment.pk}/cancel/")
    assert (first[0], first[1]["status"], second[0]) == (200, "cancelled", 200)
    appointment.refresh_from_db()
    assert (appointment.cancel_reason, appointment.revision) == ("viagem", 2)


def test_a_cancelled_one_cannot_move(aurora: Aurora, program: Program) -> None:
    appointment = booked(aurora)
    program.post(f"/appointments/{appointment.pk}/cancel/")
    status, body = program.patch(f"/appointments/{appointment.pk}/", {"starts_at": LATER.isoformat()})
    assert (status, body["error"]["code"]) == (409, "invalid_transition")


def test_the_list_is_filtered(aurora: Aurora, program: Program) -> None:
    early = booked(aurora)
    late = make_appointment(aurora.clinic, aurora.marcos, aurora.retorno, aurora.dalva, LATER, status="confirmed")

    def found(**query: Any) -> list[int]:
        status, body = program.get("/appointments/", **query)
        assert status == 200, body
        return [row["id"] for row in body["results"]]

    assert found() == [late.pk, early.pk]
    assert found(**{"from": LATER.isoformat()}) == [late.pk]
    assert found(to=LATER.isoformat()) == [early.pk]
    assert found(professional=aurora.helena.pk) == [early.pk]
    assert found(status="confirmed") == [late.pk]
    assert found(**{"from": "2026-11-23", "to": "2026-11-24"}) == [late.pk, early.pk]
    # The clinic's midnight, not Greenwich's.
    assert found(to="2026-11-23") == []
    assert found(professional="", status="") == [late.pk, early.pk]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("from", "x"),
        ("from", "2026-02-30"),
        ("to", "2026-11-23T08:00:00"),
        ("status", "gone"),
        ("professional", "x"),
        ("professional", "0"),
        ("limit", "0"),
        ("limit", "201"),
        ("limit", "x"),
        ("limit", "²"),
        ("cursor", "x"),
        ("cursor", "cD1hYmM="),
    ],
)
def test_a_wrong_filter_is_named(program: Program, name: str, value: str) -> None:
    status, body = program.get("/appointments/", **{name: value})
    assert (status, list(body["error"]["fields"])) == (400, [name])


def test_where_the_calendar_stands_is_asked_once_for_a_page(
    aurora: Aurora, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = booked(aurora), booked(aurora, LATER)
    asked: list[list[int]] = []

    def lookup(ids: Any) -> dict[int, appointment_extras.CalendarState]:
        asked.append(list(ids))
        return {one.pk: {"state": "done", "google_event_id": "ev1"}}

    monkeypatch.setattr(appointment_extras, "_lookups", [lookup])
    _status, body = program.get("/appointments/")
    assert [row["calendar"] for row in body["results"]] == [
        {"state": "not_linked", "google_event_id": None},
        {"state": "done", "google_event_id": "ev1"},
    ]
    assert asked == [[other.pk, one.pk]]
