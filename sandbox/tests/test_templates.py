"""Does the stand-in for Meta keep templates as Meta does: created within limits, reviewed, paused, told by webhook?"""

from __future__ import annotations

import time
from typing import Any

import pytest

from sandbox.graph.template_limits import TemplateRefusedError, check_template
from sandbox.tests.receiver import Receiver
from sandbox.tests.world import DALVA, World

WABA = "200000000000001"
Json = dict[str, Any]


def part(kind: str, **fields: Any) -> Json:
    return {"type": kind, **fields}


def body(text: str = "Olá, {{1}}, tudo bem?", examples: int = 1) -> Json:
    return part("BODY", text=text, example={"body_text": [["x"] * examples]}) if examples else part("BODY", text=text)


def told(*components: Json, **more: Any) -> Json:
    shared = {"name": "lembrete_1", "language": "pt_BR", "category": "UTILITY"}
    return {**shared, "components": list(components or (body(),)), **more}


def buttons(count: int, label: str = "Botão") -> Json:
    return part("BUTTONS", buttons=[{"type": "QUICK_REPLY", "text": f"{label}{index}"} for index in range(count)])


def url(address: str, **more: Any) -> Json:
    return part("BUTTONS", buttons=[{"type": "URL", "text": "Ver", "url": address, **more}])


def header(text: str, examples: int = 0) -> Json:
    return part("HEADER", format="TEXT", text=text, example={"header_text": ["x"] * examples})


TAKEN = {
    "name 512": told(name="a" * 512),
    "body 1024": told(body("x" * 1024, 0)),
    "header 60": told(body(), header("x" * 60)),
    "header with a variable": told(body(), header("Oi {{1}}", 1)),
    "footer 60": told(body(), part("FOOTER", text="x" * 60)),
    "ten buttons": told(body(), buttons(10)),
    "label 25": told(body(), buttons(1, "x" * 24)),
    "url 2000": told(body(), url("https://x.example/" + "a" * 1982)),
    "url with a variable": told(body(), url("https://x.example/{{1}}", example=["https://x.example/1"])),
    "named": told(
        part(
            "BODY",
            text="Olá, {{nome}}, até já!",
            example={"body_text_named_params": [{"param_name": "nome", "example": "Dalva"}]},
        ),
        parameter_format="NAMED",
    ),
}
REFUSED = {
    "name 513": told(name="a" * 513),
    "name with a capital": told(name="Lembrete"),
    "name with a hyphen": told(name="lembrete-1"),
    "language": told(language="português"),
    "category": told(category="NICE"),
    "no body": told(part("FOOTER", text="x")),
    "two bodies": told(body(), body()),
    "body 1025": told(body("x" * 1025, 0)),
    "header 61": told(body(), header("x" * 61)),
    "header with two variables": told(body(), header("Oi {{1}} {{2}}", 2)),
    "header file without a sample": told(body(), part("HEADER", format="IMAGE")),
    "footer 61": told(body(), part("FOOTER", text="x" * 61)),
    "footer with a variable": told(body(), part("FOOTER", text="{{1}} x")),
    "eleven buttons": told(body(), buttons(11)),
    "label 26": told(body(), buttons(1, "x" * 25)),
    "the same label twice": told(body(), part("BUTTONS", buttons=[{"type": "QUICK_REPLY", "text": "a"}] * 2)),
    "url 2001": told(body(), url("https://x.example/" + "a" * 1983)),
    "url with a variable inside": told(body(), url("https://x.example/{{1}}/a", example=["x"])),
    "url without an example": told(body(), url("https://x.example/{{1}}")),
    "leading variable": told(body("{{1}}, tudo bem com você?")),
    "trailing variable": told(body("Olá, tudo bem com {{1}}")),
    "adjacent variables": told(body("Olá, {{1}} {{2}}, tudo bem com você?", 2)),
    "variables out of order": told(body("Olá, {{2}}, tudo bem com você?")),
    "without examples": told(body("Olá, {{1}}, tudo bem?", 0)),
    "named without examples": told(body("Olá, {{nome}}, até já!", 0), parameter_format="NAMED"),
    "names in a positional one": told(body("Olá, {{nome}}, até já!")),
    "more variables than words": told(body("Oi {{1}} e {{2}} x", 2)),
}


