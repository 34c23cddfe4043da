"""Who does a message reach, and what does Meta answer?"""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.tests.receiver import Receiver
from sandbox.tests.world import DALVA, World

TEMPLATE: dict[str, Any] = {
    "type": "template",
    "template": {
        "name": "lembrete",
        "language": {"code": "pt_BR"},
        "components": [{"type": "body", "parameters": [{"type": "text", "text": "Dalva"}]}],
    },
}


def error_of(answer: Any) -> tuple[int, int]:
    return answer.status_code, answer.json()["error"]["code"]


def test_the_answer_names_the_contact_and_the_message(world: World) -> None:
    world.write(text="oi")
    answer = world.send().json()
    assert answer["messaging_product"] == "whatsapp"
    assert answer["contacts"] == [{"input": f"+{DALVA}", "wa_id": DALVA}]
    assert answer["messages"][0]["id"].startswith("wamid.")
    assert world.chat()[-1]["body"] == "Olá! Ação às 9h / 10h 😀"


@pytest.mark.parametrize("form", ["+5511987650008", "+551187650008", "11987650008", "1187650008"])
def test_either_ninth_digit_form_reaches_the_account(world: World, form: str) -> None:
    world.write("5511987650008", text="oi")
    answer = world.send(to=form).json()
    assert answer["contacts"] == [{"input": form, "wa_id": "551187650008"}]
    assert [message["direction"] for message in world.chat("551187650008")] == ["in", "out"]


def test_without_a_plus_the_country_code_is_put_in_front(world: World, receiver: Receiver) -> None:
    world.template()
    world.write(text="oi")
    answer = world.send(to=DALVA, **TEMPLATE).json()
    assert answer["contacts"][0]["wa_id"] == f"55{DALVA}"
    assert receiver.wait_count(2)[1].kind == "failed"
    assert len(world.chat()) == 1


def test_a_user_id_in_to_is_lost_without_a_word(world: World, receiver: Receiver) -> None:
    world.write("BR.9900000000000001", text="oi")
    answer = world.send(to="BR.9900000000000001")
    assert answer.status_code == 200
    assert len(world.chat("BR.9900000000000001")) == 1
    assert receiver.kinds() == ["message"]


def test_a_recipient_reaches_only_its_own_portfolio(world: World, receiver: Receiver) -> None:
    world.write("BR.9900000000000001", text="oi")
    answer = world.send(to=None, recipient="BR.9900000000000001").json()
    assert answer["contacts"] == [{"input": "BR.9900000000000001", "user_id": "BR.9900000000000001"}]
    status = receiver.wait_count(2)[1].value["statuses"][0]
    assert "recipient_id" not in status
    assert status["recipient_user_id"] == "BR.9900000000000001"
    world.write("BR.9900000000000001", to="boreal", text="oi")
    written = next(call for call in receiver.calls if "boreal" in call.path)
    foreign = written.value["contacts"][0]["user_id"]
    assert foreign != "BR.9900000000000001"
    assert error_of(world.send(to=None, recipient=foreign)) == (400, 131009)


def test_free_text_needs_the_patient_to_have_written_within_24_hours(world: World) -> None:
    world.template()
    assert error_of(world.send()) == (400, 131047)
    assert world.send(**TEMPLATE).status_code == 200
    world.write(text="oi")
    world.http.post("/control/clock", json={"advance_seconds": 24 * 3600 - 60})
    assert world.send().status_code == 200
    world.http.post("/control/clock", json={"advance_seconds": 61})
    assert error_of(world.send()) == (400, 131047)
    assert world.send(**TEMPLATE).status_code == 200


def test_a_template_to_nobody_fails_later(world: World, receiver: Receiver) -> None:
    world.template()
    assert world.send(to="+5511900000000", **TEMPLATE).status_code == 200
    failure = receiver.wait_count(1)[0].value["statuses"][0]
    assert (failure["status"], failure["errors"][0]["code"]) == ("failed", 131026)


def test_tokens_speak_only_for_their_own_number(world: World) -> None:
    body = {"messaging_product": "whatsapp", "to": f"+{DALVA}", **TEMPLATE}
    path = "100000000000001/messages"
    assert error_of(world.graph("POST", path, token="sandbox-token-boreal", json=body)) == (403, 200)
    assert error_of(world.graph("POST", path, token="wrong", json=body)) == (401, 190)
    unknown = world.graph("POST", "999/messages", json=body)
    assert error_of(unknown) == (400, 100)
    assert unknown.json()["error"]["error_subcode"] == 33


def test_marking_read_marks_earlier_messages_too(world: World) -> None:
    world.write(text="um")
    last = world.write(text="dois")["id"]
    mark = {"to": None, "status": "read", "message_id": last, "typing_indicator": {"type": "text"}}
    assert world.send(**mark).json() == {"success": True}
    assert [message["state"] for message in world.chat()] == ["read", "read"]
    assert error_of(world.send(status="read", message_id="wamid.none")) == (400, 131009)


