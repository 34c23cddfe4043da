"""Conversations and messages, as a program of the clinic reads and sends them."""

import ast
import json
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import translation

import whatsapp
from atendeai.common import clock
from atendeai.testing.factories import MONDAY, make_contact, make_conversation, make_number
from atendeai.testing.people import Aurora, make_aurora
from atendeai.testing.programs import API, Program
from whatsapp import statuses
from whatsapp.api import limit_words
from whatsapp.cloud_api import KINDS, from_json, to_json
from whatsapp.cloud_api.content import reading
from whatsapp.models import ApiRepeat, Contact, Conversation, Message, MessageEvent, Number
from whatsapp.starter_templates import Purpose
from whatsapp.tests.contents import ONE_OF_EACH
from whatsapp.tests.templating import keep_starter

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _monday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: MONDAY)


@pytest.fixture
def program(aurora: Aurora) -> Program:
    return Program(aurora.clinic)


@pytest.fixture
def chat(aurora: Aurora) -> Conversation:
    """Dalva wrote a minute ago."""
    contact = make_contact(aurora.clinic, "5511987650001", name="Dalva", patient=aurora.dalva)
    return make_conversation(aurora.number, contact, last_inbound_at=MONDAY - timedelta(minutes=1), unread=1)


def test_a_conversation(aurora: Aurora, program: Program, chat: Conversation) -> None:
    _status, body = program.get("/conversations/")
    assert body["results"] == [
        {
            "id": chat.pk,
            "contact": {
                "id": chat.contact_id,
                "name": "Dalva",
                "phone": "+5511987650001",
                "user_id": None,
                "patient": {"id": aurora.dalva.pk, "name": "Dalva Nogueira"},
            },
            "number": {"id": aurora.number.pk, "display_number": "+55 11 3000-0000"},
            "handler": "bot",
            "unread": 1,
            "last_inbound_at": "2026-11-23T10:59:00Z",
            "last_message_at": None,
        }
    ]


def test_somebody_without_a_number(aurora: Aurora, program: Program) -> None:
    make_conversation(aurora.number, make_contact(aurora.clinic, user_id="BR.9900000000000001"))
    contact = program.get("/conversations/")[1]["results"][0]["contact"]
    assert (contact["phone"], contact["user_id"], contact["patient"]) == (None, "BR.9900000000000001", None)


@pytest.mark.parametrize("to", ["+5511987650001", "(11) 8765-0001"])
def test_a_text_is_queued_in_the_chat_that_is_there(program: Program, chat: Conversation, to: str) -> None:
    status, body = program.post("/messages/", {"to": to, "body": "Seu exame chegou."})
    assert (status, body["state"], body["author"], body["body"]) == (201, "queued", "api", "Seu exame chegou.")
    assert body["conversation"] == chat.pk
    row = Message.objects.get(pk=body["id"])
    assert (row.type, row.direction) == ("text", "out")


def test_a_text_into_a_conversation(program: Program, chat: Conversation) -> None:
    status, body = program.post("/messages/", {"conversation": chat.pk, "body": "Oi"})
    assert (status, body["conversation"]) == (201, chat.pk)


def test_the_form_whatsapp_knows_is_kept(aurora: Aurora, program: Program) -> None:
    contact = make_contact(aurora.clinic, "551187650008")
    make_conversation(aurora.number, contact, last_inbound_at=MONDAY)
    assert program.post("/messages/", {"to": "+5511987650008", "body": "Oi"})[0] == 201
    contact.refresh_from_db()
    assert contact.wa_id == "551187650008"


def test_to_somebody_silent_only_a_template(aurora: Aurora, program: Program) -> None:
    status, body = program.post("/messages/", {"to": "+5511987650002", "body": "Oi"})
    assert (status, body["error"]["code"], body["templates"]) == (409, "outside_window", [])
    assert (Contact.objects.count(), Message.objects.count()) == (0, 0)
    template = {"name": "lembrete", "parameters": ["amanhã", "9h"]}
    status, body = program.post("/messages/", {"to": "+5511987650002", "type": "template", "template": template})
    assert (status, body["type"], body["body"]) == (201, "template", "[lembrete] amanhã · 9h")


