"""Does the app hear of what happens without it, as Meta tells it, and does the chat show it?"""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from sandbox.tests.receiver import Receiver
from sandbox.tests.world import DALVA, World

NUMBER, AURORA = "100000000000001", "551130000001"


def post(world: World, path: str, **body: Any) -> httpx.Response:
    return world.http.post(f"/control/{path}", json=body)


def last(receiver: Receiver) -> tuple[str, dict[str, Any]]:
    """The field and the value of the last webhook."""
    change = json.loads(receiver.calls[-1].body)["entry"][0]["changes"][0]
    return change["field"], change["value"]


def test_an_answer_from_the_clinics_phone_is_echoed_and_seen_by_the_patient(world: World, receiver: Receiver) -> None:
    asked = world.write(text="Posso levar acompanhante?")["id"]
    answer = post(world, "numbers/aurora/echoes", to=DALVA, text="Pode, sim!", reply_to=asked)
    assert (answer.status_code, answer.json()["webhook_status"]) == (200, 200)
    field, value = last(receiver)
    (echoed,) = value["message_echoes"]
    assert (field, value["metadata"]["phone_number_id"]) == ("smb_message_echoes", NUMBER)
    assert (echoed["from"], echoed["to"], echoed["type"]) == (AURORA, DALVA, "text")
    assert echoed["context"] == {"from": DALVA, "id": asked}
    shown = world.chat()[-1]
    assert (shown["direction"], shown["body"], shown["by"]) == ("out", "Pode, sim!", "phone")


def test_echoes_go_to_the_apps_address_even_when_messages_go_elsewhere(world: World, receiver: Receiver) -> None:
    override = {"override_callback_uri": f"{receiver.url}/own/", "verify_token": "sandbox-verify-token"}
    told = world.graph("POST", NUMBER, json={"webhook_configuration": override})
    assert told.status_code == 200, told.text
    world.write(text="oi")
    assert receiver.calls[-1].path == "/own/"
    post(world, "numbers/aurora/echoes", to=DALVA, text="oi!")
    assert receiver.calls[-1].path == "/webhooks/whatsapp/aurora/"


def test_a_chat_in_standby_is_only_told_of_until_the_app_writes(world: World, receiver: Receiver) -> None:
    world.write(text="oi")
    assert post(world, f"patients/{DALVA}/standby", to="aurora", is_on=True).json() == {"is_on": True}
    world.write(text="alguém aí?")
    field, value = last(receiver)
    assert (field, "messages" in value) == ("standby", False)
    assert value["standby"]["messages"][0]["text"]["body"] == "alguém aí?"
    assert value["standby"]["contacts"][0]["wa_id"] == DALVA
    post(world, "numbers/aurora/echoes", to=DALVA, text="Sou o assistente da Meta.")
    field, value = last(receiver)
    assert (field, value["standby"]["message_echoes"][0]["from"]) == ("standby", AURORA)
    assert world.chat()[-1]["by"] == "agent"
    assert world.send().status_code == 200
    world.write(text="obrigada")
    assert any(
        "messages" in call.value and call.value["messages"][0]["text"]["body"] == "obrigada" for call in receiver.calls
    )


def test_who_stops_promotions_gets_none_but_everything_else(world: World, receiver: Receiver) -> None:
    world.template("promo", "Novidade na clínica: venha conhecer!", category="MARKETING")
    world.write(text="oi")
    assert post(world, f"patients/{DALVA}/preferences", to="aurora", value="stop").status_code == 200
    field, value = last(receiver)
    (told,) = value["user_preferences"]
    assert (field, told["value"], told["category"], told["wa_id"]) == (
        "user_preferences",
        "stop",
        "marketing_messages",
        DALVA,
    )
    assert isinstance(told["timestamp"], int)
    promo = {"type": "template", "template": {"name": "promo", "language": {"code": "pt_BR"}}}
    assert world.send(**promo).status_code == 200
    failed = receiver.wait_for(lambda calls: any(call.kind == "failed" for call in calls))[-1]
    assert failed.value["statuses"][0]["errors"][0]["code"] == 131050
    assert world.chat()[-1]["direction"] == "in"
    world.send()
    assert world.chat()[-1]["direction"] == "out"
    post(world, f"patients/{DALVA}/preferences", to="aurora", value="resume")
    world.send(**promo)
    assert world.chat()[-1]["template"] == "promo"


def test_history_and_address_book_of_a_phone_that_joins(world: World, receiver: Receiver) -> None:
    lines = [{"text": "bom dia", "hours_ago": 50}, {"text": "Bom dia!", "is_ours": True, "hours_ago": 49}]
    assert post(world, "numbers/aurora/history", patient=DALVA, messages=lines).json() == {"webhook_status": 200}
    field, value = last(receiver)
    (thread,) = value["history"][0]["threads"]
    assert (field, thread["id"]) == ("history", DALVA)
    assert [(one["from"], one["text"]["body"]) for one in thread["messages"]] == [
        (DALVA, "bom dia"),
        (AURORA, "Bom dia!"),
    ]
    post(world, "numbers/aurora/history", is_refused=True)
    assert last(receiver)[1]["history"][0]["errors"][0]["code"] == 2593109
    post(world, "numbers/aurora/phone-book", patient=DALVA, name="Dalva Convênio")
    field, value = last(receiver)
    assert (field, value["state_sync"][0]["action"]) == ("smb_app_state_sync", "add")
    assert value["state_sync"][0]["contact"]["full_name"] == "Dalva Convênio"


def test_a_reply_an_edit_and_a_revoke_change_what_the_chat_shows(world: World, receiver: Receiver) -> None:
    first = world.write(text="quarta")["id"]
    reply = world.write(text="às 9h", reply_to=first)["id"]
    assert receiver.calls[-1].value["messages"][0]["context"] == {"from": DALVA, "id": first}
    words = {"type": "text", "text": {"body": "quinta"}}
    world.write(raw={"type": "edit", "edit": {"original_message_id": first, "message": words}})
    world.write(raw={"type": "revoke", "revoke": {"original_message_id": reply}})
    edited, revoked = world.chat()[:2]
    assert (edited["body"], edited["edited"]) == ("quinta", True)
    assert (revoked["body"], revoked["revoked"]) == ("", True)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("numbers/nobody/echoes", {"to": DALVA, "text": "oi"}, 404),
        ("numbers/aurora/echoes", {"to": "5511900000000", "text": "oi"}, 404),
        ("numbers/aurora/echoes", {"to": DALVA}, 400),
        ("numbers/aurora/echoes", {"to": DALVA, "text": "oi", "reply_to": "wamid.unknown"}, 400),
        ("numbers/aurora/history", {"patient": DALVA, "messages": [{"hours_ago": 1}]}, 400),
        (f"patients/{DALVA}/standby", {"to": "aurora", "is_on": "yes"}, 400),
        (f"patients/{DALVA}/preferences", {"to": "aurora", "value": "maybe"}, 400),
        (f"patients/{DALVA}/messages", {"to": "aurora", "text": "oi", "reply_to": "wamid.unknown"}, 400),
    ],
)
def test_wrong_use_is_refused_in_words(world: World, path: str, body: dict[str, Any], status: int) -> None:
    answer = post(world, path, **body)
    assert answer.status_code == status
    assert answer.json()["error"]
