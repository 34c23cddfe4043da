"""Conversations and messages, as a program of the clinic reads and sends them."""

from datetime import timedelta
from typing import Any

import pytest

from atendeai.common import clock
from atendeai.testing.factories import MONDAY, make_contact, make_conversation, make_number
from atendeai.testing.people import Aurora, make_aurora
from atendeai.testing.programs import Program
from whatsapp import statuses
from whatsapp.models import Contact, Conversation, Message, MessageEvent, Number

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
    assert (status, body["error"]["code"]) == (422, "outside_window")
    assert (Contact.objects.count(), Message.objects.count()) == (0, 0)
    template = {"name": "lembrete", "parameters": ["amanhã", "9h"]}
    status, body = program.post("/messages/", {"to": "+5511987650002", "type": "template", "template": template})
    assert (status, body["type"], body["body"]) == (201, "template", "[lembrete] amanhã · 9h")


def test_the_window_closes_after_24_hours(program: Program, chat: Conversation) -> None:
    Conversation.objects.update(last_inbound_at=MONDAY - timedelta(hours=24))
    assert program.post("/messages/", {"conversation": chat.pk, "body": "Oi"})[0] == 422
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
        ({"to": "+5511987650001", "body": "Oi", "type": "audio"}, "type"),
        ({"to": "+5511987650001", "body": "Oi", "type": "template"}, "template"),
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
