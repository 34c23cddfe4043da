"""Reports in every order, repeated, before our row knows its wamid: always the highest rung, each counted once."""

import json
import threading
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now

from atendeai.testing.factories import MONDAY, make_contact, make_conversation
from atendeai.testing.people import DALVA_PHONE, Aurora
from clinics.models import Alert
from whatsapp import cloud_api, outbox, outcomes, set_aside, settling, statuses
from whatsapp.models import (
    LADDER,
    Author,
    Conversation,
    Delivery,
    DeliveryState,
    Item,
    ItemState,
    Message,
    MessageCost,
    MessageState,
    Number,
    Urgency,
)
from whatsapp.payloads import Kind

NOW = MONDAY
WORDS = ("sent", "delivered", "read", "played", "failed")
ORDERS = list(permutations(WORDS))
PRICING = {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "service"}


@pytest.fixture
def conversation(aurora: Aurora) -> Conversation:
    return make_conversation(aurora.number, make_contact(aurora.clinic, DALVA_PHONE), last_inbound_at=NOW)


def queue(conversation: Conversation, author: str = Author.BOT, **extra: Any) -> Message:
    return outbox.queue(
        conversation=conversation, content=cloud_api.Text("olá"), body="olá", author=author, now=NOW, **extra
    )


def in_flight(conversation: Conversation) -> Message:
    """Claimed by a worker whose call has not come back yet."""
    message = queue(conversation)
    Message.objects.filter(pk=message.pk).update(state=MessageState.SENDING, attempts=1)
    return Message.objects.select_related("clinic", "conversation__contact").get(pk=message.pk)


def report(
    message: Message,
    state: str,
    *,
    code: str = "131051",
    pricing: dict[str, Any] | str | None = None,
    minute: int = 0,
    is_tracked: bool = True,
    wamid: str = "wamid.x",
    clinic_id: int = 0,
) -> bool:
    told = statuses.Report(
        wamid=wamid,
        tracked=message.pk if is_tracked else None,
        state=state,
        at=NOW + timedelta(minutes=minute),
        error_code=code if state == "failed" else "",
        pricing=json.dumps(pricing) if pricing is not None else "",
    )
    return statuses.apply_status(clinic_id=clinic_id or message.clinic_id, report=told)


def highest(seen: list[str]) -> str:
    return max(seen, key=LADDER.index)


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_any_order_before_the_call_comes_back(conversation: Conversation, order: tuple[str, ...]) -> None:
    message = in_flight(conversation)
    for count, word in enumerate(order, 1):
        for _ in range(2):
            report(message, word, pricing=PRICING if word in ("sent", "read") else None)
            message_now = Message.objects.get(pk=message.pk)
            assert message_now.state == highest([*order[:count]])
    outcomes.record_sent(message, cloud_api.Sent("wamid.x", None, None, "accepted"))
    check_the_end(Message.objects.get(pk=message.pk))


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_any_order_by_wamid_after_the_call(conversation: Conversation, order: tuple[str, ...]) -> None:
    message = in_flight(conversation)
    outcomes.record_sent(message, cloud_api.Sent("wamid.x", None, None, "accepted"))
    for word in (*order, *reversed(order)):
        assert report(message, word, is_tracked=False, pricing=PRICING if word in ("sent", "delivered") else None)
    check_the_end(Message.objects.get(pk=message.pk))


def check_the_end(message: Message) -> None:
    assert (message.state, message.wamid, message.error_code) == (MessageState.PLAYED, "wamid.x", "")
    assert (message.delivered_at, message.read_at, message.played_at) == (NOW, NOW, NOW)
    assert sorted(message.events.values_list("state", flat=True)) == sorted(WORDS)
    costs = MessageCost.objects.filter(message=message)
    assert list(costs.values_list("category", "is_billable", "is_void", "author")) == [("service", True, False, "bot")]
    # Nothing of it is sent a second time.
    assert Message.objects.filter(conversation=message.conversation_id).count() == 1


def test_the_time_of_each_state_is_the_first_one_told(conversation: Conversation) -> None:
    message = queue(conversation)
    for minute, word in enumerate(("read", "sent", "delivered", "played")):
        report(message, word, minute=minute)
        report(message, word, minute=minute + 30)
    message.refresh_from_db()
    times = [message.sent_at, message.delivered_at, message.read_at, message.played_at]
    assert times == [NOW + timedelta(minutes=minute) for minute in (1, 2, 0, 3)]
    assert list(message.events.values_list("state", flat=True)) == ["read", "sent", "delivered", "played"]


@pytest.mark.parametrize("word", ["deleted", "warning", "unknown", "sending", "queued", "received", "", "ß" * 32])
def test_a_word_nobody_knows_is_kept_and_moves_nothing(conversation: Conversation, word: str) -> None:
    message = in_flight(conversation)
    assert report(message, word)
    assert report(message, word)
    message.refresh_from_db()
    assert message.state == MessageState.SENDING
    assert list(message.events.values_list("state", flat=True)) == [word]