def test_buttons_and_rows_are_answered_with_their_context(world: World, receiver: Receiver) -> None:
    world.write(text="oi")
    buttons = [{"type": "reply", "reply": {"id": "yes", "title": "Sim"}}]
    action: dict[str, Any] = {"buttons": buttons}
    node = {"type": "button", "body": {"text": "Confirma?"}, "action": action}
    offered = world.send(type="interactive", interactive=node).json()["messages"][0]["id"]
    rows = [{"id": "slot:1", "title": "9h", "description": "Dra. Helena"}]
    action = {"button": "Horários", "sections": [{"title": "Segunda", "rows": rows}]}
    node = {"type": "list", "body": {"text": "Quando?"}, "action": action}
    world.send(type="interactive", interactive=node)
    assert world.chat()[-1]["rows"] == rows
    assert world.chat()[-2]["buttons"] == [{"id": "yes", "title": "Sim"}]
    receiver.wait_count(7)
    world.write(button="yes")
    world.write(list="slot:1")
    written = [call.value["messages"][0] for call in receiver.calls if "messages" in call.value]
    press, pick = written[1:]
    assert press["interactive"] == {"type": "button_reply", "button_reply": {"id": "yes", "title": "Sim"}}
    assert press["context"] == {"from": "551130000001", "id": offered}
    assert pick["interactive"] == {"type": "list_reply", "list_reply": rows[0]}


def test_a_raw_message_passes_through(world: World, receiver: Receiver) -> None:
    world.write(raw={"type": "audio", "audio": {"id": "m1", "voice": True}, "from": ""})
    message = receiver.calls[0].value["messages"][0]
    assert message["audio"] == {"id": "m1", "voice": True}
    assert message["from"] == ""
    assert message["id"].startswith("wamid.")


def test_the_number_shows_itself(world: World) -> None:
    node = world.graph("GET", "100000000000001", params={"fields": "verified_name,throughput"}).json()
    assert node == {
        "id": "100000000000001",
        "verified_name": "Clínica Aurora",
        "throughput": {"level": "STANDARD"},
    }
    listed = world.graph("GET", "200000000000001/phone_numbers").json()["data"]
    assert [one["id"] for one in listed] == ["100000000000001"]


def test_an_unsubscribed_account_hears_nothing(world: World, receiver: Receiver) -> None:
    assert len(world.graph("GET", "200000000000001/subscribed_apps").json()["data"]) == 1
    world.graph("DELETE", "200000000000001/subscribed_apps")
    assert world.write(text="oi")["webhook_status"] == 0
    assert world.graph("GET", "200000000000001/subscribed_apps").json() == {"data": []}
    world.graph("POST", "200000000000001/subscribed_apps")
    assert world.write(text="oi")["webhook_status"] == 200
    assert len(receiver.calls) == 1


def test_an_override_is_challenged_before_it_counts(world: World, receiver: Receiver) -> None:
    configuration = {"override_callback_uri": f"{receiver.url}/own/", "verify_token": "v"}
    body = {"webhook_configuration": configuration}
    receiver.challenge_status = 403
    assert error_of(world.graph("POST", "100000000000001", json=body)) == (400, 2200)
    receiver.challenge_status = 200
    assert world.graph("POST", "100000000000001", json=body).json() == {"success": True}
    world.write(text="oi")
    assert receiver.calls[-1].path == "/own/"


def test_a_new_number_of_the_same_slug_is_the_same_number(world: World, receiver: Receiver) -> None:
    body = {"slug": "nova", "callback_url": f"{receiver.url}/nova/"}
    first = world.http.post("/control/numbers", json=body).json()
    assert set(first) == {"phone_number_id", "waba_id", "access_token"}
    assert world.http.post("/control/numbers", json=body).json() == first
    world.write("5521912345678", to="nova", text="oi", name="Rui")
    assert receiver.calls[0].path == "/nova/"
    assert receiver.calls[0].value["contacts"][0]["profile"] == {"name": "Rui"}


def test_a_reaction_is_seen_on_its_message_and_is_only_ever_sent(world: World, receiver: Receiver) -> None:
    wamid = world.write(text="oi")["id"]
    world.send(type="reaction", reaction={"message_id": wamid, "emoji": "👍"})
    written, reaction = world.chat()
    assert written["reactions"] == {"out": "👍"}
    assert (reaction["type"], reaction["body"], reaction["direction"]) == ("reaction", "👍", "out")
    world.send()
    receiver.wait_for(lambda calls: [call.kind for call in calls].count("read") == 1)
    # Of two messages nobody promises whose reports come first.
    assert sorted(receiver.kinds()) == ["delivered", "message", "read", "sent", "sent"]
    world.send(type="reaction", reaction={"message_id": wamid, "emoji": ""})
    assert world.chat()[0]["reactions"] == {"out": ""}


def test_a_reaction_to_an_old_or_unknown_message_fails_afterwards(world: World, receiver: Receiver) -> None:
    wamid = world.write(text="oi")["id"]
    world.http.post("/control/clock", json={"advance_seconds": 30 * 86400 + 60})
    try:
        world.write(text="oi de novo")
        for target in (wamid, "wamid.unknown"):
            assert world.send(type="reaction", reaction={"message_id": target, "emoji": "👍"}).status_code == 200
    finally:
        world.http.post("/control/clock", json={"advance_seconds": -(30 * 86400 + 60)})
    calls = receiver.wait_count(4)
    assert [call.kind for call in calls[2:]] == ["failed", "failed"]
    assert calls[2].value["statuses"][0]["errors"][0]["code"] == 131009
    assert "reactions" not in world.chat()[0]
