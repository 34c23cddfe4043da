"""Every row of Meta's error table over a real socket: what becomes of the message, of the number, and who is told."""

import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from atendeai.common.errors import IntegrationError, Throttled, Unreachable
from atendeai.testing.factories import MONDAY, make_contact, make_conversation, make_number
from atendeai.testing.pacing import forget_pace
from atendeai.testing.people import DALVA_PHONE, Aurora, make_aurora
from atendeai.testing.simulator import Simulator
from clinics.audit import Actor
from clinics.models import Alert, AuditEntry
from whatsapp import cloud_api, outbox, outcomes, refusals, statuses
from whatsapp.models import Author, Conversation, Message, MessageState, Number, Urgency
from whatsapp.tests.test_error_table import ROWS

NOW = MONDAY


@dataclass(frozen=True)
class Fate:
    """What a code does: the row's state, the range of its wait in seconds, the number's problem, the alert."""

    state: str
    wait: tuple[float, float] | None = None
    blocked: str = ""
    alert: str = ""
    is_active: bool = True


SHORT = (0.5, 2)
MINUTE = (59, 61)
FAILED = Fate("failed")
AGAIN = Fate("queued", SHORT)
LATER = Fate("queued", MINUTE)
PERMISSION = Fate("failed", alert="send_permission")
LOCKED = {code: Fate("failed", blocked=str(code), alert="send_stopped") for code in (368, 131031)}
TOKEN = {code: Fate("queued", SHORT, blocked=str(code), alert="send_blocked") for code in (0, 190)}
FATES: dict[int, Fate] = {
    **TOKEN,
    **LOCKED,
    **dict.fromkeys((1, 131000, 131016, 133004, 139103), AGAIN),
    **dict.fromkeys((2, 131057, 613), LATER),
    **dict.fromkeys((3, 10, 131005, 200, 240, 299), PERMISSION),
    4: Fate("queued", (299, 301)),
    80007: Fate("queued", (119, 121)),
    130429: Fate("queued", (0.5, 61)),
    131056: Fate("queued", (3.5, 5)),
    132069: Fate("queued", (359, 361)),
    133015: Fate("queued", (299, 301)),
    134101: Fate("queued", (599, 601)),
    33: Fate("failed", blocked="33", alert="send_blocked", is_active=False),
    131042: Fate("failed", alert="send_billing"),
    131037: Fate("failed", alert="send_name"),
    131045: Fate("failed", alert="send_unregistered"),
    133010: Fate("failed", alert="send_unregistered"),
    131048: Fate("failed", alert="send_spam"),
    131064: Fate("failed", alert="send_templates"),
}


@pytest.fixture
def conversation(aurora: Aurora, meta: Simulator) -> Conversation:
    meta.control("POST", f"patients/{DALVA_PHONE}/messages", {"to": "aurora", "text": "oi"})
    return make_conversation(aurora.number, make_contact(aurora.clinic, DALVA_PHONE), last_inbound_at=NOW)


def queue(conversation: Conversation, **extra: Any) -> Message:
    return outbox.queue(
        conversation=conversation,
        content=cloud_api.Text("olá"),
        body="olá",
        now=NOW,
        **{"author": Author.BOT, **extra},
    )


def refuse(meta: Simulator, code: int, count: int = 1) -> None:
    """The simulator answers with the code as Meta does, HTTP status and all."""
    meta.fault(target="graph", operation="messages", kind="status", code=code, count=count)


def seconds_to_wait(message: Message) -> float | None:
    wait = Message.objects.annotate(wait=F("not_before") - Now()).get(pk=message.pk).wait
    return None if wait is None else wait.total_seconds()


def try_now(message: Message) -> None:
    forget_pace()
    Message.objects.filter(pk=message.pk).update(not_before=None)
    outbox.deliver_one(message.conversation_id, now=NOW)
    message.refresh_from_db()


