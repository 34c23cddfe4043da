"""Professionals, offerings, patients and free times, as a program reads them."""

from datetime import timedelta
from typing import Any

import pytest

from atendeai.common import clock
from atendeai.testing.factories import MONDAY, make_appointment, make_patient
from atendeai.testing.people import Aurora, make_aurora
from atendeai.testing.programs import Program
from clinics.models import AuditEntry, Patient

pytestmark = pytest.mark.django_db

NOW = MONDAY - timedelta(days=1)


@pytest.fixture(autouse=True)
def _sunday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def aurora() -> Aurora:
    return make_aurora()


@pytest.fixture
def program(aurora: Aurora) -> Program:
    return Program(aurora.clinic)


def test_professionals_and_offerings(aurora: Aurora, program: Program) -> None:
    _status, people = program.get("/professionals/")
    assert people["results"][-1] == {
        "id": aurora.helena.pk,
        "name": "Dra. Helena Prado",
        "specialty": "",
        "is_active": True,
        "offerings": [aurora.consulta.pk, aurora.retorno.pk],
    }
    _status, offerings = program.get("/offerings/")
    consulta = offerings["results"][-1]
    assert (consulta["name"], consulta["minutes"], consulta["price"]) == ("Consulta", 30, None)
    assert sorted(consulta["professionals"]) == [aurora.helena.pk, aurora.marcos.pk]


def slots(program: Program, **query: Any) -> list[dict[str, Any]]:
    status, body = program.get("/availability/", **query)
    assert status == 200, body
    assert (body["next"], body["previous"]) == (None, None)
    return list(body["results"])


def test_free_times(aurora: Aurora, program: Program) -> None:
    make_appointment(aurora.clinic, aurora.helena, aurora.consulta, aurora.dalva)
    found = slots(
        program, offering=aurora.consulta.pk, **{"from": MONDAY.isoformat(), "to": "2026-11-23T09:00:00-03:00"}
    )
    assert found == [
        {"professional": aurora.marcos.pk, "starts_at": "2026-11-23T11:00:00Z", "ends_at": "2026-11-23T11:30:00Z"},
        {"professional": aurora.marcos.pk, "starts_at": "2026-11-23T11:30:00Z", "ends_at": "2026-11-23T12:00:00Z"},
        {"professional": aurora.helena.pk, "starts_at": "2026-11-23T11:30:00Z", "ends_at": "2026-11-23T12:00:00Z"},
    ]


def test_free_times_of_one_professional_by_days(aurora: Aurora, program: Program) -> None:
    day = {"from": "2026-11-24", "to": "2026-11-25"}
    found = slots(program, offering=aurora.consulta.pk, professional=aurora.helena.pk, **day)
    assert len(found) == 18
    assert {slot["professional"] for slot in found} == {aurora.helena.pk}
    assert len(slots(program, offering=aurora.consulta.pk, professional="", **day)) == 36


def test_a_week_from_now_unless_asked(aurora: Aurora, program: Program) -> None:
    found = slots(program, offering=aurora.consulta.pk)
    assert found[0]["starts_at"] == "2026-11-23T11:00:00Z"
    assert found[-1]["starts_at"] < "2026-11-29"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "offering"),
        ({"offering": "x"}, "offering"),
        ({"professional": "999999"}, "professional"),
        ({"from": "2026-11-24", "to": "2026-11-24"}, "to"),
        ({"from": "2026-11-24", "to": "2027-01-26"}, "to"),
        ({"from": "soon"}, "from"),
    ],
)
def test_a_wrong_question_is_named(aurora: Aurora, program: Program, query: dict[str, str], field: str) -> None:
    asked = query if field == "offering" else {"offering": str(aurora.consulta.pk), **query}
    status, body = program.get("/availability/", **asked)
    assert (status, list(body["error"]["fields"])) == (400, [field])


def test_sixty_two_days_are_allowed(aurora: Aurora, program: Program) -> None:
    assert slots(program, offering=aurora.consulta.pk, **{"from": "2026-11-24", "to": "2027-01-25"})


def test_a_patient_is_registered_with_a_number_in_one_form(aurora: Aurora, program: Program) -> None:
    status, body = program.post("/patients/", {"name": "José Lins", "phone": "(11) 8765-0002"})
    assert (status, body["name"], body["phone"]) == (201, "José Lins", "+5511987650002")
    assert Patient.objects.get(pk=body["id"]).phone_key == "5511987650002"
    assert AuditEntry.objects.get(action="patient_registered").actor_kind == "api_key"
    assert program.get(f"/patients/{body['id']}/") == (200, body)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": " "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "a\u0000b"}, "name"),
        ({"name": "Zé", "phone": "12"}, "phone"),
        ({"name": "Zé", "phone": "BR.123456"}, "phone"),
    ],
)
def test_a_wrong_patient_is_named(program: Program, body: dict[str, str], field: str) -> None:
    status, answer = program.post("/patients/", body)
    assert (status, list(answer["error"]["fields"])) == (400, [field])


def test_patients_are_looked_for_without_an_address(aurora: Aurora, program: Program) -> None:
    child = make_patient(aurora.clinic, "Bento Nogueira", "+551187650001")
    other = make_aurora("boreal", "100000000000002").dalva

    def found(body: dict[str, str]) -> list[int]:
        status, answer = program.post("/patients/search/", body)
        assert status == 200, answer
        return [row["id"] for row in answer["results"]]

    assert found({"phone": "11 98765-0001"}) == [child.pk, aurora.dalva.pk]
    assert found({"name": "nogueira"}) == [child.pk, aurora.dalva.pk]
    assert found({"name": "dalva", "phone": "+5511987650001"}) == [aurora.dalva.pk]
    assert found({"phone": "+5511900000000"}) == []
    assert program.get(f"/patients/{other.pk}/")[0] == 404


@pytest.mark.parametrize(("body", "field"), [({}, "body"), ({"name": "x"}, "name"), ({"phone": "1"}, "phone")])
def test_a_wrong_search_is_named(program: Program, body: dict[str, str], field: str) -> None:
    status, answer = program.post("/patients/search/", body)
    assert (status, list(answer["error"]["fields"])) == (400, [field])
