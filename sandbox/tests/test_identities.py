"""Does a patient become another in the eyes of clinics as Meta tells it?"""

from __future__ import annotations

import json
from typing import Any

from sandbox.tests.receiver import Receiver
from sandbox.tests.world import World

JOAO, NEW = "5511987650002", "5521987650177"


def change(world: World, who: str, **body: Any) -> int:
    return world.http.post(f"/control/patients/{who}/identity", json=body).status_code


def last(receiver: Receiver, count: int) -> Any:

    return json.loads(receiver.wait_count(count)[-1].body)["entry"][0]["changes"][0]["value"]


def test_who_takes_a_user_name_shows_no_phone_and_is_still_reached(world: World, receiver: Receiver) -> None:
    world.write(JOAO, text="oi")
    assert change(world, JOAO, username="joao.b") == 200
    world.write(JOAO, text="de novo")
    value = last(receiver, 2)
    (contact,), (message,) = value["contacts"], value["messages"]
    assert "wa_id" not in contact
    assert "from" not in message
    assert (contact["profile"]["username"], contact["user_id"]) == ("joao.b", message["from_user_id"])
    assert world.send(to=f"+{JOAO}").status_code == 200
    sent = world.graph(
        "POST",
        "100000000000001/messages",
        json={
            "messaging_product": "whatsapp",
            "recipient": message["from_user_id"],
            "type": "text",
            "text": {"body": "olá"},
        },
    )
    assert sent.status_code == 200
    assert change(world, JOAO, shows_phone=True) == 200


def test_a_new_number_brings_a_new_id_and_keeps_the_chat(world: World, receiver: Receiver) -> None:
    world.write(JOAO, text="oi")
    before = last(receiver, 1)["messages"][0]["from_user_id"]
    assert change(world, JOAO, number=NEW) == 200
    value = last(receiver, 2)
    (message,) = value["messages"]
    told = message["system"]
    assert "contacts" not in value
    assert (message["from"], message["type"], told["type"]) == (JOAO, "system", "user_changed_number")
    assert (told["wa_id"], told["previous_user_id"]) == (NEW, before)
    assert told["user_id"] != before
    assert [one["body"] for one in world.chat(NEW)] == ["oi"]
    assert world.chat(JOAO) == []


def test_a_hidden_number_that_changes_shows_a_new_id_only(world: World, receiver: Receiver) -> None:
    world.write(JOAO, text="oi")
    change(world, JOAO, username="joao.b")
    change(world, JOAO, number=NEW)
    (message,) = last(receiver, 2)["messages"]
    assert "from" not in message
    assert message["system"]["type"] == "user_changed_user_id"
    assert NEW not in str(message)


def test_an_id_made_anew_is_told(world: World, receiver: Receiver) -> None:
    world.write(JOAO, text="oi")
    change(world, JOAO, new_user_id=True)
    (message,) = last(receiver, 2)["messages"]
    assert message["system"]["previous_user_id"] != message["system"]["user_id"] == message["from_user_id"]


def test_a_number_of_one_form_is_not_reached_under_the_other(world: World, receiver: Receiver) -> None:
    antonio, old_form = "5511987650008", "551187650008"
    template = {"name": "lembrete", "language": {"code": "pt_BR"}}
    world.template(body="Olá, até amanhã!")
    assert change(world, antonio, one_form=True) == 200
    for to in (antonio, old_form):
        assert world.send(to=f"+{to}", type="template", template=template).status_code == 200
    calls = receiver.wait_for(lambda found: any(b"131026" in call.body for call in found))
    assert sum(b"131026" in call.body for call in calls) == 1
    assert len(world.chat(old_form)) == 1


def test_wrong_uses_are_told(world: World) -> None:
    assert change(world, JOAO) == 400
    assert change(world, JOAO, username="") == 400
    assert change(world, JOAO, number="5511987650003") == 400
    assert change(world, JOAO, number="abc") == 400
    assert change(world, "5511000000000", new_user_id=True) == 404
    assert change(world, JOAO, something=1) == 400


def test_a_new_device_changes_the_security_code_and_nothing_else(world: World, receiver: Receiver) -> None:
    world.write(JOAO, text="oi")
    before = last(receiver, 1)["messages"][0]
    assert change(world, JOAO, new_device=True) == 200
    value = last(receiver, 2)
    (message,) = value["messages"]
    assert "contacts" not in value
    assert (message["type"], message["system"]["type"]) == ("system", "customer_identity_changed")
    assert (message["from"], message["from_user_id"]) == (before["from"], before["from_user_id"])
    assert (message["identity"]["acknowledged"], isinstance(message["identity"]["created_timestamp"], int)) == (
        False,
        True,
    )
    assert message["identity"]["hash"]