@pytest.mark.parametrize("template", TAKEN.values(), ids=TAKEN.keys())
def test_up_to_the_limit_is_taken(template: Json) -> None:
    assert check_template(template)["name"] == template["name"]


@pytest.mark.parametrize("template", REFUSED.values(), ids=REFUSED.keys())
def test_beyond_the_limit_is_refused(template: Json, world: World) -> None:
    answer = world.graph("POST", f"{WABA}/message_templates", json=template)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 100)
    assert world.graph("GET", f"{WABA}/message_templates").json()["data"] == []


def create(world: World, template: Json | None = None) -> Any:
    return world.graph("POST", f"{WABA}/message_templates", json=template or told())


def status_of(world: World, template_id: str) -> str:
    return str(world.graph("GET", f"{template_id}?fields=status").json()["status"])


def values(receiver: Receiver, count: int) -> list[Json]:
    return [call.value for call in receiver.wait_count(count)]


def reviews(world: World, **how: Any) -> None:
    assert world.http.post("/control/templates/reviews", json=how).status_code == 200


def test_a_new_template_is_reviewed_by_itself_and_told_to_the_app(world: World, receiver: Receiver) -> None:
    reviews(world, seconds=0.05)
    world.graph("POST", f"{WABA}/subscribed_apps", json={"override_callback_uri": receiver.url, "verify_token": "x"})
    made = create(world).json()
    assert made["status"] == "PENDING"
    call = receiver.wait_count(1)[0]
    assert call.path == "/webhooks/whatsapp/aurora/"
    assert call.value["event"] == "APPROVED"
    assert call.value["message_template_id"] == int(made["id"])
    assert call.value["message_template_language"] == "pt-BR"
    assert status_of(world, made["id"]) == "APPROVED"


def test_a_held_review_waits_for_a_decision(world: World, receiver: Receiver) -> None:
    reviews(world, outcome="hold")
    made = create(world).json()
    time.sleep(0.1)
    assert status_of(world, made["id"]) == "PENDING"
    world.decide(made["id"], "reject", reason="PROMOTIONAL")
    value = values(receiver, 1)[0]
    assert (value["event"], value["reason"], value["rejection_info"]["reason"]) == (
        "REJECTED",
        "PROMOTIONAL",
        "PROMOTIONAL",
    )


def test_promotional_words_make_a_utility_template_marketing(world: World, receiver: Receiver) -> None:
    reviews(world, seconds=0)
    made = create(world, told(body("Aproveite nosso desconto de hoje!", 0))).json()
    # Beside the review's own notice; Meta promises no order between the two.
    [moved] = [value for value in values(receiver, 2) if "previous_category" in value]
    assert (moved["previous_category"], moved["new_category"]) == ("UTILITY", "MARKETING")
    assert world.graph("GET", f"{made['id']}?fields=category").json()["category"] == "MARKETING"


def test_the_same_name_and_language_is_refused(world: World) -> None:
    create(world)
    assert create(world).json()["error"]["error_subcode"] == 2388024
    assert create(world, told(language="en_US")).status_code == 200


def test_a_hundred_creations_an_hour(world: World) -> None:
    reviews(world, outcome="hold")
    for number in range(100):
        assert create(world, told(name=f"a{number}")).status_code == 200
    assert create(world, told(name="um_mais")).json()["error"]["code"] == 80007
    world.http.post("/control/clock", json={"advance_seconds": 3601})
    assert create(world, told(name="um_mais")).status_code == 200


def test_two_hundred_and_fifty_templates(world: World) -> None:
    for number in range(250):
        world.template(f"a{number}")
    assert create(world).json()["error"]["error_user_title"] == "Limit reached"