@pytest.mark.parametrize(("code", "http_status", "kind"), ROWS, ids=[str(row[0]) for row in ROWS])
def test_row(
    aurora: Aurora,
    conversation: Conversation,
    meta: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    code: int,
    http_status: int,
    kind: type[IntegrationError],
) -> None:
    seen: list[IntegrationError] = []
    record = outcomes.record_failure

    def look(message: Message, error: IntegrationError, now: Any) -> None:
        seen.append(error)
        record(message, error, now)

    monkeypatch.setattr(outcomes, "record_failure", look)
    refuse(meta, code)
    message = queue(conversation)
    assert outbox.deliver_one(conversation.pk, now=NOW)
    message.refresh_from_db()
    fate, number = FATES.get(code, FAILED), Number.objects.get(pk=aurora.number.pk)

    assert [(error.code, error.status, type(error)) for error in seen] == [(str(code), http_status, kind)]
    assert (message.state, message.error_code, message.attempts) == (fate.state, str(code), 1)
    wait = seconds_to_wait(message)
    if fate.wait is None:
        assert wait is None
    else:
        assert wait is not None
        assert fate.wait[0] <= wait <= fate.wait[1]
    assert (number.blocked_code, number.is_active) == (fate.blocked, fate.is_active)
    assert list(Alert.objects.values_list("kind", flat=True)) == ([fate.alert] if fate.alert else [])


@pytest.mark.parametrize("code", sorted(code for code, fate in FATES.items() if fate.state == "queued"))
def test_what_waits_goes_out_when_meta_takes_it_again(
    aurora: Aurora, conversation: Conversation, meta: Simulator, code: int
) -> None:
    refuse(meta, code)
    message = queue(conversation)
    outbox.deliver_one(conversation.pk, now=NOW)
    outbox.unblock(number=aurora.number, by=Actor("user", aurora.owner.pk), now=NOW)
    try_now(message)
    assert (message.state, message.error_code) == (MessageState.SENT, "")


@pytest.mark.parametrize(("code", "most"), [(1, 2), (131000, 3)])
def test_some_are_tried_again_a_few_times_only(
    conversation: Conversation, meta: Simulator, code: int, most: int
) -> None:
    refuse(meta, code, count=10)
    message = queue(conversation)
    states = []
    for _ in range(most + 1):
        try_now(message)
        states.append(message.state)
    assert states == ["queued"] * most + ["failed"]
    assert message.attempts == most + 1


def test_another_trouble_in_between_starts_the_count_anew(conversation: Conversation, meta: Simulator) -> None:
    message = queue(conversation)
    for code in (1, 1, 131016, 1, 1):
        refuse(meta, code)
        try_now(message)
    assert (message.state, message.error_repeats) == (MessageState.QUEUED, 2)


def test_the_pair_limit_grows_by_four_for_this_person_only(
    aurora: Aurora, conversation: Conversation, meta: Simulator
) -> None:
    other_phone = "5511987650002"
    meta.control("POST", f"patients/{other_phone}/messages", {"to": "aurora", "text": "oi"})
    other = make_conversation(aurora.number, make_contact(aurora.clinic, other_phone), last_inbound_at=NOW)
    refuse(meta, 131056, count=3)
    message, waits = queue(conversation), []
    for _ in range(3):
        try_now(message)
        waits.append(seconds_to_wait(message))
    for wait, asked in zip(waits, (4, 16, 64), strict=True):
        assert wait is not None
        assert asked - 1 <= wait <= asked * 1.3
    queue(other)
    assert outbox.deliver_one(other.pk, now=NOW)


def test_a_full_number_rests_for_a_moment_for_everybody(
    aurora: Aurora, conversation: Conversation, meta: Simulator
) -> None:
    other = make_conversation(aurora.number, make_contact(aurora.clinic, "5511987650002"), last_inbound_at=NOW)
    refuse(meta, 130429)
    queue(conversation)
    waiting = queue(other)
    assert outbox.deliver_one(conversation.pk, now=NOW)
    assert not outbox.deliver_one(other.pk, now=NOW)
    wait = seconds_to_wait(waiting)
    assert wait is not None
    assert 0.5 < wait <= 2
    waiting.refresh_from_db()
    assert (waiting.attempts, waiting.error_code) == (0, "")


