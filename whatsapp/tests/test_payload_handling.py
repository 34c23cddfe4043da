"""Every known form of a delivery through the real path: webhook, inbox, chats, statuses, notices. What came of it?"""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from atendeai.testing import webhooks
from atendeai.testing.factories import make_contact, make_conversation, make_number
from atendeai.testing.people import make_aurora
from whatsapp import handling, inbox, notices, settling
from whatsapp.models import Author, Conversation, Delivery, DeliveryState, Direction, Item, Message, MessageState
from whatsapp.payloads import Incoming, unpack
from whatsapp.tests.payload_expectations import ACCOUNT, EXPECTED, NUMBER

PAYLOADS = Path(__file__).parent / "payloads"
# A few minutes after the payloads' time.
NOW = datetime(2025, 11, 23, 16, 5, tzinfo=UTC)


@pytest.fixture
def clinic(db: None, client: Client) -> Client:
    """The clinic of the payloads, whose assistant last said "wamid.ours" to Dalva; and another one with number 21."""
    aurora = make_aurora(phone_number_id=NUMBER)
    rows = type(aurora.number).objects.filter(pk=aurora.number.pk)
    rows.update(account_id=ACCOUNT, display_number="+55 11 3333-0001")
    make_number(aurora.clinic, "11")
    make_number(aurora.clinic, "12")
    make_number(make_aurora("boreal", "20").clinic, "21")
    chat = make_conversation(aurora.number, make_contact(aurora.clinic, "5511987650001", patient=aurora.dalva))
    say(chat, "wamid.ours", Direction.OUT)
    return client


def say(chat: Conversation, wamid: str, direction: str) -> None:
    is_ours = direction == Direction.OUT
    Message.objects.create(
        clinic_id=chat.clinic_id,
        conversation=chat,
        direction=direction,
        author=Author.BOT if is_ours else Author.PATIENT,
        type="text",
        content="{}",
        wamid=wamid,
        state=MessageState.SENDING if is_ours else MessageState.RECEIVED,
        created_at=NOW,
    )


def receive(client: Client, body: bytes) -> None:
    signature = webhooks.signature(body, settings.WHATSAPP_APP_SECRETS[0])
    answer = client.post(
        "/webhooks/whatsapp/", body, content_type="application/json", HTTP_X_HUB_SIGNATURE_256=signature
    )
    assert answer.status_code == 200
    inbox.unpack_some(now=NOW)
    for conversation in Conversation.objects.filter(wanted_at__isnull=False):
        handling.work(conversation.pk, now=NOW)
    settling.settle(now=NOW)
    while notices.work(now=NOW):
        pass


def outcome(item: Item) -> str:
    """`<state>[: <reason>][, <type> by <author>]`, with the message that the item became."""
    message = Message.objects.filter(item=item).exclude(author=Author.BOT).first()
    reason = f": {item.reason}" if item.reason else ""
    return f"{item.state}{reason}" + (f", {message.type} by {message.author}" if message else "")


@pytest.mark.parametrize("form", sorted(EXPECTED))
def test_what_comes_of_it(clinic: Client, form: str) -> None:
    pairs = zip(unpack(_body(form)).items, EXPECTED[form].items, strict=True)
    wanted = {item.key: expected for item, expected in pairs}
    for expected in wanted.values():
        _make_target(expected.says)
    receive(clinic, _body(form))
    assert [outcome(item) for item in Item.objects.order_by("id")] == [expected.does for expected in wanted.values()]
    assert Delivery.objects.get().state == DeliveryState.UNPACKED


def _body(form: str) -> bytes:
    return (PAYLOADS / f"{form}.json").read_bytes()


def _make_target(said: Incoming | None) -> None:
    """The message that an edit, a withdrawal or a reaction speaks of."""
    target = said and (said.target_id or (said.reaction and said.reaction.message_id))
    if target and not Message.objects.filter(wamid=target).exists():
        say(Conversation.objects.get(), target, Direction.IN)


def test_there_are_at_least_ninety_forms() -> None:
    assert len(EXPECTED) >= 90
