"""Every way a send can end, and that nothing goes out twice, out of order, or down the ladder."""

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from pytest_django import Settings

from atendeai.testing.factories import MONDAY, make_contact, make_conversation
from atendeai.testing.pacing import forget_pace
from atendeai.testing.people import DALVA_PHONE, Aurora
from atendeai.testing.simulator import Simulator
from clinics.models import AuditEntry
from whatsapp import cloud_api, outbox, outcomes, statuses
from whatsapp.models import Author, Conversation, Message, MessageState, Number, Urgency

NOW = MONDAY


@pytest.fixture
def conversation(aurora: Aurora, meta: Simulator) -> Conversation:
    meta.control("POST", f"patients/{DALVA_PHONE}/messages", {"to": "aurora", "text": "oi"})
    return make_conversation(aurora.number, make_contact(aurora.clinic, DALVA_PHONE), last_inbound_at=NOW)


def queue(conversation: Conversation, text: str = "olá", author: str = Author.BOT, **extra: Any) -> Message:
    return outbox.queue(
        conversation=conversation, content=cloud_api.Text(text), body=text, author=author, now=NOW, **extra
    )


def deliver(conversation: Conversation) -> bool:
    return outbox.deliver_one(conversation.pk, now=NOW)


def arrived(meta: Simulator) -> list[str]:
    return [one["body"] for one in meta.chat(DALVA_PHONE) if one["direction"] == "out"]


def make_due(message: Message) -> None:
    forget_pace()
    Message.objects.filter(pk=message.pk).update(not_before=None)


def test_sent_with_its_wamid_and_in_order(conversation: Conversation, meta: Simulator) -> None:
    first, second = queue(conversation, "um"), queue(conversation, "dois")
    assert deliver(conversation)
    assert deliver(conversation)
    assert not deliver(conversation)
    assert arrived(meta) == ["um", "dois"]
    for message in (first, second):
        message.refresh_from_db()
        assert message.state == MessageState.SENT
        assert str(message.wamid).startswith("wamid.")


@pytest.mark.parametrize("is_template", [False, True])
def test_a_service_message_of_ours_ends_standby_and_a_template_does_not(
    conversation: Conversation, meta: Simulator, *, is_template: bool
) -> None:
    Conversation.objects.update(standby_since=NOW)
    if is_template:
        template = cloud_api.Template("hello_world", language="en_US")
        outbox.queue(conversation=conversation, content=template, author=Author.STAFF, now=NOW)
    else:
        queue(conversation, author=Author.STAFF)
    assert deliver(conversation)
    assert Message.objects.get().state == MessageState.SENT
    conversation.refresh_from_db()
    assert conversation.standby_since == (NOW if is_template else None)


def test_a_service_message_that_is_refused_ends_no_standby(conversation: Conversation, meta: Simulator) -> None:
    Conversation.objects.update(standby_since=NOW)
    meta.fault(target="graph", operation="messages", kind="status", status=400, code=131026, count=1)
    queue(conversation)
    deliver(conversation)
    conversation.refresh_from_db()
    assert conversation.standby_since == NOW


def test_a_waiting_head_holds_back_the_rest(conversation: Conversation, meta: Simulator) -> None:
    meta.fault(target="graph", operation="messages", kind="status", status=400, code=131056, count=1)
    first = queue(conversation, "um")
    queue(conversation, "dois")
    assert deliver(conversation)
    assert not deliver(conversation)
    first.refresh_from_db()
    assert (first.state, first.error_code) == (MessageState.QUEUED, "131056")
    assert first.not_before is not None
    make_due(first)
    assert deliver(conversation)
    assert deliver(conversation)
    assert arrived(meta) == ["um", "dois"]


@pytest.mark.parametrize(
    ("author", "urgency"),
    [
        (Author.BOT, Urgency.REPLY),
        (Author.STAFF, Urgency.REPLY),
        (Author.SYSTEM, Urgency.NOTICE),
        (Author.API, Urgency.NOTICE),
    ],
)
def test_how_urgent_it_is_follows_from_who_writes(conversation: Conversation, author: str, urgency: Urgency) -> None:
    assert queue(conversation, author=author).urgency == urgency
    assert queue(conversation, author=author, urgency=Urgency.BULK).urgency == Urgency.BULK


def test_a_reply_overtakes_a_reminder_of_its_chat_but_no_reply(conversation: Conversation, meta: Simulator) -> None:
    queue(conversation, "campanha", urgency=Urgency.BULK)
    queue(conversation, "lembrete", urgency=Urgency.REMINDER)
    queue(conversation, "um")
    queue(conversation, "dois")
    while deliver(conversation):
        pass
    assert arrived(meta) == ["um", "dois", "lembrete", "campanha"]