def test_the_list_has_pages_to_the_end(world: World) -> None:
    for number in range(5):
        world.template(f"a{number}")
    found, after = [], None
    for _ in range(3):
        query = {"limit": "2", "fields": "name,status"} | ({"after": after} if after else {})
        page = world.graph("GET", f"{WABA}/message_templates", params=query).json()
        found += [one["name"] for one in page["data"]]
        assert ("next" in page["paging"]) == (len(found) < 5)
        after = page["paging"]["cursors"]["after"]
    assert found == ["a4", "a3", "a2", "a1", "a0"]
    named = world.graph("GET", f"{WABA}/message_templates", params={"name": "a3"}).json()
    assert [one["name"] for one in named["data"]] == ["a3"]
    broken = world.graph("GET", f"{WABA}/message_templates", params={"after": "?"})
    assert broken.json()["error"]["code"] == 131059


def test_another_clinics_templates_are_out_of_sight(world: World) -> None:
    made = world.template()
    assert world.graph("GET", made["id"], token="sandbox-token-boreal").json()["error"]["code"] == 100
    path = f"{WABA}/message_templates"
    assert world.graph("GET", path, token="sandbox-token-boreal").json()["error"]["code"] == 200


def test_an_edit_goes_back_into_review(world: World) -> None:
    reviews(world, outcome="hold")
    made = world.template()
    assert world.graph("POST", made["id"], json={"components": [body("Até {{1}}, então!")]}).json()["success"]
    assert status_of(world, made["id"]) == "PENDING"
    assert world.graph("POST", made["id"], json={"components": [body()]}).json()["error"]["error_subcode"] == 2388025


def test_deleted_by_name_or_in_one_language(world: World, receiver: Receiver) -> None:
    world.template()
    english = world.template(language="en_US")
    path = f"{WABA}/message_templates"
    assert world.graph("DELETE", path, params={"name": "lembrete", "hsm_id": english["id"]}).json()["success"]
    assert values(receiver, 1)[0]["event"] == "DELETED"
    assert [one["language"] for one in world.graph("GET", path).json()["data"]] == ["pt_BR"]
    assert world.graph("DELETE", path, params={"name": "lembrete"}).json()["success"]
    assert world.graph("DELETE", path, params={"name": "lembrete"}).status_code == 400


# Decisions ------------------------------------------------------------------------------------------
def send(world: World, *parameters: Json, name: str = "lembrete", language: str = "pt_BR", **more: Any) -> Any:
    components = [{"type": "body", "parameters": list(parameters)}] if parameters else []
    template = {"name": name, "language": {"code": language}, "components": components + more.pop("extra", [])}
    return world.send(type="template", template=template)


def value_of(text: str, **more: str) -> Json:
    return {"type": "text", "text": text, **more}


def code_of(answer: Any) -> tuple[int, int]:
    return answer.status_code, answer.json()["error"]["code"]


def test_pauses_grow_and_end_by_themselves_then_the_template_is_disabled(world: World, receiver: Receiver) -> None:
    made = world.template()
    world.decide(made["id"], "pause")
    assert code_of(send(world, value_of("Dalva"))) == (400, 132015)
    world.http.post("/control/clock", json={"advance_seconds": 3 * 3600})
    assert send(world, value_of("Dalva")).status_code == 200
    world.decide(made["id"], "pause")
    world.decide(made["id"], "unpause")
    world.decide(made["id"], "pause")
    assert code_of(send(world, value_of("Dalva"))) == (400, 132016)
    told_by = [call.value for call in receiver.wait_for(lambda calls: sum("event" in c.value for c in calls) >= 5)]
    titles = [value["other_info"]["title"] for value in told_by if "event" in value]
    assert sorted(titles) == ["DISABLED", "FIRST_PAUSE", "SECOND_PAUSE", "UNPAUSE", "UNPAUSE"]


def test_quality_category_and_deletion_are_told(world: World, receiver: Receiver) -> None:
    made = world.template()
    for action, more in (
        ("quality", {"score": "YELLOW"}),
        ("announce_category", {"category": "MARKETING"}),
        ("recategorise", {"category": "MARKETING"}),
        ("tell_components", {}),
        ("flag_deletion", {}),
    ):
        world.decide(made["id"], action, **more)
    by_field = {call.body.split(b'"field":"')[1].split(b'"')[0]: call.value for call in receiver.wait_count(5)}
    assert by_field[b"message_template_quality_update"]["new_quality_score"] == "YELLOW"
    assert by_field[b"template_category_update"]["new_category"] == "MARKETING"
    assert by_field[b"message_template_components_update"]["message_template_element"].startswith("Olá")
    assert by_field[b"message_template_status_update"]["reason"] is None


