"""A patient who never wrote is told of the appointment, reminded a day before, and confirms with one press: outside the
24-hour window throughout, with templates that were submitted and reviewed. The clock is moved on for all processes."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.journeys.house import House, eventually, running_house
from tests.journeys.test_booking_journey import events_of

pytestmark = pytest.mark.journey
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
DALVA = "5511987650001"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running_house("journey_reminder", tmp_path_factory.mktemp("house")) as running:
        yield running


def first(house: House, path: str, **wanted: str) -> dict[str, Any]:
    rows = house.api("aurora", path).json()["results"]
    return next(row for row in rows if all(row[name] == value for name, value in wanted.items()))


def book_in_some_days(house: House) -> dict[str, Any]:
    """By a program of the clinic, on a working day at ten: the reminder is due at ten of the day before."""
    now = datetime.fromisoformat(house.control("GET", "clock")["now"]).astimezone(SAO_PAULO)
    day = now + timedelta(days=3)
    while day.weekday() > 4:
        day += timedelta(days=1)
    for _ in range(10):
        starts_at = day.replace(hour=10, minute=0, second=0, microsecond=0)
        answer = house.api(
            "aurora",
            "appointments/",
            "POST",
            {
                "professional": first(house, "professionals/", name="Dra. Helena Prado")["id"],
                "offering": first(house, "offerings/", name="Consulta")["id"],
                "patient": first(house, "patients/", name="Dalva Nogueira")["id"],
                "starts_at": starts_at.isoformat(),
            },
        )
        if answer.status_code == 201:
            return dict(answer.json())
        day += timedelta(days=1)  # a holiday
    raise AssertionError(answer.text)


def test_reminded_by_template_and_confirmed_with_one_press(house: House) -> None:
    approved = "SELECT count(*) FROM whatsapp_template WHERE status = 'APPROVED' AND category = 'UTILITY'"
    eventually(lambda: house.query(approved) == [(12,)])
    phone = house.phone(DALVA)
    made = book_in_some_days(house)
    told = eventually(lambda: answers[-1] if (answers := phone.answers()) else None)
    assert told["type"] == "template"
    assert "Seu horário está marcado" in told["body"]

    def event() -> dict[str, Any] | None:
        one = house.api("aurora", f"appointments/{made['id']}/").json()
        found = [e for e in events_of(house, "Dra. Helena Prado") if e["id"] == one["calendar"]["google_event_id"]]
        return found[0] if found else None

    before = eventually(event)
    starts_at = datetime.fromisoformat(made["starts_at"])
    now = datetime.fromisoformat(house.control("GET", "clock")["now"])
    seconds = (starts_at - timedelta(hours=24) - now).total_seconds()
    house.control("POST", "clock", {"advance_seconds": int(seconds) + 60})

    reminder = eventually(lambda: answers[-1] if len(answers := phone.answers()) > 1 else None, seconds=90)
    assert reminder["type"] == "template"
    assert "Passando para lembrar" in reminder["body"]
    assert [one["title"] for one in reminder["buttons"]] == ["Confirmar", "Remarcar", "Cancelar"]
    assert {bubble["direction"] for bubble in phone.chat()} == {"out"}, "Dalva has never written: no window was open"

    answer = phone.taps(reminder, "Confirmar")
    assert "Presença confirmada" in answer["body"]
    appointment = house.api("aurora", f"appointments/{made['id']}/").json()
    assert (appointment["status"], appointment["starts_at"]) == ("confirmed", made["starts_at"])
    after = eventually(event)
    assert (after["id"], after["start"], after["end"]) == (before["id"], before["start"], before["end"])
    assert len(phone.answers()) == 3
