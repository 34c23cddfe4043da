"""What an event shows, and what it must not."""

import re
import uuid
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from calendar_sync import events

FACTS = events.AppointmentFacts(
    clinic_id=7,
    appointment_id=42,
    starts_at=datetime(2026, 11, 23, 11, 0, tzinfo=UTC),
    ends_at=datetime(2026, 11, 23, 11, 30, tzinfo=UTC),
    zone="America/Sao_Paulo",
    detail="minimal",
    patient_name="Dalva de Souza Nogueira",
    page_url="https://clinic.example/admin/clinics/appointment/42/change/",
)


def test_an_event_names_nobody_unless_the_clinic_wants_it() -> None:
    body = events.appointment_body(FACTS)
    assert body["summary"] == "Consulta"
    assert body["visibility"] == "private"
    assert "attendees" not in body
    assert not re.search("Dalva|Nogueira|Souza", repr(body))


@pytest.mark.parametrize(
    ("detail", "title"), [("initials", "Consulta – D. N."), ("full", "Consulta – Dalva de Souza Nogueira")]
)
def test_the_clinic_chooses_how_much_of_the_name_is_shown(detail: str, title: str) -> None:
    assert events.appointment_body(replace(FACTS, detail=detail))["summary"] == title


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Dalva", "D."),
        ("ana maria braga", "A. B."),
        ("João (filho)", "J."),
        ("", ""),
        ("  ", ""),
        ("Élida Ávila", "É. Á."),
    ],
)
def test_initials(name: str, expected: str) -> None:
    assert events.initials(name) == expected


def test_a_nameless_patient_leaves_no_dash() -> None:
    assert events.appointment_body(replace(FACTS, detail="full", patient_name=" "))["summary"] == "Consulta"


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ("America/Sao_Paulo", "2026-11-23T08:00:00-03:00"),
        ("America/Manaus", "2026-11-23T07:00:00-04:00"),
        ("America/Rio_Branco", "2026-11-23T06:00:00-05:00"),
        ("America/Noronha", "2026-11-23T09:00:00-02:00"),
    ],
)
def test_times_are_the_clinics(zone: str, start: str) -> None:
    body = events.appointment_body(replace(FACTS, zone=zone))
    assert body["start"] == {"dateTime": start, "timeZone": zone}
    assert body["end"]["timeZone"] == zone


def test_an_event_is_known_as_ours_by_clinic_and_appointment() -> None:
    private = events.appointment_body(FACTS)["extendedProperties"]["private"]
    assert events.is_own(private, clinic_id=7, appointment_id=42)
    assert not events.is_own(private, clinic_id=8, appointment_id=42)
    assert not events.is_own(private, clinic_id=7, appointment_id=43)
    assert not events.is_own(private, clinic_id=7, appointment_id=None)
    assert not events.is_own({}, clinic_id=7, appointment_id=42)


def test_hash_follows_what_a_person_sees() -> None:
    def mark(**changes: object) -> str:
        private = events.appointment_body(replace(FACTS, **changes))["extendedProperties"]["private"]  # type: ignore[arg-type]
        return str(private["hash"])

    assert mark() == mark()
    assert mark() != mark(ends_at=datetime(2026, 11, 23, 11, 40, tzinfo=UTC))
    assert mark() != mark(detail="full")
    assert mark() == mark(patient_name="Somebody else")


def test_event_ids_are_googles_alphabet_and_differ_by_generation() -> None:
    key = uuid.uuid4()
    ids = {events.event_id(key, generation) for generation in range(1, 200)}
    assert len(ids) == 199
    assert all(re.fullmatch("[a-v0-9]{5,1024}", one) for one in ids)
