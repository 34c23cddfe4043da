"""The main job: web, worker, beat and simulator as separate processes; a patient writes, and it is in the calendar."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests

from tests.journeys.house import House, eventually, running_house

pytestmark = pytest.mark.journey
SAO_PAULO = ZoneInfo("America/Sao_Paulo")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running_house("journey_booking", tmp_path_factory.mktemp("house")) as running:
        yield running


def book_first(house: House, number: str, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A new patient takes the first time offered; the chosen row and the clinic's last words."""
    phone = house.phone(number)
    times = phone.taps(phone.writes(text="oi"), "Consulta")
    row = times["rows"][0]
    phone.taps(times, row["title"])
    return row, phone.writes(text=name)


def appointments(house: House, clinic: str = "aurora") -> list[dict[str, Any]]:
    return list(house.api(clinic, "appointments/").json()["results"])


def appointment_of(house: House, name: str) -> dict[str, Any]:
    return next(one for one in appointments(house) if one["patient"]["name"] == name)


def events_of(house: House, professional: str) -> list[dict[str, Any]]:
    """The live events in all calendars of that professional's account."""
    calendars = house.control("GET", "calendars")["calendars"]
    return [
        event
        for calendar in calendars
        if calendar["professional"] == professional
        for event in house.control("GET", f"calendars/{calendar['id']}/events")["events"]
        if event["status"] != "cancelled"
    ]


def test_patient_books_and_everybody_sees_it(house: House) -> None:
    first_row, done = book_first(house, "5511987650002", "Maria da Silva")
    assert "marcado" in done["body"]

    appointment = appointment_of(house, "Maria da Silva")
    assert appointment["status"] == "booked"
    assert appointment["source"] == "chat"
    assert appointment["professional"]["name"] == first_row["description"]

    def written() -> dict[str, Any] | None:
        one = appointment_of(house, "Maria da Silva")
        return one if one["calendar"]["state"] == "done" else None

    event_id = eventually(written)["calendar"]["google_event_id"]
    mine = {"appointment_id": str(appointment["id"])}
    events = [
        one
        for one in events_of(house, appointment["professional"]["name"])
        if mine.items() <= one.get("extendedProperties", {}).get("private", {}).items()
    ]
    assert [one["id"] for one in events] == [event_id]
    starts_at = datetime.fromisoformat(appointment["starts_at"])
    event = events[0]
    assert datetime.fromisoformat(event["start"]["dateTime"]) == starts_at
    assert datetime.fromisoformat(event["end"]["dateTime"]) == starts_at + timedelta(minutes=30)
    assert event["start"]["timeZone"] == "America/Sao_Paulo"
    assert event["visibility"] == "private"
    assert "Maria" not in str(event)
    assert first_row["title"].endswith(f"{starts_at.astimezone(SAO_PAULO):%H:%M}")

    phone = house.phone("5511987650002")
    eventually(lambda: phone.answers()[-1]["state"] == "read")

    second_row, _ = book_first(house, "5511987650003", "João Pereira")
    assert second_row != first_row
    second = appointment_of(house, "João Pereira")
    taken = {(one["professional"]["id"], one["starts_at"]) for one in (appointment, second)}
    assert len(taken) == 2


def test_nobody_of_the_other_clinic_sees_any_of_it(house: House) -> None:
    book_first(house, "5511987650005", "Sônia Braga Lima")
    appointment = appointment_of(house, "Sônia Braga Lima")
    assert appointments(house, "boreal") == []
    assert house.api("boreal", f"appointments/{appointment['id']}/").status_code == 404
    assert house.api("boreal", f"appointments/{appointment['id']}/cancel/", "POST").status_code == 404
    for path in ("patients/", "conversations/"):
        assert house.api("boreal", path).json()["results"] == []
    aurora_chat = house.api("aurora", "conversations/").json()["results"][0]
    assert house.api("boreal", f"conversations/{aurora_chat['id']}/messages/").status_code == 404
    assert house.phone("5511987650005", "boreal").chat() == []


def test_cancelled_in_the_chat_is_gone_from_the_calendar(house: House) -> None:
    _, done = book_first(house, "5511987650004", "Rita Campos")
    assert "marcado" in done["body"]
    mine = appointment_of(house, "Rita Campos")
    event_id = eventually(
        lambda: house.api("aurora", f"appointments/{mine['id']}/").json()["calendar"]["google_event_id"]
    )
    phone = house.phone("5511987650004")
    asked = phone.writes(text="quero cancelar")
    phone.taps(asked, asked["buttons"][0]["title"])
    assert house.api("aurora", f"appointments/{mine['id']}/").json()["status"] == "cancelled"
    professional = mine["professional"]["name"]
    eventually(lambda: event_id not in {event["id"] for event in events_of(house, professional)})


def test_what_the_api_books_reaches_the_calendar_and_refuses_a_second_time(house: House) -> None:
    professional = house.api("aurora", "professionals/").json()["results"][0]["id"]
    offerings = house.api("aurora", "offerings/").json()["results"]
    offering = next(one["id"] for one in offerings if one["name"] == "Consulta")
    patient = house.api("aurora", "patients/").json()["results"][-1]["id"]
    day = (datetime.now(SAO_PAULO) + timedelta(days=8)).date()
    while day.weekday() > 4:
        day += timedelta(days=1)
    period = f"from={day}T00:00:00-03:00&to={day}T23:59:00-03:00"
    query = f"availability/?professional={professional}&offering={offering}&{period}"
    slot = house.api("aurora", query).json()["results"][0]
    body = {"professional": professional, "offering": offering, "patient": patient, "starts_at": slot["starts_at"]}
    made = house.api("aurora", "appointments/", "POST", body)
    assert made.status_code == 201
    again = house.api("aurora", "appointments/", "POST", body)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "slot_taken")
    path = f"appointments/{made.json()['id']}/"
    eventually(lambda: house.api("aurora", path).json()["calendar"]["state"] == "done")


def test_metrics_count_across_processes_and_show_no_patient(house: House) -> None:
    book_first(house, "5511987650006", "Maria do Carmo")
    event_id = eventually(lambda: appointment_of(house, "Maria do Carmo")["calendar"]["google_event_id"])
    assert event_id
    text = requests.get(f"{house.stack.web_url}/metrics", timeout=10).text
    assert 'whatsapp_messages_total{clinic_id="1",status="sent"' in text
    assert 'atendeai_webhook_deliveries_total{result="stored"}' in text
    assert 'google_calendar_operations_total{clinic_id="1"' in text
    assert 'atendeai_queue_depth{queue="outbox"}' in text
    assert 'atendeai_appointments_total{clinic_id="1",event="booked",source="chat"}' in text
    assert "98765" not in text
    assert "Maria" not in text


def test_logs_hold_no_patient_s_name_number_text_or_token(house: House) -> None:
    book_first(house, "5511987650007", "Teresa Cristina")
    house.phone("5511987650007").writes(text="quero cancelar")
    log = Path(house.stack.environ["ATENDEAI_VAR_DIR"])
    text = "".join(path.read_text(errors="replace") for path in log.rglob("*.log"))
    assert "credential used" in text
    for secret in ("Teresa Cristina", "87650007", "quero cancelar", "sandbox-token-aurora"):
        assert secret not in text
