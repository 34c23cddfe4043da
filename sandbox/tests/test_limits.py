"""Does every documented limit hold, exactly at its edge?"""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.graph.errors import GraphError
from sandbox.graph.limits import check_message
from sandbox.tests.world import World

Json = dict[str, Any]


def envelope(kind: str, node: Any, **more: Any) -> Json:
    return {"messaging_product": "whatsapp", "to": "+5511987650001", "type": kind, kind: node, **more}


def text(size: int = 2, **more: Any) -> Json:
    return envelope("text", {"body": "x" * size}, **more)


def interactive(kind: str, action: Json, *, body: int = 5, **frame: Any) -> Json:
    return envelope("interactive", {"type": kind, "body": {"text": "b" * body}, "action": action, **frame})


def button(title: str = "Sim", identity: str = "yes") -> Json:
    return {"type": "reply", "reply": {"id": identity, "title": title}}


def buttons(*given: Json, **more: Any) -> Json:
    return interactive("button", {"buttons": list(given or (button(),))}, **more)


def row(identity: str = "1", **more: Any) -> Json:
    return {"id": identity, "title": "t", **more}


def rows(*given: Json, label: str = "Ver", title: str = "Dia", **more: Any) -> Json:
    sections = [{"title": title, "rows": list(given or (row(),))}]
    return interactive("list", {"button": label, "sections": sections}, **more)


def link(label: str = "Abrir", url: str = "https://x.example", **more: Any) -> Json:
    parameters = {"display_text": label, "url": url}
    return interactive("cta_url", {"name": "cta_url", "parameters": parameters}, **more)


def flow(*, body: int = 5, **given: Any) -> Json:
    told: Json = {"flow_message_version": "3", "flow_id": "7", "flow_cta": "Abrir", "flow_token": "unused", **given}
    parameters = {key: value for key, value in told.items() if value is not None}
    return interactive("flow", {"name": "flow", "parameters": parameters}, body=body)


def template_button(sub_type: str, parameter: Json, index: str = "0") -> Json:
    return template(components=[{"type": "button", "sub_type": sub_type, "index": index, "parameters": [parameter]}])


def template_header(*parameters: Json) -> Json:
    return template(components=[{"type": "header", "parameters": list(parameters)}])


def template(name: str = "lembrete", value: Any = "a", parameter_name: str = "", **more: Any) -> Json:
    parameters = [{"type": "text", "text": value} | ({"parameter_name": parameter_name} if parameter_name else {})]
    node = {
        "name": name,
        "language": {"code": "pt_BR"},
        "components": [{"type": "body", "parameters": parameters}],
    }
    return envelope("template", node | more)


ask_place: Json = {"name": "send_location"}
many_rows = [row(str(number)) for number in range(11)]
two_sections = [{"title": "a", "rows": many_rows[:6]}, {"title": "b", "rows": many_rows[6:]}]

