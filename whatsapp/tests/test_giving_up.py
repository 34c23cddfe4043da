"""How long is a message tried? Pauses on the row of 1, 2, 4 … seconds, as long as it makes sense; then «desistiu»."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from atendeai.testing.factories import MONDAY, make_appointment, make_contact, make_conversation
from atendeai.testing.pacing import forget_pace
from atendeai.testing.people import DALVA_PHONE, Aurora
from atendeai.testing.simulator import Simulator
from clinics import pending
from clinics.audit import Actor
from whatsapp import cloud_api, last_look, outbox
from whatsapp.admin.bubbles import bubbles
from whatsapp.models import Author, Conversation, Message, MessageState, Reminder, ReminderState

NOW = MONDAY
HOUR = timedelta(hours=1)


@pytest.fixture
def chat(aurora: Aurora, meta: Simulator, settings: Settings) -> Conversation:
    settings.CIRCUITS = {"whatsapp": (1000, 1), "google": (1000, 1)}
    meta.control("POST", f"patients/{DALVA_PHONE}/messages", {"to": "aurora", "text": "oi"})
    return make_conversation(aurora.number, make_contact(aurora.clinic, DALVA_PHONE), last_inbound_at=NOW)


def queue(chat: Conversation) -> Message:
    return outbox.queue(conversation=chat, content=cloud_api.Text("olá"), author=Author.BOT, now=NOW)


def deliver(chat: Conversation, at: datetime) -> None:
    forget_pace()
    Message.objects.filter(conversation=chat).update(not_before=None)
    outbox.deliver_one(chat.pk, now=at)


def is_down(meta: Simulator) -> None:
    meta.fault(target="graph", operation="messages", kind="status", status=503, code=131016, count=99)


def test_the_pauses_stand_on_the_row_and_no_worker_waits(chat: Conversation, meta: Simulator) -> None:
    is_down(meta)
    message = queue(chat)
    pauses = []
    for _ in range(10):
        began = timezone.now()
        deliver(chat, NOW)
        assert timezone.now() - began < timedelta(seconds=0.9)
        message.refresh_from_db()
        assert message.not_before is not None
        pauses.append((message.not_before - began).total_seconds())
    wished = [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]
    for pause, wish in zip(pauses, wished, strict=True):
        assert wish * 0.75 <= pause <= wish * 1.25 + 1, (pauses, wish)
    assert message.attempts == 10


def test_free_text_is_tried_until_the_window_closes_and_then_it_says_that_it_gave_up(
    chat: Conversation, meta: Simulator
) -> None:
    is_down(meta)
    message = queue(chat)
    deliver(chat, NOW)
    Conversation.objects.update(last_inbound_at=NOW - 20 * HOUR)
    deliver(chat, NOW + 3 * HOUR)
    message.refresh_from_db()
    assert (message.state, message.attempts) == (MessageState.QUEUED, 2)
    deliver(chat, NOW + 5 * HOUR)
    message.refresh_from_db()
    assert (message.state, message.error_code) == (MessageState.FAILED, cloud_api.OUTSIDE_WINDOW)
    assert message.gave_up_at == NOW + 5 * HOUR
    assert bubbles([message])[0].state_words == "Desistiu"
    shown = pending.get("messages").show(list(pending.get("messages").rows(chat.clinic_id)))
    assert shown[0].why.startswith("Desistiu: ")


def test_what_was_refused_at_once_did_not_give_up(chat: Conversation, meta: Simulator) -> None:
    meta.fault(target="graph", operation="messages", kind="status", status=400, code=131026, count=9)
    message = queue(chat)
    Message.objects.filter(pk=message.pk).update(error_code=cloud_api.UNDELIVERABLE)
    deliver(chat, NOW)
    message.refresh_from_db()
    assert (message.state, message.gave_up_at, message.has_given_up) == (MessageState.FAILED, None, False)
    assert bubbles([message])[0].state_words != "Desistiu"


def test_what_gave_up_is_pending_and_goes_out_when_a_person_says_so(
    aurora: Aurora, chat: Conversation, meta: Simulator
) -> None:
    is_down(meta)
    message = queue(chat)
    deliver(chat, NOW)
    deliver(chat, NOW + 25 * HOUR)
    message.refresh_from_db()
    assert (message.has_given_up, message.error_code) == (True, "131016")
    meta.control("DELETE", "faults")
    later = NOW + 26 * HOUR
    Conversation.objects.update(last_inbound_at=later)
    by = Actor("user", aurora.owner.pk)
    assert pending.replay(name="messages", clinic=aurora.clinic, row_id=message.pk, by=by, now=later) == ""
    message.refresh_from_db()
    assert (message.state, message.gave_up_at) == (MessageState.QUEUED, None)
    deliver(chat, later)
    message.refresh_from_db()
    assert message.state == MessageState.SENT


def reminder(aurora: Aurora, chat: Conversation, starts_at: datetime) -> Message:
    appointment = make_appointment(aurora.clinic, aurora.helena, aurora.consulta, aurora.dalva, starts_at)
    message = outbox.queue(
        conversation=chat,
        content=cloud_api.Text("lembrete"),
        author=Author.SYSTEM,
        now=NOW,
        appointment=appointment,
        notice="reminder_1",
    )
    Reminder.objects.create(
        clinic=aurora.clinic,
        appointment=appointment,
        kind="reminder_1",
        starts_at=starts_at,
        state=ReminderState.QUEUED,
        message=message,
        created_at=NOW,
    )
    return message


def test_a_reminder_is_tried_until_its_appointment(aurora: Aurora, chat: Conversation, meta: Simulator) -> None:
    is_down(meta)
    message = reminder(aurora, chat, NOW + 40 * HOUR)
    deliver(chat, NOW)
    Conversation.objects.update(last_inbound_at=NOW + 30 * HOUR)
    deliver(chat, NOW + 39 * HOUR)
    message.refresh_from_db()
    assert (message.state, message.attempts) == (MessageState.QUEUED, 2)
    deliver(chat, NOW + 41 * HOUR)
    message.refresh_from_db()
    assert (message.has_given_up, message.error_code) == (True, last_look.OVER)


def test_what_only_waited_for_an_open_circuit_gives_up_too(
    chat: Conversation, meta: Simulator, settings: Settings
) -> None:
    settings.CIRCUITS = {"whatsapp": (1, 60), "google": (3, 60)}
    meta.fault(target="graph", operation="messages", kind="status", status=503, code=131016, count=1)
    first = queue(chat)
    deliver(chat, NOW)
    second = queue(chat)
    Message.objects.filter(pk=first.pk).update(state=MessageState.SENT)
    deliver(chat, NOW)
    second.refresh_from_db()
    assert (second.state, second.attempts, second.error_code) == (MessageState.QUEUED, 0, "circuit_open")
    deliver(chat, NOW + 25 * HOUR)
    second.refresh_from_db()
    assert second.has_given_up
