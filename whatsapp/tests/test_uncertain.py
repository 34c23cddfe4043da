"""Sends whose answer never came: every way they can end, and who decides about the rest."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from billiard.exceptions import SoftTimeLimitExceeded
from billiard.pool import soft_timeout_sighandler
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from atendeai.testing.factories import MONDAY, make_appointment, make_contact, make_conversation
from atendeai.testing.pacing import forget_pace
from atendeai.testing.people import DALVA_PHONE, Aurora
from atendeai.testing.processes import dies, ends
from atendeai.testing.simulator import Simulator
from clinics import pending
from clinics.audit import Actor
from clinics.models import Appointment, AuditEntry, CloseReason
from whatsapp import cloud_api, outbox, statuses
from whatsapp.models import Author, Conversation, Message, MessageState
from whatsapp.set_aside import messages as aside

NOW = MONDAY
SILENT = {"drop": ["sent", "delivered", "read"]}


@pytest.fixture
def chat(aurora: Aurora, meta: Simulator) -> Conversation:
    meta.control("POST", f"patients/{DALVA_PHONE}/messages", {"to": "aurora", "text": "oi"})
    return make_conversation(aurora.number, make_contact(aurora.clinic, DALVA_PHONE), last_inbound_at=NOW)


@pytest.fixture
def by(aurora: Aurora) -> Actor:
    return Actor("user", aurora.receptionist.pk)


def queue(chat: Conversation, text: str = "olá", author: str = Author.BOT, **extra: Any) -> Message:
    return outbox.queue(conversation=chat, content=cloud_api.Text(text), body=text, author=author, now=NOW, **extra)


def deliver(chat: Conversation) -> bool:
    forget_pace()
    return outbox.deliver_one(chat.pk, now=NOW)


def arrived(meta: Simulator) -> list[str]:
    return [one["body"] for one in meta.chat(DALVA_PHONE) if one["direction"] == "out"]


def fresh(message: Message) -> Message:
    return Message.objects.get(pk=message.pk)


def age(message: Message, seconds: float = 121) -> None:
    Message.objects.filter(pk=message.pk).update(unknown_since=Now() - timedelta(seconds=seconds))


def report(message: Message, state: str, wamid: str = "wamid.first") -> None:
    told = statuses.Report(wamid=wamid, tracked=message.pk, state=state, at=NOW)
    assert statuses.apply_status(clinic_id=message.clinic_id, report=told)


def uncertain(chat: Conversation, meta: Simulator, author: str = Author.STAFF, **extra: Any) -> Message:
    """A message that was taken by Meta, whose answer and statuses were lost."""
    meta.control("POST", "webhooks", SILENT)
    meta.fault(target="graph", operation="messages", kind="lost_response", count=1)
    message = queue(chat, author=author, **extra)
    deliver(chat)
    assert fresh(message).state == MessageState.UNKNOWN
    return message


# (what happens to the call, whether Meta took the message all the same)
CUTS = [("lost_response", True), ("reset", False), ("timeout", False)]


@pytest.mark.parametrize(("kind", "is_taken"), CUTS)
def test_cut_off_is_uncertain_and_repeated_once_with_the_same_tracker(
    kind: str, is_taken: bool, chat: Conversation, meta: Simulator, settings: Settings
) -> None:
    settings.SEND_READ_SECONDS = 0.5
    meta.control("POST", "webhooks", SILENT)
    meta.fault(target="graph", operation="messages", kind=kind, seconds=2, count=1)
    message = queue(chat)
    assert deliver(chat)
    assert (fresh(message).state, fresh(message).resends) == (MessageState.UNKNOWN, 0)
    outbox.sweep()
    assert fresh(message).state == MessageState.UNKNOWN  # not before its grace time
    age(message)
    outbox.sweep()
    assert (fresh(message).state, fresh(message).resends) == (MessageState.QUEUED, 1)
    assert deliver(chat)
    assert fresh(message).state == MessageState.SENT
    assert arrived(meta) == ["olá"] * (2 if is_taken else 1)
    assert not pending.get("messages").rows(message.clinic_id).exists()


def test_a_late_status_settles_it_while_the_second_one_waits(chat: Conversation, meta: Simulator) -> None:
    message = uncertain(chat, meta, Author.BOT)
    age(message)
    outbox.sweep()
    report(message, "delivered")
    assert not deliver(chat)
    assert (fresh(message).state, fresh(message).wamid) == (MessageState.DELIVERED, "wamid.first")
    assert arrived(meta) == ["olá"]


def test_a_late_status_settles_it_after_the_second_one_was_lost_too(chat: Conversation, meta: Simulator) -> None:
    message = uncertain(chat, meta, Author.BOT)
    age(message)
    outbox.sweep()
    meta.fault(target="graph", operation="messages", kind="lost_response", count=1)
    assert deliver(chat)
    assert pending.get("messages").rows(message.clinic_id).get() == message  # both lost: a person decides
    report(message, "read")
    assert fresh(message).state == MessageState.READ
    assert not pending.get("messages").rows(message.clinic_id).exists()
    report(message, "sent", wamid="wamid.second")
    assert fresh(message).state == MessageState.READ


def test_a_late_status_that_comes_between_second_call_and_its_answer_stays(
    chat: Conversation, meta: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = uncertain(chat, meta, Author.BOT)
    age(message)
    outbox.sweep()
    call = outbox._call

    def overtaken(claimed: Message) -> cloud_api.Sent:
        sent = call(claimed)
        report(message, "delivered")
        return sent

    monkeypatch.setattr(outbox, "_call", overtaken)
    assert deliver(chat)
    assert fresh(message).state == MessageState.DELIVERED


@pytest.mark.django_db(transaction=True)
def test_two_workers_repeat_it_once(chat: Conversation, meta: Simulator) -> None:
    message = uncertain(chat, meta, Author.BOT)
    age(message)
    together(outbox.sweep, outbox.sweep)
    assert fresh(message).resends == 1
    together(lambda: outbox.deliver_one(chat.pk, now=NOW), lambda: outbox.deliver_one(chat.pk, now=NOW))
    assert arrived(meta) == ["olá", "olá"]


def together(*acts: Callable[[], Any]) -> None:
    def one(act: Callable[[], Any]) -> None:
        try:
            act()
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("place", "calls"), [("outcomes.record_sent", 1), ("outbox._call", 0)])
def test_a_worker_killed_around_the_call_leaves_it_uncertain(
    place: str, calls: int, chat: Conversation, meta: Simulator, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SEND_LEASE_SECONDS = 0.2
    meta.control("POST", "webhooks", SILENT)
    message = queue(chat)
    with monkeypatch.context() as patched:
        patched.setattr(f"whatsapp.{place}", dies)
        assert ends(lambda: outbox.deliver_one(chat.pk, now=NOW)) == signal.SIGKILL
    assert (fresh(message).state, len(arrived(meta))) == (MessageState.SENDING, calls)
    time.sleep(0.3)
    outbox.sweep()
    assert fresh(message).state == MessageState.UNKNOWN
    age(message)
    outbox.sweep()
    deliver(chat)
    assert (fresh(message).state, fresh(message).resends) == (MessageState.SENT, 1)
    assert len(arrived(meta)) == calls + 1


@pytest.mark.django_db(transaction=True)
def test_a_message_that_kills_its_worker_each_time_ends_with_a_person(
    chat: Conversation, meta: Simulator, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SEND_LEASE_SECONDS = 0.1
    settings.SEND_HOLD_SECONDS = 0
    message, behind = queue(chat, "veneno"), queue(chat, "depois")
    with monkeypatch.context() as patched:
        patched.setattr(outbox, "_call", dies)
        for _ in range(2):
            assert ends(lambda: outbox.deliver_one(chat.pk, now=NOW)) == signal.SIGKILL
            time.sleep(0.2)
            outbox.sweep()
            age(message)
            outbox.sweep()
    assert (fresh(message).state, fresh(message).resends) == (MessageState.UNKNOWN, 1)
    assert pending.get("messages").rows(message.clinic_id).get() == message
    assert deliver(chat)
    assert fresh(behind).state == MessageState.SENT


def test_what_breaks_before_the_call_is_no_uncertain_send(
    chat: Conversation, meta: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = queue(chat)
    with monkeypatch.context() as patched:
        patched.setattr("whatsapp.last_look.look", lambda *_, **__: 1 / 0)
        assert not deliver(chat)
    assert (fresh(message).state, fresh(message).error_code) == (MessageState.QUEUED, "ZeroDivisionError")


@contextmanager
def limit_strikes_once(is_so: Callable[[], bool]) -> Iterator[None]:
    """As in a worker whose time is up: raised in the midst of whatever its main thread does."""

    def watch() -> None:
        while not is_so():
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGUSR1)

    watcher = threading.Thread(target=watch)
    before = signal.signal(signal.SIGUSR1, soft_timeout_sighandler)
    watcher.start()
    try:
        yield
    finally:
        watcher.join()
        signal.signal(signal.SIGUSR1, before)


@pytest.mark.parametrize("author", [Author.BOT, Author.STAFF, Author.API])
def test_a_time_limit_while_the_answer_is_awaited_leaves_it_uncertain(
    author: str, chat: Conversation, meta: Simulator
) -> None:
    meta.control("POST", "webhooks", SILENT)
    meta.fault(target="graph", operation="messages", kind="lost_response", count=1, seconds=8)
    message = queue(chat, author=author)
    with limit_strikes_once(lambda: bool(arrived(meta))):
        assert deliver(chat)
    row = fresh(message)
    assert (row.state, row.error_detail) == (MessageState.UNKNOWN, "SoftTimeLimitExceeded")
    make_due(message)
    assert not deliver(chat)
    assert arrived(meta) == ["olá"]


def raises(error: type[BaseException]) -> Callable[..., Any]:
    def act(*_: Any, **__: Any) -> Any:
        raise error

    return act


@pytest.mark.parametrize("error", [SoftTimeLimitExceeded, ZeroDivisionError])
def test_what_breaks_after_a_good_answer_leaves_it_uncertain(
    error: type[Exception], chat: Conversation, meta: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = queue(chat)
    with monkeypatch.context() as patched:
        patched.setattr("whatsapp.cloud_api.client._sent", raises(error))
        assert deliver(chat)
    assert (fresh(message).state, arrived(meta)) == (MessageState.UNKNOWN, ["olá"])


@pytest.mark.parametrize("error", [SoftTimeLimitExceeded, ZeroDivisionError])
def test_what_breaks_while_the_call_is_prepared_goes_again(
    error: type[Exception], chat: Conversation, meta: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = queue(chat)
    with monkeypatch.context() as patched:
        patched.setattr("clinics.credentials.use", raises(error))
        deliver(chat)
    assert (fresh(message).state, fresh(message).error_code) == (MessageState.QUEUED, error.__name__)
    make_due(message)
    deliver(chat)
    assert (fresh(message).state, arrived(meta)) == (MessageState.SENT, ["olá"])


@pytest.mark.parametrize("place", ["clinics.credentials.use", "whatsapp.cloud_api.client._sent"])
def test_a_worker_that_is_told_to_end_ends(place: str, chat: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    message = queue(chat)
    monkeypatch.setattr(place, raises(SystemExit))
    with pytest.raises(SystemExit):
        deliver(chat)
    # Its lease makes it uncertain.
    assert fresh(message).state == MessageState.SENDING


def make_due(message: Message) -> None:
    Message.objects.filter(pk=message.pk).update(not_before=None)


@pytest.mark.parametrize("author", [Author.STAFF, Author.API])
def test_what_others_wrote_asks_a_person_and_holds_its_chat_only_for_a_while(
    author: str, chat: Conversation, meta: Simulator
) -> None:
    message = uncertain(chat, meta, author)
    behind = queue(chat, "depois", author)
    assert not deliver(chat)
    age(message, seconds=16)
    assert deliver(chat)
    assert fresh(behind).state == MessageState.SENT
    age(message)
    outbox.sweep()
    assert (fresh(message).state, fresh(message).resends) == (MessageState.UNKNOWN, 0)
    assert pending.get("messages").rows(message.clinic_id).get() == message


def press(client: Client, message: Message, act: str) -> str:
    address = reverse("admin:whatsapp_conversation_settle", args=[message.conversation_id, message.pk])
    return client.post(address, {"act": act}, follow=True).content.decode()


@pytest.fixture
def bruno(aurora: Aurora) -> Client:
    client = Client()
    client.force_login(aurora.receptionist)
    return client


def test_the_chat_asks_and_sends_again_once(
    bruno: Client, chat: Conversation, meta: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_that_time(monkeypatch)
    message = uncertain(chat, meta)
    page = bruno.get(reverse("admin:whatsapp_conversation_change", args=[chat.pk])).content.decode()
    assert "Enviar de novo" in page
    assert "Deixar assim" in page
    assert "será enviada de novo" in press(bruno, message, "again")
    again = fresh(message)
    assert (again.state, again.resends, again.replayed_at) == (MessageState.QUEUED, 1, NOW)
    assert "Alguém já decidiu" in press(bruno, message, "again")
    assert fresh(message).resends == 1
    assert deliver(chat)
    assert arrived(meta) == ["olá", "olá"]
    assert audited() == ["pending_replayed"]


def at_that_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("atendeai.common.clock.now", lambda: NOW)


def audited() -> list[str]:
    return list(AuditEntry.objects.filter(action__startswith="pending").values_list("action", flat=True))


def test_left_as_it_is_nothing_is_asked_any_more_and_a_late_status_still_counts(
    bruno: Client, aurora: Aurora, chat: Conversation, meta: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_that_time(monkeypatch)
    message = uncertain(chat, meta)
    assert "fica como está" in press(bruno, message, "leave")
    left = fresh(message)
    assert (left.state, left.closed_reason, left.closed_by) == (
        MessageState.UNKNOWN,
        CloseReason.LEFT,
        aurora.receptionist,
    )
    page = bruno.get(reverse("admin:whatsapp_conversation_change", args=[chat.pk])).content.decode()
    assert "Enviar de novo" not in page
    assert "Foi deixado assim" in page
    press(bruno, message, "again")
    assert fresh(message).state == MessageState.UNKNOWN
    entry = AuditEntry.objects.get(action="pending_closed")
    assert (entry.object_id, entry.fields, entry.actor_id) == (str(message.pk), ["left"], aurora.receptionist.pk)
    report(message, "delivered")
    assert fresh(message).state == MessageState.DELIVERED


def test_left_as_it_is_and_then_refused_it_is_pending_again(
    bruno: Client, chat: Conversation, meta: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_that_time(monkeypatch)
    message = uncertain(chat, meta)
    press(bruno, message, "leave")
    assert not pending.get("messages").rows(message.clinic_id).exists()
    report(message, "failed")
    assert (fresh(message).closed_at, fresh(message).closed_reason) == (None, "")
    assert pending.get("messages").rows(message.clinic_id).get() == message


def test_a_status_that_arrives_meanwhile_wins(
    bruno: Client, chat: Conversation, meta: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_that_time(monkeypatch)
    message = uncertain(chat, meta)
    report(message, "sent")
    assert "confirmou a mensagem" in press(bruno, message, "again")
    assert fresh(message).state == MessageState.SENT
    assert not deliver(chat)


@pytest.mark.django_db(transaction=True)
def test_two_people_who_press_at_once_send_it_once(
    aurora: Aurora, by: Actor, chat: Conversation, meta: Simulator
) -> None:
    message = uncertain(chat, meta)
    said: list[str] = []

    def press_again() -> None:
        told: Any = {"name": "messages", "clinic": aurora.clinic, "row_id": message.pk, "by": by, "now": NOW}
        said.append(pending.replay(**told))

    together(press_again, press_again)
    assert sorted(said) == ["", pending.GONE]
    assert fresh(message).resends == 1


def test_no_free_text_goes_out_after_the_window(by: Actor, aurora: Aurora, chat: Conversation, meta: Simulator) -> None:
    message = uncertain(chat, meta)
    late = NOW + timedelta(hours=25)
    told: Any = {"name": "messages", "clinic": aurora.clinic, "row_id": message.pk, "by": by}
    assert pending.replay(**told, now=late) == cloud_api.OUTSIDE_WINDOW
    assert fresh(message).state == MessageState.UNKNOWN
    assert audited() == []


def test_after_a_day_what_is_sent_again_is_as_fresh_as_new(
    by: Actor, aurora: Aurora, chat: Conversation, meta: Simulator
) -> None:
    message = uncertain(chat, meta)
    later = NOW + timedelta(days=3)
    Conversation.objects.filter(pk=chat.pk).update(last_inbound_at=later)
    told: Any = {"name": "messages", "clinic": aurora.clinic, "row_id": message.pk, "by": by}
    assert pending.replay(**told, now=later) == ""
    forget_pace()
    assert outbox.deliver_one(chat.pk, now=later)
    assert fresh(message).state == MessageState.SENT


def test_what_is_said_of_an_appointment_must_still_be_true(
    by: Actor, aurora: Aurora, chat: Conversation, meta: Simulator
) -> None:
    appointment = make_appointment(
        aurora.clinic, aurora.helena, aurora.consulta, aurora.dalva, NOW + timedelta(hours=3)
    )
    message = queue(chat, author=Author.SYSTEM, appointment=appointment, notice="rescheduled")
    Message.objects.filter(pk=message.pk).update(state=MessageState.FAILED)
    told: Any = {"name": "messages", "clinic": aurora.clinic, "row_id": message.pk, "by": by}
    assert pending.replay(**told, now=NOW + timedelta(hours=4)) == aside.OVER
    Appointment.objects.filter(pk=appointment.pk).update(revision=appointment.revision + 1)
    assert pending.replay(**told, now=NOW) == "no_longer_true"
    Appointment.objects.filter(pk=appointment.pk).update(revision=appointment.revision)
    assert pending.replay(**told, now=NOW) == ""


def test_a_message_of_another_chat_is_not_found(
    bruno: Client, aurora: Aurora, chat: Conversation, meta: Simulator
) -> None:
    message = uncertain(chat, meta)
    other = make_conversation(aurora.number, make_contact(aurora.clinic, "5511987650009"))
    address = reverse("admin:whatsapp_conversation_settle", args=[other.pk, message.pk])
    assert bruno.post(address, {"act": "again"}).status_code == 404
    address = reverse("admin:whatsapp_conversation_settle", args=[chat.pk, message.pk])
    assert bruno.post(address, {"act": "eat"}).status_code == 404
    assert fresh(message).state == MessageState.UNKNOWN