def test_outside_the_window_the_templates_that_fit_are_named(
    aurora: Aurora, program: Program, chat: Conversation
) -> None:
    Conversation.objects.update(last_inbound_at=MONDAY - timedelta(hours=24))
    keep_starter(aurora.number, Purpose.SATISFACTION)
    keep_starter(aurora.number, Purpose.REMINDER, status="PAUSED")
    status, body = program.post("/messages/", {"conversation": chat.pk, "body": "Oi"})
    (template,) = body["templates"]
    assert (status, template["name"], template["language"]) == (409, "atendeai_satisfacao", "pt_BR")
    assert template["variables"] == ["paciente", "clinica", "profissional"]
    named = [{"name": name, "text": "x"} for name in template["variables"]]
    told = {"name": template["name"], "parameters": named}
    sent = {"conversation": chat.pk, "type": "template", "template": told}
    status, body = program.post("/messages/", sent)
    assert status == 201
    assert body["body"].startswith("Olá, x! Como foi o seu atendimento na x com x?")
    stopped = {**sent, "template": {"name": "atendeai_lembrete", "parameters": named}}
    status, body = program.post("/messages/", stopped)
    assert (status, body["error"]["code"]) == (409, "template_refused")


def test_the_window_closes_after_24_hours(program: Program, chat: Conversation) -> None:
    Conversation.objects.update(last_inbound_at=MONDAY - timedelta(hours=24))
    assert program.post("/messages/", {"conversation": chat.pk, "body": "Oi"})[0] == 409
    Conversation.objects.update(last_inbound_at=MONDAY - timedelta(hours=24) + timedelta(seconds=1))
    assert program.post("/messages/", {"conversation": chat.pk, "body": "Oi"})[0] == 201


@pytest.mark.parametrize("numbers", [0, 2])
def test_a_clinic_without_one_clear_number(aurora: Aurora, program: Program, numbers: int) -> None:
    Number.objects.update(is_active=False)
    for _ in range(numbers):
        make_number(aurora.clinic)
    status, body = program.post("/messages/", {"to": "+5511987650001", "body": "Oi"})
    assert (status, body["error"]["code"]) == (422, "not_configured")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"body": "Oi"}, "to"),
        ({"to": "+5511987650001", "conversation": "CHAT", "body": "Oi"}, "to"),
        ({"to": "12", "body": "Oi"}, "to"),
        ({"to": "+5511987650001"}, "body"),
        ({"to": "+5511987650001", "body": ""}, "body"),
        ({"to": "+5511987650001", "body": " \n"}, "body"),
        ({"to": "+5511987650001", "body": "x" * 4097}, "body"),
        ({"to": "+5511987650001", "body": "a\u0000"}, "body"),
        ({"to": "+5511987650001", "body": "Oi", "type": "fax"}, "type"),
        ({"to": "+5511987650001", "body": "Oi", "type": "audio"}, "body"),
        ({"to": "+5511987650001", "type": "audio"}, "audio"),
        ({"to": "+5511987650001", "type": "audio", "audio": {"id": "1", "caption": "c"}}, "audio"),
        ({"to": "+5511987650001", "body": "Oi", "text": {"body": "Oi"}}, "body"),
        ({"to": "+5511987650001", "bodi": "Oi"}, "bodi"),
        ({"conversation": "CHAT", "body": "Oi", "reply_to": "w" * 257}, "reply_to"),
        (
            {
                "conversation": "CHAT",
                "type": "reaction",
                "reaction": {"message_id": "w", "emoji": "👍"},
                "reply_to": "w",
            },
            "reply_to",
        ),
        ({"to": "+5511987650001", "type": "template"}, "template"),
        ({"to": "+5511987650001", "type": "template", "template": {"name": ""}}, "template"),
        ({"conversation": 0, "body": "Oi"}, "conversation"),
    ],
)
def test_a_wrong_message_is_named(program: Program, chat: Conversation, body: dict[str, Any], field: str) -> None:
    told = {name: chat.pk if value == "CHAT" else value for name, value in body.items()}
    status, answer = program.post("/messages/", told)
    assert (status, list(answer["error"]["fields"])) == (400, [field])


def test_another_clinics_conversation_does_not_exist(program: Program) -> None:
    boreal = make_aurora("boreal", "100000000000002")
    theirs = make_conversation(boreal.number, last_inbound_at=MONDAY)
    status, body = program.post("/messages/", {"conversation": theirs.pk, "body": "Oi"})
    assert (status, list(body["error"]["fields"])) == (400, ["conversation"])


