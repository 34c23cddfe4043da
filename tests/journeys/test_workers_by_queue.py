"""The workers of a real installation, each by its command in deploy/compose.yaml: one queue's trouble is its own."""

import base64
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from atendeai.celery import QUEUES
from deploy import health
from tests import deployment
from tests.deployment import option
from tests.journeys.house import House, eventually, running_house
from tests.journeys.test_booking_journey import appointment_of

pytestmark = pytest.mark.journey
PICTURE = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"x" * 2000).decode()
CHATS, MESSAGES_EACH = 6, 10
# A campaign of free texts to whoever wrote; whoever is asked to send one takes long.
CAMPAIGN = f"""
from django.db import transaction
from atendeai.common import clock
from whatsapp import outbox
from whatsapp.cloud_api import Text
from whatsapp.models import Author, Conversation, Urgency
with transaction.atomic():
    for number in range({MESSAGES_EACH}):
        for chat in Conversation.objects.filter(clinic__slug="boreal"):
            given = dict(author=Author.SYSTEM, urgency=Urgency.BULK, now=clock.now())
            outbox.queue(conversation=chat, content=Text("promo"), **given)
"""
SLOW_SECONDS = 8
WORKERS = {
    name: [str(Path(sys.executable).parent / service["command"][0]), *service["command"][1:]]
    for name, service in deployment.workers(deployment.read()).items()
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    var = tmp_path_factory.mktemp("house")
    with running_house("journey_queues", var, WORKERS, WORKER_PULSE_FILE=str(var / "pulse")) as running:
        yield running


def waiting(house: House, urgency: int) -> int:
    said = f"SELECT count(*) FROM whatsapp_message WHERE state = 'queued' AND direction = 'out' AND urgency = {urgency}"
    return int(house.query(said)[0][0])


def test_each_queue_has_a_worker_and_the_house_is_well(house: House) -> None:
    assert {option(command, "-Q") for command in WORKERS.values()} == set(QUEUES)
    assert set(WORKERS) <= set(house.stack.processes)
    assert health.web_is_ready(house.stack.web_url, house.stack.addresses.port)
    eventually(lambda: health.is_fresh(Path(house.stack.environ["WORKER_PULSE_FILE"]), 10))


def test_a_flood_of_bulk_work_delays_no_reply(house: House) -> None:
    phones = [house.phone(f"551198765001{number}", "boreal") for number in range(CHATS)]
    for number in range(CHATS):
        house.control("POST", f"patients/551198765001{number}/messages", {"to": "boreal", "text": "oi"})
    eventually(lambda: all(phone.answers() for phone in phones))
    slow = {"target": "graph", "operation": "messages", "kind": "slow", "seconds": SLOW_SECONDS, "slug": "boreal"}
    house.control("POST", "faults", {**slow, "count": 1000})
    house.stack.manage("shell", "-c", CAMPAIGN)
    eventually(lambda: house.query("SELECT 1 FROM whatsapp_message WHERE state = 'sending' AND urgency = 3") or None)
    took: list[float] = []

    def timed(answer: Any) -> Any:
        took.append(time.monotonic() - began)
        return answer

    phone, began = house.phone("5511987650002"), time.monotonic()
    offered = timed(phone.writes(text="oi"))
    began = time.monotonic()
    times = timed(phone.taps(offered, "Consulta"))
    began = time.monotonic()
    timed(phone.taps(times, times["rows"][0]["title"]))
    began = time.monotonic()
    done = timed(phone.writes(text="Maria da Silva"))
    assert "marcado" in done["body"]
    eventually(lambda: appointment_of(house, "Maria da Silva")["calendar"]["state"] == "done")
    print([round(seconds, 2) for seconds in took])
    assert max(took) < SLOW_SECONDS / 2
    # The flood was there all the while, and nobody but its own worker was busy with it.
    assert waiting(house, 3) > CHATS * MESSAGES_EACH / 2
    assert len(house.query("SELECT 1 FROM whatsapp_message WHERE state = 'sending' AND urgency = 3")) <= 2
    house.control("DELETE", "faults")


def test_a_queue_without_its_worker_keeps_its_work_and_nobody_elses(house: House) -> None:
    assert house.stack.stop_one("worker-media") < 30
    file = {"name": "foto.png", "mime_type": "image/png", "base64": PICTURE}
    house.control("POST", "patients/5511987650004/messages", {"to": "aurora", "file": file})
    assert house.phone("5511987650003").writes(text="oi")["body"]
    eventually(lambda: states_of_files(house) == [("wanted",)])
    house.stack.restart("worker-media")
    eventually(lambda: states_of_files(house) == [("stored",)])


def states_of_files(house: House) -> list[tuple[Any, ...]]:
    return house.query("SELECT state FROM whatsapp_mediafile")
