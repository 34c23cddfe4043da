"""What a person does in a chat beside writing: quote, react, send place and card, ask for place; how it is shown."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from atendeai.common import clock
from atendeai.testing.factories import make_contact, make_conversation
from atendeai.testing.people import DALVA_PHONE, Aurora, make_aurora
from clinics.models import AuditEntry, Clinic
from whatsapp import outbox
from whatsapp.admin.bubbles import bubbles
from whatsapp.cloud_api import Image, from_json
from whatsapp.models import Author, Conversation, Handler, Message
from whatsapp.tests.contents import ONE_OF_EACH

pytestmark = pytest.mark.django_db


@pytest.fixture
def bruno(aurora: Aurora) -> Client:
    client = Client()
    client.force_login(aurora.receptionist)
    return client


@pytest.fixture
def chat(aurora: Aurora) -> Conversation:
    return make_conversation(aurora.number, make_contact(aurora.clinic, DALVA_PHONE), last_inbound_at=clock.now())


@pytest.fixture
def asked(chat: Conversation) -> Message:
    return said(chat)


def said(chat: Conversation, **fields: Any) -> Message:
    values: dict[str, Any] = {"body": "Que horas?", "wamid": "wamid.asked", "created_at": clock.now()} | fields
    return Message.objects.create(
        clinic=chat.clinic,
        conversation=chat,
        direction="in",
        author="patient",
        type="text",
        state="received",
        content="{}",
        **values,
    )


def at(name: str, chat: Conversation) -> str:
    return reverse(f"admin:whatsapp_conversation_{name}", args=[chat.pk])


def sent(chat: Conversation) -> dict[str, Any]:
    """The content of the last row that waits to be sent."""
    content: dict[str, Any] = json.loads(
        Message.objects.filter(conversation=chat, direction="out").latest("id").content
    )
    return content


def test_an_answer_quotes_the_message(bruno: Client, chat: Conversation, asked: Message) -> None:
    bruno.post(at("answer", chat), {"text": "Às 9h", "reply_to": asked.pk})
    answer = Message.objects.get(direction="out")
    assert (answer.context_wamid, answer.body) == ("wamid.asked", "Às 9h")
    shown = bubbles([asked, answer])[1]
    assert shown.quote is not None
    assert shown.quote.text == "Que horas?"


@pytest.mark.parametrize("gone", [{"wamid": None}, {"revoked_at": clock.now()}])
def test_what_whatsapp_no_longer_has_is_not_quoted(bruno: Client, chat: Conversation, gone: dict[str, Any]) -> None:
    message = said(chat, **gone)
    answer = bruno.post(at("answer", chat), {"text": "Às 9h", "reply_to": message.pk})
    assert answer.status_code == 422
    assert "Às 9h" in answer.content.decode()
    assert not Message.objects.filter(direction="out").exists()


def test_a_message_of_another_chat_is_none(bruno: Client, aurora: Aurora, chat: Conversation) -> None:
    theirs = make_aurora("boreal", "100000000000002")
    foreign = said(make_conversation(theirs.number, last_inbound_at=clock.now()))
    for target in (foreign.pk, 0, "x", "9" * 30):
        assert bruno.post(at("answer", chat), {"text": "Oi", "reply_to": target}).status_code == 422
        assert bruno.post(at("react", chat), {"message": target, "emoji": "👍"}).status_code == 422
    assert not Message.objects.filter(direction="out").exists()


def test_reacting_and_taking_it_away_leaves_the_assistant_in_the_chat(
    bruno: Client, chat: Conversation, asked: Message
) -> None:
    for emoji in ("👍", ""):
        assert bruno.post(at("react", chat), {"message": asked.pk, "emoji": emoji}).status_code == 204
        asked.refresh_from_db()
        assert asked.clinic_reaction == emoji
        assert sent(chat)["message_id"] == "wamid.asked"
    chat.refresh_from_db()
    assert chat.handler == Handler.BOT
    assert AuditEntry.objects.filter(action="message_reacted").count() == 2


def test_a_reaction_is_no_bubble_of_its_own_unless_it_failed(bruno: Client, chat: Conversation, asked: Message) -> None:
    bruno.post(at("react", chat), {"message": asked.pk, "emoji": "❤️"})
    page = bruno.get(at("change", chat)).content.decode()
    assert page.count('class="p-bubble ') == 1
    assert "❤️" in page
    Message.objects.filter(type="reaction").update(state="failed", error_code="131009")
    assert bruno.get(at("change", chat)).content.decode().count('class="p-bubble ') == 2


@pytest.mark.parametrize(
    ("emoji", "of_message", "of_chat", "words"),
    [
        ("ok", {}, {}, "um único emoji"),
        ("👍", {"created_at": clock.now() - timedelta(days=31)}, {}, "mais de 30 dias"),
        ("👍", {}, {"last_inbound_at": None}, "24 horas"),
    ],
)
def test_a_reaction_that_cannot_be(
    bruno: Client, chat: Conversation, asked: Message, emoji: str, of_message: Any, of_chat: Any, words: str
) -> None:
    Message.objects.update(**of_message) if of_message else None
    Conversation.objects.update(**of_chat) if of_chat else None
    answer = bruno.post(at("react", chat), {"message": asked.pk, "emoji": emoji})
    assert answer.status_code == 422
    assert words in answer.json()["refusal"]
    assert not Message.objects.filter(direction="out").exists()


def test_where_the_clinic_is(bruno: Client, aurora: Aurora, chat: Conversation) -> None:
    assert 'value="place"' not in bruno.get(at("change", chat)).content.decode()
    bruno.post(at("send", chat), {"what": "place"})
    assert not Message.objects.filter(direction="out").exists()
    Clinic.objects.update(address="Rua das Flores, 10", latitude=Decimal("-23.5614"), longitude=Decimal("-46.6559"))
    assert 'value="place"' in bruno.get(at("change", chat)).content.decode()
    bruno.post(at("send", chat), {"what": "place"})
    assert from_json(sent(chat)).payload()["location"] == {
        "latitude": -23.5614,
        "longitude": -46.6559,
        "name": aurora.clinic.name,
        "address": "Rua das Flores, 10",
    }
    chat.refresh_from_db()
    assert (chat.handler, chat.attendant) == (Handler.PERSON, aurora.receptionist)


def test_the_clinics_card_and_asking_for_the_place(bruno: Client, aurora: Aurora, chat: Conversation) -> None:
    bruno.post(at("send", chat), {"what": "card"})
    card = from_json(sent(chat)).payload()["contacts"][0]
    assert card["name"]["formatted_name"] == aurora.clinic.name
    assert card["phones"] == [{"phone": "+551130000000", "type": "WORK", "wa_id": "551130000000"}]
    bruno.post(at("send", chat), {"what": "ask_place"})
    assert sent(chat)["kind"] == "location_request"
    assert bruno.post(at("send", chat), {"what": "fax"}).status_code == 404


def test_nothing_is_sent_into_a_closed_window(bruno: Client, chat: Conversation) -> None:
    Conversation.objects.update(last_inbound_at=None)
    for what in ("card", "ask_place"):
        assert bruno.post(at("send", chat), {"what": what}).status_code == 302
    assert not Message.objects.filter(direction="out").exists()


def test_another_clinics_chat_is_not_found(bruno: Client) -> None:
    theirs = make_conversation(make_aurora("boreal", "100000000000002").number, last_inbound_at=clock.now())
    for name in ("react", "send", "typing"):
        assert bruno.post(at(name, theirs), {"what": "card"}).status_code == 404


def test_half_a_place_is_none(aurora: Aurora) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Clinic.objects.update(latitude=Decimal("-23.5"))


@pytest.mark.parametrize(
    ("kind", "choices"),
    [
        ("buttons", ("Sim", "Mudar")),
        ("list", ("08:00 — Dra. Lia", "09:00")),
        ("cta_url", ("Ver preparo",)),
        ("flow", ("Preencher",)),
        ("location_request", ("Enviar localização",)),
        ("contact_request", ("Compartilhar telefone",)),
    ],
)
def test_a_bubble_shows_what_can_be_tapped(chat: Conversation, kind: str, choices: tuple[str, ...]) -> None:
    message = outbox.queue(conversation=chat, content=ONE_OF_EACH[kind], author=Author.STAFF, now=clock.now())
    (bubble,) = bubbles([message])
    assert (bubble.choices, bool(bubble.text)) == (choices, True)


def test_a_bubble_shows_header_footer_and_what_it_is(chat: Conversation) -> None:
    from whatsapp.cloud_api import Buttons
    from whatsapp.tests.contents import SIM

    def shown(content: Any) -> Any:
        return bubbles([outbox.queue(conversation=chat, content=content, author=Author.STAFF, now=clock.now())])[0]

    framed = shown(Buttons("Confirma?", SIM, "Consulta", "Aurora"))
    assert (framed.heading, framed.footing) == ("Consulta", "Aurora")
    assert shown(Buttons("Confirma?", SIM, Image(id="1"))).heading == "Foto"
    assert shown(ONE_OF_EACH["contacts"]).note == "Cartão de contato"
    assert shown(ONE_OF_EACH["sticker"]).note == "Figurinha"