def test_a_report_without_a_wamid_is_taken_by_its_tracker(conversation: Conversation) -> None:
    for message in (queue(conversation), queue(conversation)):
        assert report(message, "sent", wamid="")
        message.refresh_from_db()
        assert (message.state, message.wamid) == (MessageState.SENT, None)


def test_the_tracker_wins_over_a_wamid_of_another_row(conversation: Conversation) -> None:
    other, message = queue(conversation), queue(conversation)
    Message.objects.filter(pk=other.pk).update(wamid="wamid.x", state=MessageState.SENT)
    Message.objects.filter(pk=message.pk).update(wamid="wamid.y", state=MessageState.SENT)
    report(message, "read", wamid="wamid.x")
    states = dict(Message.objects.values_list("pk", "state"))
    assert states == {other.pk: MessageState.SENT, message.pk: MessageState.READ}


def test_another_clinic_s_message_is_not_meant(conversation: Conversation) -> None:
    from atendeai.testing.people import make_aurora

    boreal = make_aurora("boreal", "100000000000002")
    message = in_flight(conversation)
    assert not report(message, "read", clinic_id=boreal.clinic.pk)
    assert MessageCost.objects.count() == message.events.count() == 0


def status_item(message: Message, word: str, **payload: Any) -> Item:
    delivery = Delivery.objects.create(body=b"{}", state=DeliveryState.UNPACKED)
    content = {"id": "wamid.late", "status": word, "timestamp": str(int(NOW.timestamp())), **payload}
    return Item.objects.create(
        delivery=delivery,
        clinic_id=message.clinic_id,
        scope=message.conversation.number.phone_number_id,
        kind=Kind.STATUS,
        provider_id="wamid.late",
        status=word,
        provider_at=NOW,
        payload=json.dumps(content),
    )


def test_reports_that_overtake_everything_wait_and_are_taken_later(conversation: Conversation) -> None:
    message = in_flight(conversation)
    items = [status_item(message, word) for word in ("read", "failed", "delivered", "sent", "read ")]
    settling.settle(now=NOW)
    assert set(Item.objects.values_list("state", "last_error")) == {(ItemState.WAITING, "unknown_message")}
    outcomes.record_sent(message, cloud_api.Sent("wamid.late", None, None, "accepted"))
    Item.objects.update(not_before=None)
    settling.settle(now=NOW)
    message.refresh_from_db()
    assert message.state == MessageState.READ
    assert message.events.count() == len(items)
    assert set(Item.objects.values_list("state", flat=True)) == {ItemState.DONE}


@pytest.mark.django_db(transaction=True)
def test_all_reports_at_the_same_moment(conversation: Conversation) -> None:
    message = in_flight(conversation)
    start = threading.Barrier(10)

    def tell(word: str) -> None:
        start.wait()
        try:
            report(message, word, pricing=PRICING)
        finally:
            connection.close()

    threads = [threading.Thread(target=tell, args=(word,)) for word in WORDS * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    message.refresh_from_db()
    assert message.sent_at == NOW
    check_the_end(message)


# --- What it costs -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pricing", "counted"),
    [
        (PRICING, ("service", "regular", True)),
        ({"category": "utility", "type": "regular"}, ("utility", "regular", True)),
        ({"category": "service", "pricing_type": "free_customer_service"}, ("service", "free_customer_service", False)),
        ({"category": "service", "type": "free_entry_point"}, ("service", "free_entry_point", False)),
        ({"billable": False, "category": "marketing"}, ("marketing", "", False)),
        ({"billable": "yes"}, ("unknown", "", True)),
        ({"category": ["odd"], "type": 7}, ("['odd']", "7", True)),
    ],
)
def test_what_a_report_says_of_its_price(
    conversation: Conversation, pricing: dict[str, Any], counted: tuple[str, str, bool]
) -> None:
    message = queue(conversation, author=Author.STAFF)
    report(message, "delivered", pricing=pricing)
    assert list(MessageCost.objects.values_list("category", "pricing_type", "is_billable")) == [counted]
    assert json.loads(message.events.get().pricing) == pricing
    assert MessageCost.objects.get().author == Author.STAFF


def test_the_day_is_the_clinic_s(conversation: Conversation) -> None:
    message = queue(conversation)
    # 23:30 in São Paulo is the next day in UTC.
    report(message, "sent", pricing=PRICING, minute=15 * 60 + 30)
    assert MessageCost.objects.get().day == NOW.date()