def test_a_locked_account_stops_all_numbers_of_the_clinic_and_no_other_clinic(
    aurora: Aurora, conversation: Conversation, meta: Simulator
) -> None:
    second = make_number(aurora.clinic)
    boreal = make_aurora("boreal", "100000000000002")
    refuse(meta, 131031, count=1)
    queue(conversation)
    outbox.deliver_one(conversation.pk, now=NOW)
    codes = dict(Number.objects.values_list("pk", "blocked_code"))
    assert codes == {aurora.number.pk: "131031", second.pk: "131031", boreal.number.pk: ""}

    waiting = queue(conversation)
    assert not outbox.deliver_one(conversation.pk, now=NOW)
    assert outbox.sweep() == 0
    by = Actor("user", aurora.owner.pk)
    outbox.unblock(number=aurora.number, by=by, now=NOW)
    assert Alert.objects.filter(kind="send_stopped", cleared_at__isnull=True).exists()
    outbox.unblock(number=second, by=by, now=NOW)
    assert not Alert.objects.filter(cleared_at__isnull=True).exists()
    assert outbox.sweep() == 1
    try_now(waiting)
    assert waiting.state == MessageState.SENT


def test_a_refused_token_is_told_once(aurora: Aurora, conversation: Conversation, meta: Simulator) -> None:
    refuse(meta, 190, count=3)
    message = queue(conversation)
    outbox.deliver_one(conversation.pk, now=NOW)
    Number.objects.update(blocked_code="")
    try_now(message)
    assert Alert.objects.count() == 1
    assert AuditEntry.objects.filter(action="alert_raised").count() == 1


def test_after_a_spam_warning_campaigns_rest_and_answers_go_on(
    aurora: Aurora, conversation: Conversation, meta: Simulator
) -> None:
    refuse(meta, 131048)
    queue(conversation, urgency=Urgency.BULK)
    outbox.deliver_one(conversation.pk, now=NOW)
    campaign = queue(conversation, urgency=Urgency.BULK)
    assert not outbox.deliver_one(conversation.pk, now=NOW)
    answer = queue(conversation)
    assert outbox.deliver_one(conversation.pk, now=NOW)
    answer.refresh_from_db()
    assert answer.state == MessageState.SENT
    campaign.refresh_from_db()
    assert (campaign.state, campaign.attempts) == (MessageState.QUEUED, 0)
    tomorrow = NOW + refusals.BULK_RESTS
    Message.objects.filter(pk=campaign.pk).update(not_before=None, created_at=tomorrow)
    Conversation.objects.update(last_inbound_at=tomorrow)
    assert outbox.deliver_one(conversation.pk, now=tomorrow + timedelta(seconds=1))