TAKEN: dict[str, Json] = {
    "text 4096": text(4096),
    "tracker 512": text(biz_opaque_callback_data="x" * 512),
    "context": text(context={"message_id": "wamid.x"}),
    "three buttons": buttons(button("a", "1"), button("b", "2"), button("c", "3")),
    "button title 20": buttons(button("x" * 20)),
    "button id 256": buttons(button(identity="x" * 256)),
    "button body 1024": buttons(body=1024),
    "footer 60": buttons(footer={"text": "f" * 60}),
    "header 60": buttons(header={"type": "text", "text": "h" * 60}),
    "header image": buttons(header={"type": "image", "image": {"id": "1"}}),
    "list of ten": rows(*many_rows[:10]),
    "list body 4096": rows(body=4096),
    "list button 20": rows(label="x" * 20),
    "section title 24": rows(title="x" * 24),
    "row id 200": rows(row("x" * 200)),
    "row title 24": rows(row(title="x" * 24)),
    "row description 72": rows(row(description="x" * 72)),
    "link 20": link("x" * 20),
    "link body 1024": link(body=1024),
    "location request": interactive("location_request_message", ask_place, body=1024),
    "contact request": interactive("request_contact_info", {"name": "request_contact_info"}),
    "image by id": envelope("image", {"id": "1", "caption": "c" * 1024}),
    "document by link": envelope("document", {"link": "https://x.example/a.pdf", "filename": "a.pdf"}),
    "audio": envelope("audio", {"id": "1", "voice": True}),
    "reaction": envelope("reaction", {"message_id": "wamid.x", "emoji": "👍"}),
    "reaction removed": envelope("reaction", {"message_id": "wamid.x", "emoji": ""}),
    "location": envelope("location", {"latitude": -23.5, "longitude": "-46.6"}),
    "contacts": envelope("contacts", [{"name": {"formatted_name": "Ana", "first_name": "Ana"}}]),
    "sticker": envelope("sticker", {"id": "1"}),
    "header document": buttons(header={"type": "document", "document": {"id": "1", "filename": "a.pdf"}}),
    "flow": flow(),
    "flow by name": flow(flow_id=None, flow_name="triagem"),
    "flow cta 30": flow(flow_cta="x" * 30),
    "flow with data": flow(flow_action="navigate", flow_action_payload={"screen": "A", "data": {"a": 1}}),
    "flow data exchange": flow(flow_action="data_exchange"),
    "template with a named value": template(value="a", parameter_name="nome"),
    "template button": template_button("quick_reply", {"type": "payload", "payload": "x" * 256}),
    "template flow button": template_button("flow", {"type": "action", "action": {"flow_token": "t"}}),
    "template header image": template_header({"type": "image", "image": {"id": "1"}}),
    "template": template(),
    "template name 512": template("a" * 512),
}
REFUSED: dict[str, tuple[int, Json]] = {
    "no product": (100, text() | {"messaging_product": "sms"}),
    "group": (131009, text(recipient_type="group")),
    "unknown type": (100, envelope("poll", {})),
    "no node": (131008, {**text(), "text": None}),
    "tracker 513": (100, text(biz_opaque_callback_data="x" * 513)),
    "context without id": (131008, text(context={})),
    "text 4097": (100, text(4097)),
    "text empty": (100, text(0)),
    "text missing": (131008, envelope("text", {})),
    "no interactive type": (131008, envelope("interactive", {"body": {"text": "x"}})),
    "unknown interactive": (131009, interactive("carousel_of_joy", {})),
    "no body": (131008, envelope("interactive", {"type": "button", "action": {"buttons": [button()]}})),
    "four buttons": (131009, buttons(*(button(str(n), str(n)) for n in range(4)))),
    "no buttons": (131009, interactive("button", {"buttons": []})),
    "button title 21": (131009, buttons(button("x" * 21))),
    "button title empty": (131009, buttons(button(""))),
    "button id 257": (131009, buttons(button(identity="x" * 257))),
    "button titles repeat": (131009, buttons(button(identity="1"), button(identity="2"))),
    "button ids repeat": (131009, buttons(button("a"), button("b"))),
    "button body 1025": (131009, buttons(body=1025)),
    "footer 61": (131009, buttons(footer={"text": "f" * 61})),
    "header 61": (131009, buttons(header={"type": "text", "text": "h" * 61})),
    "list header image": (131009, rows(header={"type": "image", "image": {"id": "1"}})),
    "eleven rows": (131009, rows(*many_rows)),
    "eleven rows in two sections": (131009, interactive("list", {"button": "x", "sections": two_sections})),
    "eleven sections": (
        131009,
        interactive("list", {"button": "x", "sections": [{"title": "a", "rows": [row()]}] * 11}),
    ),
    "section without title": (
        131008,
        interactive("list", {"button": "x", "sections": [{"rows": [row()]}] * 2}),
    ),
    "list body 4097": (131009, rows(body=4097)),
    "list button 21": (131009, rows(label="x" * 21)),
    "list button missing": (131008, interactive("list", {"sections": [{"rows": [row()]}]})),
    "section title 25": (131009, rows(title="x" * 25)),
    "row id 201": (131009, rows(row("x" * 201))),
    "row ids repeat": (131009, rows(row(), row())),
    "row title 25": (131009, rows(row(title="x" * 25))),
    "row description 73": (131009, rows(row(description="x" * 73))),
    "link label 21": (131009, link("x" * 21)),
    "link body 1025": (131009, link(body=1025)),
    "link not http": (131009, link(url="tel:190")),
    "location request body 1025": (131009, interactive("location_request_message", ask_place, body=1025)),
    "location request name": (131009, interactive("location_request_message", {"name": "x"})),
    "media id and link": (131009, envelope("image", {"id": "1", "link": "https://x.example"})),
    "media neither": (131008, envelope("image", {})),
    "media link": (131009, envelope("image", {"link": "file:///x"})),
    "caption 1025": (131009, envelope("image", {"id": "1", "caption": "c" * 1025})),
    "audio caption": (100, envelope("audio", {"id": "1", "caption": "c"})),
    "reaction without target": (131008, envelope("reaction", {"emoji": "👍"})),
    "reaction as reply": (
        131009,
        envelope("reaction", {"message_id": "x", "emoji": "👍"}, context={"message_id": "x"}),
    ),
    "location without longitude": (131008, envelope("location", {"latitude": 1})),
    "location off the earth": (131009, envelope("location", {"latitude": 91, "longitude": 1})),
    "contacts empty": (131009, envelope("contacts", [])),
    "contact without name": (131008, envelope("contacts", [{}])),
    "contact with a formatted name only": (131008, envelope("contacts", [{"name": {"formatted_name": "Ana"}}])),
    "contact's birthday": (
        131009,
        envelope("contacts", [{"name": {"formatted_name": "Ana", "first_name": "Ana"}, "birthday": "1/2/80"}]),
    ),
    "258 contacts": (131009, envelope("contacts", [{"name": {"formatted_name": "Ana", "first_name": "A"}}] * 258)),
    "sticker caption": (100, envelope("sticker", {"id": "1", "caption": "c"})),
    "voice of an image": (100, envelope("image", {"id": "1", "voice": True})),
    "voice is no flag": (100, envelope("audio", {"id": "1", "voice": "yes"})),
    "filename of a video": (100, envelope("video", {"id": "1", "filename": "a.mp4"})),
    "header file with a caption": (100, buttons(header={"type": "image", "image": {"id": "1", "caption": "c"}})),
    "header file without id": (131008, buttons(header={"type": "image", "image": {}})),
    "header audio": (131009, buttons(header={"type": "audio", "audio": {"id": "1"}})),
    "reaction of words": (131009, envelope("reaction", {"message_id": "wamid.x", "emoji": "ok"})),
    "contact request body 1025": (
        131009,
        interactive("request_contact_info", {"name": "request_contact_info"}, body=1025),
    ),
    "contact request name": (131009, interactive("request_contact_info", {"name": "x"})),
    "flow cta 31": (131009, flow(flow_cta="x" * 31)),
    "flow cta with an emoji": (131009, flow(flow_cta="Abrir 📋")),
    "flow without an id": (131008, flow(flow_id=None)),
    "flow with id and name": (131009, flow(flow_name="triagem")),
    "flow version": (131009, flow(flow_message_version="2")),
    "flow mode": (131009, flow(mode="live")),
    "flow action": (131009, flow(flow_action="jump")),
    "flow data empty": (131009, flow(flow_action_payload={"screen": "A", "data": {}})),
    "flow data without a screen": (131008, flow(flow_action_payload={"data": {"a": 1}})),
    "flow start of a data exchange": (
        131009,
        flow(flow_action="data_exchange", flow_action_payload={"screen": "A"}),
    ),
    "flow body 1025": (131009, flow(body=1025)),
    "template body 1025": (132005, template(value="x" * 1025)),
    "template header 61": (132005, template_header({"type": "text", "text": "x" * 61})),
    "template header twice": (132000, template_header({"type": "text", "text": "x"}, {"type": "text", "text": "y"})),
    "template header caption": (100, template_header({"type": "image", "image": {"id": "1", "caption": "c"}})),
    "template payload 257": (131009, template_button("quick_reply", {"type": "payload", "payload": "x" * 257})),
    "template button of another type": (132012, template_button("url", {"type": "payload", "payload": "x"})),
    "template button unknown": (132012, template_button("dance", {"type": "payload", "payload": "x"})),
    "template button 10": (131009, template_button("url", {"type": "text", "text": "x"}, index="10")),
    "template flow data empty": (
        131009,
        template_button("flow", {"type": "action", "action": {"flow_token": "t", "flow_action_data": {}}}),
    ),
    "template names mixed": (
        132012,
        template(
            components=[
                {
                    "type": "body",
                    "parameters": [
                        {"type": "text", "text": "a", "parameter_name": "nome"},
                        {"type": "text", "text": "b"},
                    ],
                }
            ]
        ),
    ),
    "template name": (131009, template("Lembrete")),
    "template name 513": (131009, template("a" * 513)),
    "template without language": (131008, envelope("template", {"name": "a"})),
    "template value with a new line": (132012, template(value="a\nb")),
}


@pytest.mark.parametrize("message", TAKEN.values(), ids=TAKEN.keys())
def test_up_to_the_limit_is_taken(message: Json) -> None:
    assert check_message(message) == message["type"]


@pytest.mark.parametrize(("code", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_beyond_the_limit_is_refused(code: int, message: Json) -> None:
    with pytest.raises(GraphError) as caught:
        check_message(message)
    assert caught.value.code == code
    assert caught.value.response().status_code == 400


def test_a_refusal_has_metas_body_and_reaches_nobody(world: World) -> None:
    world.write(text="oi")
    answer = world.send(type="text", text={"body": "x" * 4097})
    error = answer.json()["error"]
    assert answer.status_code == 400
    assert error["message"] == "(#100) Invalid parameter"
    assert error["type"] == "OAuthException"
    assert error["error_data"]["messaging_product"] == "whatsapp"
    assert "4096" in error["error_data"]["details"]
    assert error["fbtrace_id"]
    assert len(world.chat()) == 1
    broken = world.graph("POST", "100000000000001/messages", content=b"{")
    assert broken.json()["error"]["code"] == 100