def test_how_far_a_message_came(program: Program, chat: Conversation) -> None:
    _status, body = program.post("/messages/", {"conversation": chat.pk, "body": "Oi"})
    message = Message.objects.get(pk=body["id"])
    report = statuses.Report("wamid.1", message.pk, "delivered", MONDAY + timedelta(seconds=2))
    statuses.apply_status(clinic_id=message.clinic_id, report=report)
    _status, body = program.get(f"/messages/{message.pk}/")
    assert (body["state"], body["delivered_at"]) == ("delivered", "2026-11-23T11:00:02Z")
    assert body["history"] == [
        {"state": "queued", "at": "2026-11-23T11:00:00Z", "error_code": ""},
        {"state": "delivered", "at": "2026-11-23T11:00:02Z", "error_code": ""},
    ]


def test_why_a_message_failed(program: Program, chat: Conversation) -> None:
    _status, body = program.post("/messages/", {"conversation": chat.pk, "body": "Oi"})
    Message.objects.update(state="failed", error_code="131047", error_detail="Re-engagement message")
    _status, body = program.get(f"/messages/{body['id']}/")
    assert body["error"] == {"code": "131047", "detail": "Re-engagement message"}
    assert body["history"][-1] == {"state": "failed", "at": None, "error_code": "131047"}
    assert not MessageEvent.objects.exists()


@pytest.mark.parametrize("kind", ONE_OF_EACH)
def test_every_kind_is_queued_as_it_was_told(program: Program, chat: Conversation, kind: str) -> None:
    told = {name: value for name, value in to_json(ONE_OF_EACH[kind]).items() if name != "kind"}
    status, body = program.post("/messages/", {"conversation": chat.pk, "type": kind, kind: told})
    assert (status, body["type"], body["state"]) == (201, kind, "queued")
    assert from_json(json.loads(Message.objects.get(pk=body["id"]).content)) == ONE_OF_EACH[kind]


def test_the_field_that_breaks_a_limit_is_named(program: Program, chat: Conversation) -> None:
    buttons = {"body": "b", "buttons": [{"id": "1", "title": "x" * 21}]}
    status, answer = program.post("/messages/", {"conversation": chat.pk, "type": "buttons", "buttons": buttons})
    assert status == 400
    assert answer["error"]["fields"] == {"buttons": {"buttons": {"title": ["tem mais de 20 caracteres"]}}}
    assert not Message.objects.exists()


def test_every_limit_has_its_words_in_the_readers_language() -> None:
    """Each text that a ContentError is made with, read from the source."""
    said: set[str] = set(reading._WORDS.values())
    for path in Path(whatsapp.__file__).parent.rglob("*.py"):
        if "tests" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("ContentError"):
                words = node.args[1]
                if isinstance(words, ast.Constant):
                    said.add(str(words.value))
                else:
                    assert ast.unparse(words) == "_WORDS[hint]", f"{path}: no constant"
    assert said == limit_words.WORDS
    with translation.override("pt-br"):
        assert [words for words in said if translation.gettext(words) == words] == []


BUTTONS_OF_META = {
    "type": "button",
    "body": {"text": "Confirma?"},
    "footer": {"text": "Clínica Aurora"},
    "action": {"buttons": [{"type": "reply", "reply": {"id": "s", "title": "Sim"}}]},
}


def test_what_can_be_pressed_in_metas_own_shape(program: Program, chat: Conversation) -> None:
    told = {"conversation": chat.pk, "type": "interactive", "interactive": BUTTONS_OF_META}
    status, body = program.post("/messages/", told)
    assert (status, body["type"], body["body"]) == (201, "buttons", "Confirma?")
    stored = from_json(json.loads(Message.objects.get().content))
    assert stored.payload()["interactive"] == BUTTONS_OF_META


@pytest.mark.parametrize(
    ("interactive", "fields"),
    [
        ({"type": "carousel"}, {"type": ["deve ser um destes: "]}),
        (
            {**BUTTONS_OF_META, "action": {"buttons": [{"reply": {"id": "s"}}]}},
            {"buttons": {"title": ["está faltando"]}},
        ),
        ({**BUTTONS_OF_META, "colour": "red"}, {"colour": ["não é conhecido"]}),
        ("oi", {"message": ["deve ser um objeto para o tipo interactive"]}),
    ],
)
def test_metas_shape_is_checked_as_strictly(
    program: Program, chat: Conversation, interactive: Any, fields: dict[str, Any]
) -> None:
    told = {"conversation": chat.pk, "type": "interactive", "interactive": interactive}
    status, answer = program.post("/messages/", told)
    found = json.dumps(answer["error"]["fields"]["interactive"], ensure_ascii=False)
    assert status == 400
    assert found.startswith(json.dumps(fields, ensure_ascii=False).rstrip('"]}'))
    assert not Message.objects.exists()


