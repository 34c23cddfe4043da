"""What an event shows, and what it must not."""

import re
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from calendar_sync import events
from clinics import event_texts

FACTS = events.AppointmentFacts(
    clinic_id=7,
    appointment_id=42,
    starts_at=datetime(2026, 11, 23, 11, 0, tzinfo=UTC),
    ends_at=datetime(2026, 11, 23, 11, 30, tzinfo=UTC),
    zone="America/Sao_Paulo",
    look=events.Look(),
    patient_name="Dalva de Souza Nogueira",
    page_url="https://clinic.example/admin/clinics/appointment/42/change/",
)


def looking(*, patient_name: str = FACTS.patient_name, **look: Any) -> events.AppointmentFacts:
    return replace(FACTS, look=events.Look(**look), patient_name=patient_name)


def test_an_event_names_nobody_unless_the_clinic_wants_it() -> None:
    body = events.new(events.appointment_body(replace(FACTS, email="dalva@exemplo.test")))
    assert body["summary"] == "Consulta"
    assert body["visibility"] == "private"
    assert "attendees" not in body
    assert not re.search("Dalva|Nogueira|Souza", repr(body))


@pytest.mark.parametrize(
    ("detail", "title"), [("initials", "Consulta – D. N."), ("full", "Consulta – Dalva de Souza Nogueira")]
)
def test_the_clinic_chooses_how_much_of_the_name_is_shown(detail: str, title: str) -> None:
    assert events.appointment_body(looking(detail=detail))["summary"] == title


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
    assert event_texts.initials(name) == expected


def test_a_nameless_patient_leaves_no_dash() -> None:
    assert events.appointment_body(looking(detail="full", patient_name=" "))["summary"] == "Consulta"


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
    assert mark() != mark(look=events.Look(detail="full"))
    assert mark() != mark(color="3")
    assert mark() != mark(look=events.Look(is_tentative_until_confirmed=True))
    assert mark() == mark(patient_name="Somebody else")


def test_event_ids_are_googles_alphabet_and_differ_by_generation() -> None:
    key = uuid.uuid4()
    ids = {events.event_id(key, generation) for generation in range(1, 200)}
    assert len(ids) == 199
    assert all(re.fullmatch("[a-v0-9]{5,1024}", one) for one in ids)


def test_a_plain_event_says_that_it_takes_time_and_where_it_comes_from() -> None:
    body = events.new(events.appointment_body(FACTS))
    assert (body["status"], body["transparency"]) == ("confirmed", "opaque")
    assert body["source"] == {"title": "AtendeAí", "url": FACTS.page_url}
    assert body["reminders"] == {"useDefault": True}
    assert not {"location", "colorId", "attendees"} & set(body)


def test_everything_a_clinic_may_wish_is_in_the_event() -> None:
    look = events.Look(
        title="{serviço}: {paciente} ({situação})",
        description="{profissional}\n{clínica}\nPaciente: {paciente}",
        detail="initials",
        reminders=(1440, 30),
        place="Rua das Flores, 10",
        is_tentative_until_confirmed=True,
        invites=True,
    )
    facts = replace(FACTS, look=look, professional="Dra. Helena", offering="Retorno", clinic="Aurora", color="11")
    body = events.new(events.appointment_body(replace(facts, email="dalva@exemplo.test")))
    assert body["summary"] == "Retorno: D. N. (Marcada)"
    assert body["description"] == "Dra. Helena\nAurora\nPaciente: D. N."
    assert (body["status"], body["colorId"], body["location"]) == ("tentative", "11", "Rua das Flores, 10")
    assert [one["minutes"] for one in body["reminders"]["overrides"]] == [1440, 30]
    assert body["attendees"] == [{"email": "dalva@exemplo.test"}]
    assert body["guestsCanSeeOtherGuests"] is False
    confirmed = events.appointment_body(replace(facts, status="confirmed"))
    assert (confirmed["status"], confirmed["summary"]) == ("confirmed", "Retorno: D. N. (Confirmada)")


def test_no_reminders_is_not_the_same_as_the_calendars_own() -> None:
    assert events.appointment_body(looking(reminders=()))["reminders"] == {"useDefault": False, "overrides": []}


def test_what_an_event_tells_of_itself_fits_googles_limits() -> None:
    look = events.Look(
        title="x" * 200, description="y" * 2000, place="z" * 200, invites=True, reminders=(1, 2, 3, 4, 5)
    )
    body = events.new(events.appointment_body(replace(FACTS, look=look, color="1", email="a@b.test")))
    private = body["extendedProperties"]["private"]
    assert all(len(name) <= 44 and len(value) <= 1024 for name, value in private.items())