@pytest.mark.parametrize("code", [131000, 130429, 2])
def test_throttling_and_outages_wait_and_go_out_later(conversation: Conversation, meta: Simulator, code: int) -> None:
    meta.fault(target="graph", operation="messages", kind="status", status=500, code=code, count=1)
    message = queue(conversation)
    deliver(conversation)
    message.refresh_from_db()
    assert (message.state, message.attempts) == (MessageState.QUEUED, 1)
    make_due(message)
    deliver(conversation)
    assert arrived(meta) == ["olá"]


def test_provider_away_keeps_the_row(conversation: Conversation, settings: Settings) -> None:
    settings.GRAPH_API_BASE_URL = "http://127.0.0.1:9"
    message = queue(conversation)
    deliver(conversation)
    message.refresh_from_db()
    assert message.state == MessageState.QUEUED


def test_given_up_after_a_day_and_shown(conversation: Conversation, settings: Settings) -> None:
    settings.GRAPH_API_BASE_URL = "http://127.0.0.1:9"
    message = queue(conversation)
    deliver(conversation)
    make_due(message)
    outbox.deliver_one(conversation.pk, now=NOW + timedelta(hours=25))
    message.refresh_from_db()
    assert (message.state, message.error_code, message.attempts) == (MessageState.FAILED, "Unreachable", 2)


def test_what_nobody_could_try_for_a_day_is_not_sent_late(conversation: Conversation, meta: Simulator) -> None:
    message = queue(conversation)
    assert not outbox.deliver_one(conversation.pk, now=NOW + timedelta(hours=25))
    message.refresh_from_db()
    assert (message.state, message.error_code) == (MessageState.FAILED, "too_late")
    assert arrived(meta) == []


def test_refusal_is_final_and_said(conversation: Conversation, meta: Simulator) -> None:
    meta.fault(target="graph", operation="messages", kind="status", status=400, code=131026, count=1)
    message = queue(conversation)
    deliver(conversation)
    message.refresh_from_db()
    assert (message.state, message.error_code) == (MessageState.FAILED, "131026")
    queue(conversation, "dois")
    assert deliver(conversation)


def test_revoked_token_blocks_the_number_until_a_person_acts(
    aurora: Aurora, conversation: Conversation, meta: Simulator
) -> None:
    meta.fault(target="graph", operation="messages", kind="status", status=401, code=190, count=1)
    message = queue(conversation)
    deliver(conversation)
    number = Number.objects.get(pk=aurora.number.pk)
    message.refresh_from_db()
    assert (number.blocked_code, message.state) == ("190", MessageState.QUEUED)
    assert AuditEntry.objects.filter(action="credential_refused").count() == 1
    make_due(message)
    assert outbox.sweep() == 0
    from clinics.audit import Actor

    outbox.unblock(number=number, by=Actor("user", aurora.owner.id), now=NOW)
    assert outbox.sweep() == 1


