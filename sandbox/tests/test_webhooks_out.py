"""How do webhooks leave the simulator? Signed, escaped, in order, repeated, and as badly as asked."""

from __future__ import annotations

import hashlib
import hmac
import time

from sandbox.graph.webhooks import encode, sign
from sandbox.tests.receiver import Receiver
from sandbox.tests.world import DALVA, World


def test_the_signature_is_the_one_of_the_published_example() -> None:
    text = {"text": {"body": "olá 😀 http://x"}}
    value = {"messages": [text]}
    entry = [{"id": "1", "changes": [{"value": value, "field": "messages"}]}]
    body = encode({"object": "whatsapp_business_account", "entry": entry})
    assert b"ol\\u00e1 \\ud83d\\ude00 http:\\/\\/x" in body
    digest = "sha256=cb50f53bc785bc9df819cd740826959d33ee673568b2ebfb3b1cc18a15d99ce6"
    assert sign(body, "test_app_secret") == digest


def test_a_patients_message_goes_out_signed_with_the_first_secret(world: World, receiver: Receiver) -> None:
    answer = world.write(text="Olá, dá para 9h/10h?")
    assert answer["webhook_status"] == 200
    call = receiver.calls[0]
    assert call.path == "/webhooks/whatsapp/aurora/"
    digest = hmac.new(b"s3cret", call.body, hashlib.sha256).hexdigest()
    assert call.headers["X-Hub-Signature-256"] == f"sha256={digest}"
    assert b"Ol\\u00e1, d\\u00e1 para 9h\\/10h?" in call.body
    message, contact = call.value["messages"][0], call.value["contacts"][0]
    assert message["id"] == answer["id"]
    assert (message["from"], message["type"]) == (DALVA, "text")
    assert contact["wa_id"] == DALVA
    assert contact["user_id"] == message["from_user_id"]
    assert call.value["metadata"] == {
        "display_phone_number": "551130000001",
        "phone_number_id": "100000000000001",
    }


def test_the_two_clinics_see_different_user_ids(world: World, receiver: Receiver) -> None:
    world.write(text="oi")
    world.write(text="oi", to="boreal")
    aurora, boreal = (call.value["contacts"][0]["user_id"] for call in receiver.calls)
    assert aurora != boreal


def test_a_patient_without_a_phone_shows_only_the_user_id(world: World, receiver: Receiver) -> None:
    world.write("BR.9900000000000001", text="oi")
    contact, message = receiver.calls[0].value["contacts"][0], receiver.calls[0].value["messages"][0]
    assert "wa_id" not in contact
    assert "from" not in message
    assert contact["profile"]["username"] == "bia.fontes"
    assert message["from_user_id"] == contact["user_id"] == "BR.9900000000000001"


def test_statuses_come_in_order_with_tracker_and_contact(world: World, receiver: Receiver) -> None:
    world.write(text="oi")
    sent = world.send(biz_opaque_callback_data="outbox-7").json()
    receiver.wait_count(4)
    assert receiver.kinds() == ["message", "sent", "delivered", "read"]
    first, second, third = (call.value["statuses"][0] for call in receiver.calls[1:])
    assert first["id"] == sent["messages"][0]["id"]
    assert first["biz_opaque_callback_data"] == second["biz_opaque_callback_data"] == "outbox-7"
    assert first["recipient_id"] == DALVA
    assert first["recipient_user_id"].startswith("BR.")
    assert first["pricing"]["category"] == "service"
    assert "pricing" not in second
    assert int(third["timestamp"]) == int(first["timestamp"]) + 1
    assert receiver.calls[3].at - receiver.calls[1].at > 0.8
    assert receiver.calls[1].value["contacts"][0]["wa_id"] == DALVA
    assert world.chat()[-1]["state"] == "read"


def test_copies_are_posted_as_often_as_asked(world: World, receiver: Receiver) -> None:
    world.habits(duplicates=3)
    world.write(text="oi")
    calls = receiver.wait_count(3)
    assert len({call.body for call in calls}) == 1
    world.habits()
    world.write(text="de novo")
    time.sleep(0.2)
    assert len(receiver.calls) == 4


def test_dropped_statuses_never_come_but_the_patient_still_reads(world: World, receiver: Receiver) -> None:
    world.write(text="oi")
    world.habits(drop=["sent", "read"])
    world.send()
    time.sleep(1.5)
    assert receiver.kinds() == ["message", "delivered"]
    assert world.chat()[-1]["state"] == "read"


def test_shuffled_webhooks_come_out_of_order(world: World, receiver: Receiver) -> None:
    world.write(text="oi")
    world.habits(shuffle=True)
    for _ in range(6):
        world.send()
    calls = receiver.wait_count(19)
    arrived = [call.value["statuses"][0]["id"] for call in calls[1:] if call.kind == "sent"]
    in_order = [message["id"] for message in world.chat() if message["direction"] == "out"]
    assert sorted(arrived) == sorted(in_order)
    kinds = [call.kind for call in calls[1:]]
    assert arrived != in_order or kinds != ["sent", "delivered"] * 6 + ["read"] * 6


def test_delayed_webhooks_wait(world: World, receiver: Receiver) -> None:
    world.write(text="oi")
    world.habits(delay_seconds=0.6)
    begun = time.monotonic()
    world.send()
    calls = receiver.wait_count(3)
    assert calls[1].at - begun > 0.5


def test_a_refused_webhook_is_repeated_until_200(world: World, receiver: Receiver) -> None:
    receiver.answers[:] = [503, 202]
    answer = world.write(text="oi")
    assert answer["webhook_status"] == 503
    assert world.chat()[0]["state"] == "sent"
    calls = receiver.wait_count(3, seconds=8)
    assert len({call.body for call in calls}) == 1
    assert 0.8 < calls[1].at - calls[0].at < 1.8
    assert 1.8 < calls[2].at - calls[1].at < 3
    time.sleep(0.2)
    assert world.chat()[0]["state"] == "delivered"
    assert len(receiver.calls) == 3


def test_a_restart_goes_on_with_what_was_owed(world: World, receiver: Receiver) -> None:
    receiver.answers[:] = [500]
    world.write(text="oi")
    world.stop()
    world.start()
    assert receiver.wait_count(2)[1].body == receiver.calls[0].body


def test_an_unreachable_product_is_status_0(world: World) -> None:
    world.http.post("/control/numbers", json={"slug": "aurora", "callback_url": "http://127.0.0.1:9/"})
    assert world.write(text="oi")["webhook_status"] == 0