@pytest.mark.parametrize("order", [("sent", "failed"), ("failed", "sent")])
def test_what_failed_is_not_charged_until_it_has_arrived(conversation: Conversation, order: tuple[str, str]) -> None:
    message = queue(conversation)
    for word in order:
        report(message, word, pricing=PRICING if word == "sent" else None)
    assert MessageCost.objects.get().is_void
    report(message, "delivered")
    assert not MessageCost.objects.get().is_void


@pytest.mark.parametrize("arrived", ["delivered", "read", "played"])
def test_what_a_person_sent_again_is_charged_when_it_arrives(conversation: Conversation, arrived: str) -> None:
    message = queue(conversation, author=Author.STAFF)
    report(message, "sent", pricing=PRICING)
    report(message, "failed")
    assert set_aside.messages.again(Message.objects.get(pk=message.pk), NOW) == ""
    report(message, "sent", pricing=PRICING, wamid="wamid.y", minute=1)
    assert MessageCost.objects.get().is_void
    report(message, arrived, wamid="wamid.y", minute=2)
    assert not MessageCost.objects.get().is_void


def test_a_report_of_what_nobody_sent_again_asks_nothing_more(
    conversation: Conversation, django_assert_num_queries: Any
) -> None:
    message = queue(conversation)
    report(message, "sent", pricing=PRICING)
    # The climb, and what is kept of it.
    with django_assert_num_queries(2):
        report(message, "delivered", pricing=PRICING)


def test_a_price_in_letters_that_no_column_takes_is_kept_all_the_same(conversation: Conversation) -> None:
    message = queue(conversation)
    assert report(message, "sent", pricing={"category": "serv\0ice", "type": "reg\0ular\ud800", "billable": True})
    counted = MessageCost.objects.get()
    assert (counted.category, counted.pricing_type) == ("serv\ufffdice", "reg\ufffdular\ufffd")
    assert message.events.count() == 1


# --- What a failure on the way asks for ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "blocked", "alert"),
    [
        ("190", "190", "send_blocked"),
        ("0", "0", "send_blocked"),
        ("33", "33", "send_blocked"),
        ("131031", "131031", "send_stopped"),
        ("368", "368", "send_stopped"),
        ("131042", "", "send_billing"),
        ("131048", "", "send_spam"),
        ("131047", "", None),
        ("131026", "", None),
        ("", "", None),
    ],
)
def test_a_failure_does_what_its_code_says(
    aurora: Aurora, conversation: Conversation, code: str, blocked: str, alert: str | None
) -> None:
    message = queue(conversation)
    report(message, "failed", code=code)
    message.refresh_from_db()
    assert (message.state, message.error_code) == (MessageState.FAILED, code)
    assert Number.objects.get().blocked_code == blocked
    assert list(Alert.objects.values_list("kind", flat=True)) == ([alert] if alert else [])
    assert Message.objects.count() == 1


@pytest.mark.parametrize("code", ["131000", "131016", "131056", "130429", "2", "80007"])
def test_what_failed_for_a_while_is_sent_once_more_as_a_row_of_its_own(conversation: Conversation, code: str) -> None:
    item = status_item(queue(conversation, urgency=Urgency.BULK), "sent")
    message = queue(conversation, item=item)
    report(message, "failed", code=code)
    report(message, "failed", code=code)
    again = Message.objects.get(resend_of=message)
    assert (again.state, again.resends, again.body, again.item) == (MessageState.QUEUED, 1, "olá", None)
    assert again.number_id == conversation.number_id
    assert again.not_before is not None
    report(again, "failed", code=code, wamid="wamid.again")
    assert Message.objects.filter(conversation=conversation, urgency=Urgency.REPLY).count() == 2


def test_what_arrived_after_all_is_not_sent_again(conversation: Conversation) -> None:
    message = queue(conversation)
    report(message, "failed", code="131000")
    assert Message.objects.filter(resend_of=message).exists()
    report(message, "delivered")
    assert not Message.objects.filter(resend_of=message).exists()


def test_what_a_person_wrote_is_left_to_them(conversation: Conversation) -> None:
    report(queue(conversation, author=Author.STAFF), "failed", code="131000")
    assert Message.objects.count() == 1


@pytest.mark.parametrize(("former", "wakes"), [(MessageState.UNKNOWN, True), (MessageState.SENT, False)])
def test_what_an_unknown_row_held_back_goes_on_at_once(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch, former: str, wakes: bool
) -> None:
    woken: list[tuple[str, int]] = []
    message = in_flight(conversation)
    Message.objects.filter(pk=message.pk).update(state=former, unknown_since=Now())
    wake = lambda task, *, conversation_id: woken.append((task, conversation_id))  # noqa: E731
    monkeypatch.setattr(statuses, "wake_after_commit", wake)
    report(message, "delivered")
    assert woken == ([("whatsapp.deliver", conversation.pk)] if wakes else [])