def test_a_token_whose_file_cannot_be_read_keeps_its_clinic_s_messages_waiting(
    conversation: Conversation, meta: Simulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CLINIC_AURORA_WHATSAPP_ACCESS_TOKEN_FILE", str(tmp_path / "token"))
    message = queue(conversation)
    deliver(conversation)
    message.refresh_from_db()
    assert (message.state, message.error_code, arrived(meta)) == (MessageState.QUEUED, "WHATSAPP_ACCESS_TOKEN", [])
    (tmp_path / "token").write_text("sandbox-token-aurora")
    make_due(message)
    deliver(conversation)
    assert arrived(meta) == ["olá"]


def test_lost_answer_is_not_sent_again_when_its_status_comes(conversation: Conversation, meta: Simulator) -> None:
    meta.fault(target="graph", operation="messages", kind="lost_response", count=1)
    message = queue(conversation)
    deliver(conversation)
    message.refresh_from_db()
    assert message.state == MessageState.UNKNOWN
    report(message, "delivered", wamid="wamid.real")
    message.refresh_from_db()
    assert (message.state, message.wamid) == (MessageState.DELIVERED, "wamid.real")
    age_unknown(message)
    outbox.sweep()
    assert not deliver(conversation)
    assert arrived(meta) == ["olá"]


def test_lost_answer_and_lost_status_is_sent_once_more_and_counted(conversation: Conversation, meta: Simulator) -> None:
    meta.control("POST", "webhooks", {"drop": ["sent", "delivered", "read"]})
    meta.fault(target="graph", operation="messages", kind="lost_response", count=5)
    message = queue(conversation)
    for _ in range(4):
        deliver(conversation)
        age_unknown(message)
        outbox.sweep()
    message.refresh_from_db()
    assert (message.state, message.resends, message.attempts) == (MessageState.UNKNOWN, 1, 2)
    assert arrived(meta) == ["olá", "olá"]


def test_what_a_person_wrote_is_never_repeated_by_itself(conversation: Conversation, meta: Simulator) -> None:
    meta.fault(target="graph", operation="messages", kind="lost_response", count=1)
    message = queue(conversation, author=Author.STAFF)
    deliver(conversation)
    age_unknown(message)
    outbox.sweep()
    message.refresh_from_db()
    assert (message.state, message.resends) == (MessageState.UNKNOWN, 0)


def test_an_uncertain_message_holds_the_next_only_for_a_while(conversation: Conversation, meta: Simulator) -> None:
    meta.fault(target="graph", operation="messages", kind="lost_response", count=1)
    first = queue(conversation, "um")
    queue(conversation, "dois")
    assert deliver(conversation)
    assert not deliver(conversation)
    Message.objects.filter(pk=first.pk).update(unknown_since=Now() - timedelta(seconds=16))
    assert deliver(conversation)
    assert arrived(meta) == ["um", "dois"]


def test_a_killed_sender_s_row_becomes_uncertain_never_queued(conversation: Conversation) -> None:
    message = queue(conversation)
    Message.objects.filter(pk=message.pk).update(
        state=MessageState.SENDING, attempts=1, lease_until=Now() - timedelta(seconds=1)
    )
    outbox.sweep()
    message.refresh_from_db()
    assert message.state == MessageState.UNKNOWN


def test_a_late_result_of_an_older_attempt_changes_nothing(conversation: Conversation) -> None:
    message = queue(conversation)
    stale = Message.objects.select_related("clinic", "conversation__contact").get(pk=message.pk)
    Message.objects.filter(pk=message.pk).update(state=MessageState.SENDING, attempts=7)
    outcomes.record_sent(stale, cloud_api.Sent("wamid.stale", None, None, "accepted"))
    message.refresh_from_db()
    assert (message.state, message.wamid) == (MessageState.SENDING, None)


def test_a_status_that_overtakes_the_answer_stays_and_is_counted_once(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []
    monkeypatch.setattr(outcomes, "_count", lambda _message, state: counted.append(state))
    message = queue(conversation)
    Message.objects.filter(pk=message.pk).update(state=MessageState.SENDING, attempts=1)
    claimed = Message.objects.select_related("clinic", "conversation__contact").get(pk=message.pk)
    report(message, "sent", wamid="wamid.real")
    outcomes.record_sent(claimed, cloud_api.Sent("wamid.real", None, None, "accepted"))
    message.refresh_from_db()
    assert (message.state, message.wamid, message.lease_until) == (MessageState.SENT, "wamid.real", None)
    assert counted == []


@pytest.mark.django_db(transaction=True)
def test_ten_workers_at_one_conversation_send_each_message_once(conversation: Conversation, meta: Simulator) -> None:
    wanted = [f"mensagem {number}" for number in range(6)]
    for text in wanted:
        queue(conversation, text)

    def work() -> None:
        try:
            for _ in range(12):
                deliver(conversation)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while deliver(conversation):
        pass
    assert arrived(meta) == wanted


def report(message: Message, state: str, *, wamid: str = "wamid.x", clinic_id: int = 0) -> bool:
    code = "131000" if state == "failed" else ""
    told = statuses.Report(wamid=wamid, tracked=message.pk, state=state, at=NOW, error_code=code)
    return statuses.apply_status(clinic_id=clinic_id or message.clinic_id, report=told)


def age_unknown(message: Message) -> None:
    Message.objects.filter(pk=message.pk, state=MessageState.UNKNOWN).update(
        unknown_since=Now() - timedelta(seconds=121)
    )


def test_status_of_another_clinic_s_message_is_not_taken(conversation: Conversation) -> None:
    from atendeai.testing.people import make_aurora

    message = queue(conversation)
    boreal = make_aurora("boreal", "100000000000002")
    assert not report(message, "read", clinic_id=boreal.clinic.id)
    message.refresh_from_db()
    assert message.state == MessageState.QUEUED


@pytest.mark.parametrize("text", ["", "m", "x1", "m-1", "m1.5", "m٣", "m" + "9" * 30])
def test_foreign_trackers_are_none_of_ours(text: str) -> None:
    assert outbox.find_tracked(text) is None