def test_an_answer_in_context(program: Program, chat: Conversation) -> None:
    _status, body = program.post("/messages/", {"conversation": chat.pk, "body": "Oi", "reply_to": "wamid.asked"})
    assert (body["reply_to"], body["wamid"]) == ("wamid.asked", None)


def send_with_key(program: Program, key: str, body: dict[str, Any]) -> Any:
    return program.client.post(f"{API}/messages/", body, format="json", HTTP_IDEMPOTENCY_KEY=key)


def test_the_same_request_again_sends_nothing_and_is_answered_as_before(program: Program, chat: Conversation) -> None:
    body = {"conversation": chat.pk, "body": "Oi"}
    first = send_with_key(program, "pedido-1", body)
    Message.objects.update(state="sent")
    again = send_with_key(program, "pedido-1", {"body": "Oi", "conversation": chat.pk})
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert (first.headers.get("Idempotent-Replayed"), again.headers["Idempotent-Replayed"]) == (None, "true")
    assert Message.objects.count() == 1
    other = send_with_key(program, "pedido-2", body)
    assert other.json()["id"] != first.json()["id"]


def test_a_key_with_another_body_is_refused(program: Program, chat: Conversation) -> None:
    send_with_key(program, "pedido-1", {"conversation": chat.pk, "body": "Oi"})
    other = send_with_key(program, "pedido-1", {"conversation": chat.pk, "body": "Olá"})
    assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_key_reused")
    assert Message.objects.count() == 1


def test_a_refused_request_may_be_mended_under_its_key(program: Program, chat: Conversation) -> None:
    refused = send_with_key(program, "pedido-1", {"to": "+5511987650002", "body": "Oi"})
    assert refused.status_code == 409
    assert not ApiRepeat.objects.exists()
    assert send_with_key(program, "pedido-1", {"conversation": chat.pk, "body": "Oi"}).status_code == 201


def test_a_key_ends_after_a_day_and_is_forgotten(program: Program, chat: Conversation) -> None:
    body = {"conversation": chat.pk, "body": "Oi"}
    for key in ("pedido-1", "pedido-2"):
        send_with_key(program, key, body)
    ApiRepeat.objects.update(created_at=MONDAY - timedelta(hours=24))
    assert send_with_key(program, "pedido-1", body).headers.get("Idempotent-Replayed") is None
    assert Message.objects.count() == 3
    assert [row.key for row in ApiRepeat.objects.all()] == ["pedido-1"]


def test_clinics_do_not_share_keys(program: Program, chat: Conversation) -> None:
    boreal = make_aurora("boreal", "100000000000002")
    theirs = make_conversation(boreal.number, last_inbound_at=MONDAY)
    mine = send_with_key(program, "1", {"conversation": chat.pk, "body": "Oi"})
    other = send_with_key(Program(boreal.clinic), "1", {"conversation": theirs.pk, "body": "Oi"})
    assert (mine.status_code, other.status_code) == (201, 201)


@pytest.mark.parametrize("key", ["", "x" * 201, "açúcar"])
def test_a_key_that_cannot_be_one(program: Program, chat: Conversation, key: str) -> None:
    answer = send_with_key(program, key, {"conversation": chat.pk, "body": "Oi"})
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, ["Idempotency-Key"])


@pytest.mark.django_db(transaction=True)
def test_the_same_request_at_the_same_moment_sends_once(aurora: Aurora, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: MONDAY)
    chat = make_conversation(aurora.number, make_contact(aurora.clinic, "5511987650001"), last_inbound_at=MONDAY)
    key = Program(aurora.clinic).key
    answers: list[Any] = []
    start = threading.Barrier(8)

    def ask() -> None:
        program = Program(None)
        program.client.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
        start.wait()
        answers.append(send_with_key(program, "pedido-1", {"conversation": chat.pk, "body": "Oi"}).json()["id"])
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(answers), len(set(answers)), Message.objects.count()) == (8, 1, 1)


def test_the_schema_tells_every_kind_with_its_fields(program: Program) -> None:
    found = program.client.get("/api/schema/?format=json").json()["components"]["schemas"]
    schema = found["NewMessage"]["properties"]
    assert set(KINDS) <= set(schema)
    assert any(set(one.get("enum", ())) == {*KINDS, "interactive", "file"} for one in found.values())
    assert set(schema["image"]["properties"]) == {"id", "link", "caption"}
    assert schema["buttons"]["required"] == ["body", "buttons"]
    assert schema["buttons"]["properties"]["buttons"]["items"]["required"] == ["id", "title"]
    assert {"type": "string"} in schema["buttons"]["properties"]["header"]["oneOf"]
