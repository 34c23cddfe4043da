"""SIGTERM to each program in the midst of its work: it ends in time, and nothing is lost or done twice."""

import base64
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.journeys.house import House, eventually, running_house

pytestmark = pytest.mark.journey
PHONE = "5511987650002"
PICTURE = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"x" * 2000).decode()
SETTINGS = {
    "CALENDAR_INLINE_SECONDS": "9",
    # A file may take long, longer than a stop; its next worker waits for the lease only.
    "MEDIA_READ_SECONDS": "60",
    "MEDIA_LEASE_SECONDS": "12",
    "WORKER_STOP_SECONDS": "10",
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running_house("journey_stop", tmp_path_factory.mktemp("house"), **SETTINGS) as running:
        yield running


@pytest.fixture(autouse=True)
def whole(house: House) -> Iterator[None]:
    """Every program runs again for the next test."""
    yield
    for name in {"web", "worker", "beat"} - set(house.stack.processes):
        house.stack.restart(name)


def fault(house: House, **values: Any) -> None:
    house.control("POST", "faults", {"count": 1, **values})


def state_of_sends(house: House) -> list[tuple[Any, ...]]:
    return house.query(
        "SELECT message.state, attempts, resends FROM whatsapp_message message"
        " JOIN whatsapp_conversation chat ON chat.id = conversation_id"
        f" JOIN whatsapp_contact contact ON contact.id = contact_id AND contact.wa_id = '{PHONE}'"
        " WHERE direction = 'out' ORDER BY message.id"
    )


def test_a_worker_finishes_its_send_and_ends(house: House) -> None:
    phone = house.phone(PHONE)
    fault(house, target="graph", operation="messages", kind="slow", seconds=2)
    house.control("POST", f"patients/{PHONE}/messages", {"to": "aurora", "text": "oi"})
    eventually(lambda: state_of_sends(house) == [("sending", 1, 0)])
    assert house.stack.stop_one("worker") < 9
    assert len(phone.answers()) == 1
    assert [row[1:] for row in state_of_sends(house)] == [(1, 0)]
    assert state_of_sends(house)[0][0] in ("sent", "delivered", "read")
    # What comes while nobody works waits, and is worked once.
    house.control("POST", f"patients/{PHONE}/messages", {"to": "aurora", "text": "Consulta"})
    house.stack.restart("worker")
    eventually(lambda: len(phone.answers()) == 2)
    time.sleep(2)
    assert len(phone.answers()) == 2


def test_a_worker_leaves_what_takes_too_long_to_the_next_one(house: House) -> None:
    fault(house, target="graph", operation="media.download", kind="slow", seconds=50)
    file = {"name": "foto.png", "mime_type": "image/png", "base64": PICTURE}
    house.control("POST", "patients/5511987650004/messages", {"to": "aurora", "file": file})
    eventually(lambda: states(house) == [("fetching", 1)])
    assert 9 < house.stack.stop_one("worker") < 15
    house.stack.restart("worker")
    eventually(lambda: states(house) == [("stored", 2)], seconds=60)


def states(house: House) -> list[tuple[Any, ...]]:
    return house.query("SELECT state, attempts FROM whatsapp_mediafile")


def test_the_web_server_answers_what_it_has_begun_and_ends(house: House) -> None:
    professional = house.api("aurora", "professionals/").json()["results"][0]["id"]
    offering = house.api("aurora", "offerings/").json()["results"][0]["id"]
    patient = house.api("aurora", "patients/").json()["results"][0]["id"]
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 86400))
    until = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 8 * 86400))
    free = house.api("aurora", f"availability/?professional={professional}&offering={offering}&from={day}&to={until}")
    wish = {"professional": professional, "offering": offering, "patient": patient}
    wish["starts_at"] = first_time(free.json())
    fault(house, target="google", operation="events.insert", kind="slow", seconds=6)
    answers: list[requests.Response] = []
    asking = threading.Thread(target=lambda: answers.append(house.api("aurora", "appointments/", "POST", wish)))
    asking.start()
    time.sleep(1.5)
    assert house.stack.stop_one("web") < 20
    asking.join()
    # It was still being answered when the server was asked to stop.
    assert [(answer.status_code, answer.elapsed.total_seconds() > 4) for answer in answers] == [(201, True)]
    house.stack.restart("web")
    there = f"appointments/{answers[0].json()['id']}/"
    eventually(lambda: house.api("aurora", there).json()["calendar"]["state"] == "done")


def first_time(answer: Any) -> str:
    slots = answer["results"] if isinstance(answer, dict) else answer
    return str(slots[0]["starts_at"])


def test_beat_ends_at_once_and_the_house_goes_on(house: House) -> None:
    assert house.stack.stop_one("beat") < 10
    house.stack.restart("beat")
    answer = house.phone("5511987650003").writes(text="oi")
    assert answer["body"]