def test_whoever_asked_for_a_code_is_called(
    conversation: Conversation, meta: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[int] = []
    monkeypatch.setattr(refusals, "_handlers", {})
    refusals.on("131050", lambda message, _now: called.append(message.pk))
    message = queue(conversation, urgency=Urgency.BULK)
    refuse(meta, 131050)
    outbox.deliver_one(conversation.pk, now=NOW)
    assert called == [message.pk]


@pytest.mark.parametrize(("code", "_http", "kind"), ROWS, ids=[str(row[0]) for row in ROWS])
def test_row_in_a_status(
    aurora: Aurora, conversation: Conversation, code: int, _http: int, kind: type[IntegrationError]
) -> None:
    """The same code, told after the message was taken: the same is stopped, and only what passes is sent once more."""
    message = queue(conversation)
    Message.objects.filter(pk=message.pk).update(state=MessageState.SENT, wamid="wamid.x")
    report = statuses.Report("wamid.x", None, "failed", NOW, error_code=str(code), error_detail="words")
    assert statuses.apply_status(clinic_id=aurora.clinic.pk, report=report)
    message.refresh_from_db()
    fate, number = FATES.get(code, FAILED), Number.objects.get(pk=aurora.number.pk)
    assert (message.state, message.error_code, message.error_detail) == (MessageState.FAILED, str(code), "words")
    assert (number.blocked_code, number.is_active) == (fate.blocked, fate.is_active)
    assert list(Alert.objects.values_list("kind", flat=True)) == ([fate.alert] if fate.alert else [])
    again = Message.objects.filter(resend_of=message).first()
    assert (again is not None) == issubclass(kind, Throttled | Unreachable)
    if again is not None and fate.wait is not None:
        wait = seconds_to_wait(again)
        assert wait is not None
        assert fate.wait[0] <= wait <= fate.wait[1]


# --- A number that WhatsApp does not know ----------------------------------------------------------------------------

WITH_NINE, WITHOUT_NINE = "5511987650777", "551187650777"


def never_wrote(aurora: Aurora, wa_id: str = WITH_NINE) -> Conversation:
    """They have called: the clinic may write, but nothing came from them."""
    return make_conversation(aurora.number, make_contact(aurora.clinic, wa_id), last_call_at=NOW)


def form_of(conversation: Conversation) -> str | None:
    return type(conversation.contact).objects.get(pk=conversation.contact_id).wa_id


@pytest.mark.parametrize(("first", "second"), [(WITH_NINE, WITHOUT_NINE), (WITHOUT_NINE, WITH_NINE)])
def test_the_other_form_is_tried_once(aurora: Aurora, meta: Simulator, first: str, second: str) -> None:
    conversation = never_wrote(aurora, first)
    message = queue(conversation, author=Author.STAFF)
    refuse(meta, 131026, count=2)
    try_now(message)
    assert (message.state, form_of(conversation)) == (MessageState.QUEUED, second)
    try_now(message)
    assert (message.state, message.attempts, form_of(conversation)) == (MessageState.FAILED, 2, first)


@pytest.mark.parametrize("is_later", [False, True], ids=["at once", "by a status"])
def test_both_forms_are_tried_once_for_each_contact(aurora: Aurora, meta: Simulator, *, is_later: bool) -> None:
    conversation = never_wrote(aurora)
    first = queue(conversation)
    refuse(meta, 131026, count=2)
    try_now(first)
    try_now(first)
    second = queue(conversation)
    if is_later:
        report = statuses.Report("wamid.z", second.pk, "failed", NOW, error_code="131026")
        statuses.apply_status(clinic_id=aurora.clinic.pk, report=report)
        second.refresh_from_db()
        assert not Message.objects.filter(resend_of=second).exists()
    else:
        refuse(meta, 131026)
        try_now(second)
        assert second.attempts == 1
    assert (second.state, form_of(conversation)) == (MessageState.FAILED, WITH_NINE)


def test_another_number_of_the_contact_is_tried_anew(aurora: Aurora, meta: Simulator) -> None:
    conversation = never_wrote(aurora)
    type(conversation.contact).objects.update(other_form_tried="5511987650001")
    message = queue(conversation)
    refuse(meta, 131026)
    try_now(message)
    assert (message.state, form_of(conversation)) == (MessageState.QUEUED, WITHOUT_NINE)


def test_who_got_a_message_is_known_by_the_form_it_went_to(aurora: Aurora, meta: Simulator) -> None:
    conversation = never_wrote(aurora)
    arrived = queue(conversation)
    Message.objects.filter(pk=arrived.pk).update(state=MessageState.DELIVERED)
    message = queue(conversation)
    refuse(meta, 131026)
    try_now(message)
    assert (message.state, form_of(conversation)) == (MessageState.FAILED, WITH_NINE)


def test_who_has_written_is_known_by_the_form_they_wrote_with(conversation: Conversation, meta: Simulator) -> None:
    message = queue(conversation)
    refuse(meta, 131026)
    try_now(message)
    assert (message.state, form_of(conversation)) == (MessageState.FAILED, DALVA_PHONE)


@pytest.mark.parametrize("phone", ["551132145678", "4915112345678"])
def test_a_landline_and_a_foreign_number_have_no_other_form(aurora: Aurora, meta: Simulator, phone: str) -> None:
    message = queue(never_wrote(aurora, phone))
    refuse(meta, 131026)
    try_now(message)
    assert message.state == MessageState.FAILED


def test_the_other_form_is_tried_when_the_failure_comes_later(aurora: Aurora, meta: Simulator) -> None:
    conversation = never_wrote(aurora)
    message = queue(conversation, author=Author.STAFF)
    report = statuses.Report("wamid.x", message.pk, "failed", NOW, error_code="131026")
    statuses.apply_status(clinic_id=aurora.clinic.pk, report=report)
    again = Message.objects.get(resend_of=message)
    assert (again.state, form_of(conversation)) == (MessageState.QUEUED, WITHOUT_NINE)
    report = statuses.Report("wamid.y", again.pk, "failed", NOW, error_code="131026")
    statuses.apply_status(clinic_id=aurora.clinic.pk, report=report)
    assert form_of(conversation) == WITH_NINE
    assert Message.objects.count() == 2


# --- Two on their way at once ----------------------------------------------------------------------------------------


def on_their_way(meta: Simulator, conversation: Conversation, count: int) -> list[Message]:
    """So many messages that Meta has taken, and whose ends nobody has told yet."""
    meta.control("POST", f"patients/{WITH_NINE}/messages", {"to": "aurora", "text": "oi"})
    messages = [queue(conversation) for _ in range(count)]
    for message in messages:
        try_now(message)
        assert message.state == MessageState.SENT
    return messages


def undeliverable(message: Message) -> None:
    report = statuses.Report("", message.pk, "failed", NOW, error_code="131026")
    statuses.apply_status(clinic_id=message.clinic_id, report=report)


def resent(message: Message) -> Message | None:
    return Message.objects.filter(resend_of=message).first()


def test_all_that_went_to_the_form_that_is_none_go_to_the_other(aurora: Aurora, meta: Simulator) -> None:
    conversation = never_wrote(aurora)
    messages = on_their_way(meta, conversation, 3)
    for message in messages:
        undeliverable(message)
    again = [resent(message) for message in messages]
    assert all(again)
    assert form_of(conversation) == WITHOUT_NINE


def test_what_failed_late_goes_where_the_first_has_arrived(aurora: Aurora, meta: Simulator) -> None:
    conversation = never_wrote(aurora)
    first, second = on_their_way(meta, conversation, 2)
    undeliverable(first)
    again = resent(first)
    assert again is not None
    try_now(again)
    statuses.apply_status(clinic_id=aurora.clinic.pk, report=statuses.Report("wamid.there", again.pk, "delivered", NOW))
    undeliverable(second)
    assert resent(second) is not None
    assert form_of(conversation) == WITHOUT_NINE


def test_neither_form_is_tried_twice_by_many(aurora: Aurora, meta: Simulator) -> None:
    conversation = never_wrote(aurora)
    messages = on_their_way(meta, conversation, 3)
    undeliverable(messages[0])
    undeliverable(messages[1])
    again = [resent(message) for message in messages[:2]]
    for message in again:
        assert message is not None
        try_now(message)
        assert message.state == MessageState.SENT
        undeliverable(message)
        # The first form is put back once, and stays.
        assert form_of(conversation) == WITH_NINE
    undeliverable(messages[2])
    assert resent(messages[2]) is None
    assert form_of(conversation) == WITH_NINE
    assert Message.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_two_reports_at_the_same_moment_turn_once(aurora: Aurora, meta: Simulator) -> None:
    conversation = never_wrote(aurora)
    messages = on_their_way(meta, conversation, 4)
    start = threading.Barrier(len(messages))

    def tell(message: Message) -> None:
        start.wait()
        try:
            undeliverable(message)
        finally:
            connection.close()

    threads = [threading.Thread(target=tell, args=(message,)) for message in messages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Message.objects.filter(resend_of__in=messages).count() == len(messages)
    assert form_of(conversation) == WITHOUT_NINE
