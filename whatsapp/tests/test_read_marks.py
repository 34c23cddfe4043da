"""Blue ticks and "typing…": when a call is made, when never, and that nobody waits for it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from atendeai.common import clock
from atendeai.testing import webhooks
from atendeai.testing.factories import MONDAY, make_contact, make_conversation
from atendeai.testing.people import DALVA_PHONE, Aurora
from atendeai.testing.simulator import Simulator
from whatsapp import attending, handling, inbox, read_marks
from whatsapp.models import Conversation, Message, Number

pytestmark = pytest.mark.django_db
NOW = MONDAY


@pytest.fixture
def chat(aurora: Aurora) -> Conversation:
    return make_conversation(aurora.number, make_contact(aurora.clinic, DALVA_PHONE), last_inbound_at=NOW)


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hints that were given."""
    given: list[str] = []
    monkeypatch.setattr(read_marks, "wake_after_commit", lambda task, **_ids: given.append(task))
    return given


def said(chat: Conversation, meta: Simulator, **fields: Any) -> Message:
    """Dalva writes: at the simulator, and stored here."""
    wamid = meta.control("POST", f"patients/{DALVA_PHONE}/messages", {"to": "aurora", "text": "oi"})["id"]
    values: dict[str, Any] = {"author": "patient", "type": "text", "body": "oi", "created_at": NOW} | fields
    return Message.objects.create(
        clinic=chat.clinic,
        conversation=chat,
        direction="in",
        state="received",
        content="{}",
        wamid=wamid,
        **values,
    )


def ticks(meta: Simulator) -> list[str]:
    return [one["state"] for one in meta.chat(DALVA_PHONE) if one["direction"] == "in"]


def test_one_call_for_the_newest_marks_all_before_it(chat: Conversation, meta: Simulator) -> None:
    said(chat, meta)
    newest = said(chat, meta)
    assert read_marks.mark(chat.pk, now=NOW)
    assert ticks(meta) == ["read", "read"]
    assert not read_marks.mark(chat.pk, now=NOW)
    chat.refresh_from_db()
    assert chat.read_wamid == newest.wamid
    said(chat, meta)
    assert read_marks.mark(chat.pk, now=NOW)


def test_nothing_older_than_thirty_days(chat: Conversation, meta: Simulator) -> None:
    said(chat, meta, created_at=NOW - timedelta(days=30, seconds=1))
    assert not read_marks.mark(chat.pk, now=NOW)
    assert read_marks.mark(chat.pk, now=NOW - timedelta(seconds=2))


@pytest.mark.parametrize(
    ("of_number", "of_chat"),
    [
        ({"marks_read": False}, {}),
        ({"is_active": False}, {}),
        ({"blocked_code": "190"}, {}),
        ({}, {"standby_since": NOW}),
    ],
)
def test_never(chat: Conversation, meta: Simulator, of_number: dict[str, Any], of_chat: dict[str, Any]) -> None:
    said(chat, meta)
    Number.objects.filter(pk=chat.number_id).update(**of_number) if of_number else None
    Conversation.objects.filter(pk=chat.pk).update(**of_chat) if of_chat else None
    assert not read_marks.mark(chat.pk, now=NOW)
    assert not read_marks.mark(chat.pk, now=NOW, typing=True)
    assert ticks(meta) == ["sent"]


def test_what_is_no_message_of_the_patient_is_not_marked(chat: Conversation, meta: Simulator) -> None:
    said(chat, meta, author="system")
    said(chat, meta, is_past=True)
    assert not read_marks.mark(chat.pk, now=NOW)


def test_typing_is_shown_for_a_marked_message_too(chat: Conversation, meta: Simulator) -> None:
    said(chat, meta)
    assert read_marks.mark(chat.pk, now=NOW)
    assert read_marks.mark(chat.pk, now=NOW, typing=True)
    state = meta_state(meta)
    assert state["chat"]["typing_seconds"] > 0


def meta_state(meta: Simulator) -> Any:
    import requests

    return requests.get(f"{meta.url}/phone/state?patient={DALVA_PHONE}&with=aurora", timeout=10).json()


def test_a_failure_is_counted_and_nothing_else(chat: Conversation, meta: Simulator) -> None:
    said(chat, meta)
    meta.fault(target="graph", operation="mark_read", kind="status", status=401, code=190)
    assert read_marks.mark(chat.pk, now=NOW)
    chat.number.refresh_from_db()
    assert (chat.number.blocked_code, ticks(meta)) == ("", ["sent"])


def test_typing_is_asked_for_once_in_twenty_seconds(chat: Conversation, woken: list[str]) -> None:
    assert read_marks.want_typing(conversation=chat, now=NOW)
    assert not read_marks.want_typing(conversation=chat, now=NOW + timedelta(seconds=19))
    assert read_marks.want_typing(conversation=chat, now=NOW + timedelta(seconds=20))
    assert woken == ["whatsapp.show_typing"] * 2


def test_opening_a_chat_marks_it_once_and_typing_is_told(aurora: Aurora, chat: Conversation, woken: list[str]) -> None:
    bruno = Client()
    bruno.force_login(aurora.receptionist)
    Conversation.objects.update(unread=2, last_inbound_at=clock.now())
    page = reverse("admin:whatsapp_conversation_change", args=[chat.pk])
    bruno.get(page)
    bruno.get(page)
    assert woken == ["whatsapp.mark_read"]
    typing = reverse("admin:whatsapp_conversation_typing", args=[chat.pk])
    assert [bruno.post(typing).status_code, bruno.post(typing).status_code] == [204, 204]
    assert woken == ["whatsapp.mark_read", "whatsapp.show_typing"]
    Conversation.objects.update(last_inbound_at=None, typing_at=None)
    bruno.post(typing)
    assert len(woken) == 2


def test_an_answer_of_the_assistant_wants_it_too(
    aurora: Aurora, meta: Simulator, chat: Conversation, woken: list[str]
) -> None:
    message = webhooks.text_message(DALVA_PHONE, "oi", timestamp=int(NOW.timestamp()))
    inbox.store(body=webhooks.body(webhooks.change("100000000000001", messages=[message])), signed_by=None)
    inbox.unpack_some(now=NOW)
    handling.work(chat.pk, now=NOW)
    assert woken == ["whatsapp.mark_read"]
    attending.answer(clinic=aurora.clinic, conversation=chat, text="Olá", by=aurora.receptionist, now=NOW)
    assert woken == ["whatsapp.mark_read"] * 2