# Sending --------------------------------------------------------------------------------------------
def test_only_what_is_there_and_approved_can_be_sent(world: World) -> None:
    assert code_of(send(world, value_of("Dalva"))) == (404, 132001)
    world.template(status="PENDING")
    world.template("certo")
    assert code_of(send(world, value_of("Dalva"))) == (404, 132001)
    assert code_of(send(world, value_of("Dalva"), name="certo", language="pt")) == (404, 132001)
    assert send(world, value_of("Dalva"), name="certo").status_code == 200


def test_values_must_be_as_many_and_of_the_same_form(world: World) -> None:
    world.template()
    named = {"body_text_named_params": [{"param_name": "nome", "example": "Dalva"}]}
    part_named = part("BODY", text="Olá, {{nome}}, até já!", example=named)
    world.template("por_nome", components=[part_named], parameter_format="NAMED")
    assert code_of(send(world)) == (400, 132000)
    assert code_of(send(world, value_of("a"), value_of("b"))) == (400, 132000)
    assert code_of(send(world, value_of("Dalva", parameter_name="nome"))) == (400, 132012)
    assert code_of(send(world, value_of("Dalva"), name="por_nome")) == (400, 132012)
    assert code_of(send(world, value_of("Dalva", parameter_name="quem"), name="por_nome")) == (400, 132012)
    assert send(world, value_of("Dalva", parameter_name="nome"), name="por_nome").status_code == 200
    assert world.chat()[-1]["body"] == "Olá, Dalva, até já!"


def button(sub_type: str, index: int, value: Json) -> Json:
    return {"type": "button", "sub_type": sub_type, "index": str(index), "parameters": [value]}


def test_the_phone_shows_header_footer_and_buttons_and_a_press_brings_the_payload(
    world: World, receiver: Receiver
) -> None:
    parts = [
        body(),
        header("Olá {{1}}", 1),
        part("FOOTER", text="Clínica Aurora"),
        part(
            "BUTTONS",
            buttons=[
                {"type": "QUICK_REPLY", "text": "Confirmar"},
                {"type": "QUICK_REPLY", "text": "Cancelar"},
                {"type": "URL", "text": "Mapa", "url": "https://x.example/{{1}}", "example": ["https://x.example/a"]},
            ],
        ),
    ]
    world.template("completo", components=parts)
    head = {"type": "header", "parameters": [value_of("Dalva")]}
    press = button("quick_reply", 0, {"type": "payload", "payload": "ok:1"})
    place = button("url", 2, value_of("rua"))
    assert code_of(send(world, value_of("a"), name="completo", extra=[press, place])) == (400, 132000)
    assert code_of(send(world, value_of("a"), name="completo", extra=[head, press])) == (400, 131008)
    wrong = button("url", 0, value_of("rua"))
    assert code_of(send(world, value_of("a"), name="completo", extra=[head, wrong, place])) == (400, 132012)
    assert send(world, value_of("Dalva"), name="completo", extra=[head, press, place]).status_code == 200
    shown = world.chat()[-1]
    assert (shown["header"], shown["body"], shown["footer"]) == (
        "Olá Dalva",
        "Olá, Dalva, tudo bem?",
        "Clínica Aurora",
    )
    assert [one["id"] for one in shown["buttons"]] == ["ok:1", "Cancelar", "Mapa"]
    assert shown["buttons"][2]["url"] == "https://x.example/rua"
    world.write(DALVA, button="ok:1")
    calls = receiver.wait_for(lambda calls: any("messages" in call.value for call in calls))
    pressed = next(call.value["messages"][0] for call in calls if "messages" in call.value)
    assert pressed["button"] == {"payload": "ok:1", "text": "Confirmar"}


def test_a_refusal_says_it_in_words_for_people() -> None:
    with pytest.raises(TemplateRefusedError) as caught:
        check_template(told(body("x" * 1025, 0)))
    assert b"error_user_msg" in caught.value.response().body
