"""Does the app hear of what a patient does beside writing: a call, a voice note that was listened to?"""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from sandbox.tests.receiver import Call, Receiver
from sandbox.tests.world import DALVA, World

AURORA = "551130000001"


def does(world: World, what: str, **body: Any) -> httpx.Response:
    return world.http.post(f"/control/patients/{DALVA}/{what}", json={"to": "aurora", **body})


def field_of(call: Call) -> str:
    return str(json.loads(call.body)["entry"][0]["changes"][0]["field"])


def upload(world: World) -> str:
    """A voice note of the clinic's."""
    answer = world.graph(
        "POST",
        "100000000000001/media",
        data={"messaging_product": "whatsapp", "type": "audio/ogg"},
        files={"file": ("voz.ogg", b"OggS" + bytes(60), "audio/ogg")},
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def test_a_call_rings_and_ends_and_opens_the_window(world: World, receiver: Receiver) -> None:
    assert world.send().json()["error"]["code"] == 131047
    answer = does(world, "calls").json()
    assert answer["webhook_status"] == 200
    rings, ends = receiver.wait_count(2)
    assert (field_of(rings), field_of(ends)) == ("calls", "calls")
    (ringing,), (ended,) = rings.value["calls"], ends.value["calls"]
    assert ringing["id"] == ended["id"] == answer["id"]
    assert (ringing["event"], ringing["direction"], ringing["from"], ringing["to"]) == (
        *("connect", "USER_INITIATED"),
        *(DALVA, AURORA),
    )
    assert (ringing["session"]["sdp_type"], ended["event"]) == ("offer", "terminate")
    assert rings.value["contacts"][0]["wa_id"] == DALVA
    (shown,) = world.chat()
    assert (shown["type"], shown["direction"]) == ("call", "in")
    assert world.send().status_code == 200


def test_a_call_that_somebody_takes_is_told_when_it_is_over(world: World, receiver: Receiver) -> None:
    """On the clinic's own telephone: the app hears that it rings, and afterwards how long it took."""
    assert does(world, "calls", answered_seconds=95).status_code == 200
    _rings, ends = receiver.wait_count(2)
    (ended,) = ends.value["calls"]
    assert (ended["event"], ended["status"], ended["duration"]) == ("terminate", "COMPLETED", 95)
    assert int(ended["end_time"]) - int(ended["start_time"]) == 95
    assert world.chat()[-1]["call"] == {"status": "completed", "seconds": 95}


def test_who_hides_the_phone_calls_by_their_id(world: World, receiver: Receiver) -> None:
    world.http.post(f"/control/patients/{DALVA}/identity", json={"username": "dalva.n"})
    assert does(world, "calls").status_code == 200
    (call,) = receiver.wait_count(1)[0].value["calls"]
    assert "from" not in call
    assert call["from_user_id"]


def test_a_voice_note_that_was_heard_is_reported_as_played(world: World, receiver: Receiver) -> None:
    world.write(text="oi")
    sent = world.send(type="audio", audio={"id": upload(world), "voice": True}).json()["messages"][0]["id"]
    assert does(world, "plays", message=sent).json() == {"status": "played"}
    played = receiver.wait_for(lambda calls: any(call.kind == "played" for call in calls))
    (status,) = next(call for call in played if call.kind == "played").value["statuses"]
    assert (status["id"], status["recipient_id"]) == (sent, DALVA)


@pytest.mark.parametrize(
    ("what", "body", "status"),
    [
        ("calls", {"to": "nobody"}, 400),
        ("calls", {"video": True}, 400),
        ("calls", {"answered_seconds": 0}, 400),
        ("calls", {"answered_seconds": True}, 400),
        ("plays", {"message": "wamid.unknown"}, 404),
        ("plays", {}, 404),
    ],
)
def test_wrong_use_is_refused_in_words(world: World, what: str, body: dict[str, Any], status: int) -> None:
    answer = does(world, what, **body)
    assert answer.status_code == status
    assert answer.json()["error"]


def test_only_the_clinics_own_voice_notes_are_played(world: World) -> None:
    mine = world.write(text="oi")["id"]
    assert does(world, "plays", message=mine).status_code == 404


def test_nobody_unknown_calls(world: World) -> None:
    assert world.http.post("/control/patients/5511900000000/calls", json={"to": "aurora"}).status_code == 404


def test_what_is_written_in_a_group_names_it_and_opens_no_window(world: World, receiver: Receiver) -> None:
    world.write(text="alguém sabe?", group="Y2FwaV9ncm91cA")
    (message,) = receiver.wait_count(1)[0].value["messages"]
    assert (message["group_id"], message["from"]) == ("Y2FwaV9ncm91cA", DALVA)
    assert world.chat()[-1]["group"] == "Y2FwaV9ncm91cA"
    assert world.send().json()["error"]["code"] == 131047
    answer = world.http.post(f"/control/patients/{DALVA}/messages", json={"to": "aurora", "text": "oi", "group": 7})
    assert answer.status_code == 400
