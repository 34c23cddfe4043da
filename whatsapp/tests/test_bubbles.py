"""Every kind that can come stands in the chat in words a receptionist understands."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import translation

from atendeai.testing.factories import MONDAY, make_conversation
from atendeai.testing.people import Aurora
from whatsapp.admin import inbox
from whatsapp.admin.bubbles import Bubble
from whatsapp.models import Author, Conversation, Direction, Message, MessageState
from whatsapp.payloads import incoming


@pytest.fixture
def chat(aurora: Aurora) -> Conversation:
    return make_conversation(aurora.number)


def add(chat: Conversation, content: dict[str, Any], **fields: Any) -> Message:
    """A message as arrivals would store it."""
    said = incoming(content)
    values = {
        "direction": Direction.IN,
        "author": Author.PATIENT,
        "state": MessageState.RECEIVED,
        "type": said.type,
        "body": said.text,
        "context_wamid": said.context_id,
        "created_at": MONDAY,
        "content": json.dumps(content),
        **fields,
    }
    return Message.objects.create(clinic_id=chat.clinic_id, conversation=chat, **values)


def shown(chat: Conversation) -> list[Bubble]:
    with translation.override("pt-br"):
        bubbles, _ = inbox.page_of(chat)
    return bubbles


@pytest.mark.parametrize(
    ("content", "note", "text"),
    [
        ({"type": "text", "text": {"body": "oi"}}, "", "oi"),
        ({"type": "image", "image": {"id": "1", "caption": "exame"}}, "Foto", "exame"),
        ({"type": "audio", "audio": {"id": "1"}}, "Mensagem de voz", ""),
        ({"type": "location", "location": {"latitude": -23.5, "longitude": -46.6}}, "Localização", "-23.5, -46.6"),
        ({"type": "location", "location": {"name": "Casa", "address": "Rua A, 1"}}, "Localização", "Casa\nRua A, 1"),
        (
            {"type": "contacts", "contacts": [{"name": {"formatted_name": "Bia"}, "phones": [{"phone": "+55 11 9"}]}]},
            "Cartão de contato",
            "Bia · +55 11 9",
        ),
        (
            {"type": "contacts", "contacts": [{"origin": "contact_request", "phones": [{"wa_id": "5511987650001"}]}]},
            "Telefone informado pelo WhatsApp",
            "5511987650001",
        ),
        ({"type": "button", "button": {"payload": "x", "text": "Confirmar"}}, "", "Confirmar"),
        (
            {
                "type": "interactive",
                "interactive": {"type": "list_reply", "list_reply": {"id": "1", "title": "Retorno"}},
            },
            "",
            "Retorno",
        ),
        (
            {
                "type": "interactive",
                "interactive": {
                    "type": "nfm_reply",
                    "nfm_reply": {"response_json": '{"flow_token": "t", "convênio": "Unimed", "idade": 41}'},
                },
            },
            "Formulário preenchido",
            "convênio: Unimed\nidade: 41",
        ),
        (
            {
                "type": "interactive",
                "interactive": {"type": "call_permission_reply", "call_permission_reply": {"response": "accept"}},
            },
            "Permitiu que a clínica ligue",
            "",
        ),
        ({"type": "interactive"}, "Resposta que o WhatsApp não repassou", ""),
        (
            {
                "type": "order",
                "order": {"text": "por favor", "product_items": [{"product_retailer_id": "A", "quantity": 2}]},
            },
            "Pedido",
            "por favor\n2 × A",
        ),
        (
            {"type": "unsupported", "unsupported": {"type": "poll"}},
            "Tipo de mensagem que o WhatsApp não repassa: enquete",
            "",
        ),
        (
            {"type": "unsupported", "unsupported": {"type": "new"}},
            "Tipo de mensagem que o WhatsApp não repassa: new",
            "",
        ),
        ({"type": "hologram", "hologram": {}}, "Mensagem de outro tipo", ""),
    ],
)
def test_each_kind(chat: Conversation, content: dict[str, Any], note: str, text: str) -> None:
    add(chat, content)
    (bubble,) = shown(chat)
    assert (bubble.note, bubble.text, bubble.line) == (note, text, "")


def test_a_line_about_the_person_hides_the_provider_s_english(chat: Conversation) -> None:
    add(chat, {"type": "system", "system": {"type": "user_changed_number", "body": "User A changed from 1 to 2"}})
    add(chat, {"type": "request_welcome"})
    assert [bubble.line for bubble in shown(chat)] == [
        "A pessoa trocou de número no WhatsApp.",
        "A pessoa abriu a conversa.",
    ]


def test_what_was_taken_back_is_shown_nowhere(chat: Conversation) -> None:
    secret = {"type": "text", "text": {"body": "segredo"}}
    add(chat, secret, wamid="w1", revoked_at=MONDAY, former_body="antes")
    add(chat, {"type": "text", "text": {"body": "oi"}, "context": {"id": "w1"}})
    first, second = shown(chat)
    assert (first.note, first.text, first.former) == ("Apagada por quem enviou", "", "")
    assert second.quote is not None
    assert second.quote.text == "Apagada por quem enviou"
    Message.objects.filter(wamid=None).delete()
    listed = inbox.conversations(chat.clinic, "all", "").get()
    assert listed.last_body == ""


def test_an_edit_shows_both(chat: Conversation) -> None:
    add(chat, {"type": "text", "text": {"body": "x"}}, body="quarta", former_body="terça", edited_at=MONDAY)
    (bubble,) = shown(chat)
    assert (bubble.text, bubble.former, bubble.is_edited) == ("quarta", "terça", True)


def test_a_quote_of_a_message_far_above(chat: Conversation) -> None:
    add(chat, {"kind": "text"}, wamid="w.old", body="Posso confirmar?", author=Author.BOT, **OUT)
    for number in range(45):
        add(chat, {"type": "text", "text": {"body": str(number)}})
    add(chat, {"type": "text", "text": {"body": "sim"}, "context": {"id": "w.old"}})
    quote = shown(chat)[-1].quote
    assert quote is not None
    assert (quote.author, quote.text) == ("assistente", "Posso confirmar?")


def test_where_somebody_comes_from(chat: Conversation) -> None:
    add(chat, {"type": "text", "text": {"body": "oi"}, "referral": {"source_type": "ad", "headline": "Check-up"}})
    add(chat, {"type": "text", "text": {"body": "oi"}, "context": {"frequently_forwarded": True}})
    assert [bubble.origin for bubble in shown(chat)] == ["Veio do anúncio: Check-up", "Encaminhada muitas vezes"]


def test_reactions_of_both_sides(chat: Conversation) -> None:
    add(chat, {"type": "text", "text": {"body": "oi"}}, patient_reaction="👍", clinic_reaction="❤️")
    assert shown(chat)[0].reactions == ("👍", "❤️")


OUT: dict[str, Any] = {"direction": Direction.OUT, "state": MessageState.SENT}


def test_the_words_of_the_telephone_have_their_author(chat: Conversation) -> None:
    add(chat, {"type": "image", "image": {"caption": "a sala é esta"}}, author=Author.PHONE, **OUT)
    (bubble,) = shown(chat)
    assert (bubble.author, bubble.note, bubble.text, bubble.is_ours) == (
        "equipe, pelo celular",
        "Foto",
        "a sala é esta",
        True,
    )


def test_the_past_stands_above_by_its_time_and_pages_through(chat: Conversation) -> None:
    for number in range(50):
        add(chat, {"type": "text", "text": {"body": f"live {number}"}})
    for days in (1, 3, 2):
        past = {"created_at": MONDAY - timedelta(days=days), "is_past": True}
        add(chat, {"type": "text", "text": {"body": f"{days} days"}}, **past)
    newest, older = inbox.page_of(chat)
    assert newest[-1].text == "live 49"
    assert older is not None
    rest, end = inbox.page_of(chat, older)
    assert [bubble.text for bubble in rest] == ["3 days", "2 days", "1 days", *(f"live {n}" for n in range(10))]
    assert end is None
    above, end = inbox.page_of(chat, rest[1].id)
    assert ([bubble.text for bubble in above], end) == (["3 days"], None)
