"""Do the control calls keep the contract's shapes, and does the world survive restart and reset?"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.tests.receiver import Receiver
from sandbox.tests.world import HELENA, World, free_port

LUNCH = {
    "summary": "Almoço",
    "start": {"dateTime": "2026-11-24T12:00:00-03:00"},
    "end": {"dateTime": "2026-11-24T13:00:00-03:00"},
}


def test_the_demo_is_there_from_the_start(world: World) -> None:
    patients = world.http.get("/control/patients").json()["patients"]
    assert [one["phone"] for one in patients[:9]] == [f"551198765000{number}" for number in range(1, 10)]
    assert (patients[0]["name"], patients[9]["phone"]) == ("Dalva Nogueira", None)
    assert patients[9]["user_id"] == "BR.9900000000000001"
    calendars = world.http.get("/control/calendars").json()["calendars"]
    assert {"id", "summary", "account", "clinic", "professional"} == set(calendars[0])
    owners = {(one["clinic"], one["professional"]) for one in calendars}
    assert owners == {
        ("aurora", "Dra. Helena Prado"),
        ("aurora", "Dr. Marcos Lima"),
        ("boreal", "Dra. Lívia Rocha"),
        ("boreal", "Dr. Otávio Reis"),
    }


def test_a_person_changes_the_calendar(world: World) -> None:
    path = f"/control/calendars/{HELENA}/events"
    made = world.http.post(path, json=LUNCH).json()
    moved = world.http.patch(f"{path}/{made['id']}", json={"summary": "Reunião"}).json()
    assert (moved["summary"], moved["id"]) == ("Reunião", made["id"])
    assert world.http.delete(f"{path}/{made['id']}").json()["status"] == "cancelled"
    assert world.http.delete(f"{path}/{made['id']}").status_code == 410
    held = world.http.get(path).json()["events"]
    assert [(one["id"], one["status"]) for one in held] == [(made["id"], "cancelled")]


def test_the_chat_has_the_contracts_shape(world: World) -> None:
    world.write(text="Olá")
    message = world.chat()[0]
    assert {"id", "direction", "type", "body", "buttons", "rows", "state", "at"} <= set(message)
    assert (message["direction"], message["body"], message["state"]) == ("in", "Olá", "delivered")
    assert world.chat("5511999999999") == []


def test_an_unknown_phone_becomes_a_patient(world: World, receiver: Receiver) -> None:
    world.write("5521999990000", text="oi", name="Rui")
    world.write("BR.123abc", text="oi")
    patients = world.http.get("/control/patients").json()["patients"]
    assert (patients[-2]["phone"], patients[-2]["name"]) == ("5521999990000", "Rui")
    assert patients[-1]["user_id"] == "BR.123abc"
    assert receiver.calls[1].value["messages"][0]["from_user_id"] == "BR.123abc"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/control/patients/5511987650001/messages", {"to": "nobody", "text": "oi"}),
        ("/control/patients/5511987650001/messages", {"to": "aurora"}),
        ("/control/patients/5511987650001/messages", {"to": "aurora", "text": "a", "button": "b"}),
        ("/control/patients/5511987650001/messages", {"to": "aurora", "text": 5}),
        ("/control/patients/5511987650001/messages", {"to": "aurora", "button": "never-offered"}),
        ("/control/patients/abc/messages", {"to": "aurora", "text": "oi"}),
        ("/control/numbers", {"slug": ""}),
        ("/control/numbers", {"slug": "x", "callback_url": "ftp://x"}),
        ("/control/webhooks", {"duplicates": 0}),
        ("/control/webhooks", {"drop": ["everything"]}),
        ("/control/webhooks", {"speed": 1}),
        ("/control/clock", {"advance_seconds": "1h"}),
        (f"/control/calendars/{HELENA}/events", {"summary": "sem hora"}),
    ],
)
def test_wrong_use_is_answered_in_words(world: World, path: str, body: dict[str, Any]) -> None:
    answer = world.http.post(path, json=body)
    assert answer.status_code == 400
    assert len(answer.json()["error"]) > 10
    assert world.http.post(path, content=b"{").status_code == 400


def test_the_clock_moves_for_everybody(world: World) -> None:
    world.http.post("/control/clock", json={"advance_seconds": 90})
    world.http.post("/control/clock", json={"advance_seconds": -30})
    assert world.http.get("/control/clock").json()["offset_seconds"] == 60
    assert (world.state_dir / "clock").read_text() == "60"


def test_reset_empties_the_world_and_keeps_accounts(world: World, receiver: Receiver) -> None:
    token = world.link()
    headers = {"Authorization": f"Bearer {token}"}
    events = f"/calendar/v3/calendars/{HELENA}/events"
    watch = {"id": "ch-1", "type": "web_hook", "address": f"{receiver.url}/push/"}
    world.http.post(f"{events}/watch", headers=headers, json=watch)
    world.http.post(events, headers=headers, json=LUNCH)
    sync_token = world.http.get(events, headers=headers).json()["nextSyncToken"]
    number = world.http.post("/control/numbers", json={"slug": "nova"}).json()
    world.write(text="oi")
    world.fault(target="graph", kind="reset")
    world.habits(duplicates=4)
    receiver.wait_count(3)
    assert world.http.post("/control/reset").status_code == 200
    assert world.chat() == []
    assert world.http.get(events, headers=headers).json()["items"] == []
    stale = world.http.get(events, headers=headers, params={"syncToken": sync_token})
    assert stale.status_code == 410
    assert world.http.get("/control/faults").json() == {"faults": []}
    assert world.http.get("/control/webhooks").json()["duplicates"] == 1
    assert world.http.post("/control/numbers", json={"slug": "nova"}).json() == number
    before = len(receiver.calls)
    world.http.post(events, headers=headers, json=LUNCH)
    assert receiver.wait_count(before + 1)[-1].path == "/push/"


def test_reset_puts_the_people_back(world: World) -> None:
    """Whoever changed the number or took a user name, and whoever came later."""
    before = world.http.get("/control/patients").json()["patients"]
    dalva = before[0]["wa_id"]
    world.http.post(f"/control/patients/{dalva}/identity", json={"username": "dalva.n"})
    world.http.post(f"/control/patients/{dalva}/identity", json={"number": "5511987659999"})
    world.http.post("/control/patients/5511987658888/messages", json={"to": "aurora", "text": "oi"})
    assert world.http.get("/control/patients").json()["patients"] != before
    world.http.post("/control/reset")
    assert world.http.get("/control/patients").json()["patients"] == before


def test_reset_sends_everything_to_the_first_address_again(world: World, receiver: Receiver) -> None:
    for at, body in (
        ("200000000000001/subscribed_apps", lambda own: own),
        ("100000000000001", lambda own: {"webhook_configuration": own}),
    ):
        own = {"override_callback_uri": f"{receiver.url}/own/", "verify_token": "v"}
        assert world.graph("POST", at, json=body(own)).status_code == 200
        world.write(text="oi")
        assert receiver.calls[-1].path == "/own/"
        world.http.post("/control/reset")
        world.write(text="oi")
        assert receiver.calls[-1].path == "/webhooks/whatsapp/aurora/"
    world.graph("DELETE", "200000000000001/subscribed_apps")
    world.http.post("/control/reset")
    assert world.write(text="oi")["webhook_status"] == 200


def start_process(port: int, state_dir: Path, base: str) -> subprocess.Popen[bytes]:
    env = os.environ | {
        "SANDBOX_PORT": str(port),
        "SANDBOX_STATE_DIR": str(state_dir),
        "SANDBOX_WEBHOOK_BASE": base,
        "ATENDEAI_CLOCK_FILE": str(state_dir / "clock"),
    }
    process = subprocess.Popen([sys.executable, "-m", "sandbox"], env=env, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        try:
            httpx.get(f"http://127.0.0.1:{port}/control/clock", trust_env=False)
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return process
    process.kill()
    raise AssertionError("the simulator did not start")


def test_killed_and_started_again_the_world_is_the_same(tmp_path: Path, receiver: Receiver) -> None:
    world = World(tmp_path, receiver.url, free_port())
    process = start_process(world.port, tmp_path, receiver.url)
    world.http = httpx.Client(base_url=f"http://127.0.0.1:{world.port}", trust_env=False)
    try:
        world.write(text="oi")
        headers = {"Authorization": f"Bearer {world.link()}"}
        events = f"/calendar/v3/calendars/{HELENA}/events"
        made = world.http.post(events, headers=headers, json=LUNCH).json()
        sync_token = world.http.get(events, headers=headers).json()["nextSyncToken"]
        process.send_signal(signal.SIGKILL)
        process.wait()
        process = start_process(world.port, tmp_path, receiver.url)
        assert [message["body"] for message in world.chat()] == ["oi"]
        assert world.http.get(f"{events}/{made['id']}", headers=headers).json()["etag"] == made["etag"]
        world.http.delete(f"{events}/{made['id']}", headers=headers | {"If-Match": made["etag"]})
        changes = world.http.get(events, headers=headers, params={"syncToken": sync_token}).json()["items"]
        assert [one["id"] for one in changes] == [made["id"]]
    finally:
        world.http.close()
        process.terminate()
        assert process.wait(10) in (0, -signal.SIGTERM)
