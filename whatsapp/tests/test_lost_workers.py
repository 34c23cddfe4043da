"""A row that kills its worker each time is set aside after some, and never keeps the others back. Real processes."""

import signal
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models.functions import Now
from pytest_django import Settings

from atendeai.testing import webhooks
from atendeai.testing.factories import MONDAY, make_contact, make_conversation
from atendeai.testing.people import DALVA_PHONE, Aurora
from atendeai.testing.processes import dies, ends
from clinics.calendar_looks import LookFirst, Looks, Wish
from whatsapp import arrivals, beginnings, handling, inbox, notices, payloads, settling, statuses
from whatsapp.models import Conversation, Delivery, DeliveryState, Item, ItemState, Message
from whatsapp.payloads import Kind

pytestmark = pytest.mark.django_db(transaction=True)
POISON = "veneno"
LEFT = """
SELECT EXISTS (SELECT 1 FROM pg_stat_activity
                WHERE pid <> pg_backend_pid()
                  AND pid IN (SELECT begun_by FROM whatsapp_delivery UNION SELECT begun_by FROM whatsapp_item))
"""


def kills(name: str, is_poison: Callable[..., bool], owner: Any, patch: pytest.MonkeyPatch) -> None:
    """The function ends its process when it meets the poison."""
    real = getattr(owner, name)

    def deadly(*args: Any, **kwargs: Any) -> Any:
        if is_poison(*args, **kwargs):
            dies()
        return real(*args, **kwargs)

    patch.setattr(owner, name, deadly)


def until_no_one_dies(act: Callable[[], Any]) -> int:
    """Lets one worker after the other have a turn; how many were lost."""
    for lost in range(20):
        if ends(act) == 0:
            return lost
        until_their_connections_end()
    raise AssertionError("it kills for ever")


def until_their_connections_end() -> None:
    """The database notices within milliseconds."""
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute(LEFT)
            if not cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("the killed worker's connection lives on")


def message(text: str, number: int) -> dict[str, Any]:
    return webhooks.text_message(DALVA_PHONE, text, wamid=f"wamid.{number}", timestamp=1_795_000_000 + number)


def store(aurora: Aurora, *texts: str) -> None:
    for number, text in enumerate(texts):
        body = webhooks.body(webhooks.change(aurora.number.phone_number_id, messages=[message(text, number)]))
        inbox.store(body=body, signed_by=None)


def unpack() -> None:
    while inbox.unpack_some(now=MONDAY).taken:
        pass


def test_a_delivery_is_set_aside_and_the_others_of_its_batch_are_unpacked(
    aurora: Aurora, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(aurora, "um", POISON, "dois")
    with monkeypatch.context() as patch:
        kills("unpack", lambda body: POISON.encode() in body, payloads, patch)
        assert until_no_one_dies(unpack) == settings.MAX_LOST_WORKERS
    aside = Delivery.objects.get(state=DeliveryState.SET_ASIDE)
    assert POISON.encode() in bytes(aside.body)
    assert aside.last_error == "worker_lost"
    assert Delivery.objects.filter(state=DeliveryState.UNPACKED).count() == 2
    assert set(Item.objects.values_list("provider_id", flat=True)) == {"wamid.0", "wamid.2"}


def test_an_item_is_set_aside_and_its_chat_goes_on(
    aurora: Aurora, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(aurora, "um", POISON, "dois")
    unpack()
    chat = Conversation.objects.get().pk
    with monkeypatch.context() as patch:
        kills("handle", lambda _chat, item, *_: POISON in item.payload, arrivals, patch)

        def work() -> None:
            while handling.work(chat, now=MONDAY):
                pass

        assert until_no_one_dies(work) == settings.MAX_LOST_WORKERS
    aside = Item.objects.get(state=ItemState.SET_ASIDE)
    assert (aside.provider_id, aside.reason) == ("wamid.1", "worker_lost")
    assert list(Message.objects.filter(direction="in").order_by("id").values_list("body", flat=True)) == ["um", "dois"]
    assert Item.objects.filter(state=ItemState.WAITING).count() == 0


def test_an_item_whose_look_at_the_calendar_kills_is_set_aside_too(
    aurora: Aurora, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(aurora, POISON)
    unpack()
    chat = Conversation.objects.get().pk
    wish = Wish(aurora.clinic.pk, aurora.helena.pk, MONDAY, MONDAY)

    def wants(*_: Any) -> Any:
        raise LookFirst(wish)

    with monkeypatch.context() as patch:
        patch.setattr(arrivals, "handle", wants)
        handling.work(chat, now=MONDAY)
        assert Item.objects.get().begun == 0
        patch.setattr(Looks, "look", dies)
        assert until_no_one_dies(lambda: handling.work(chat, now=MONDAY)) == settings.MAX_LOST_WORKERS
    assert Item.objects.get().state == ItemState.SET_ASIDE


def test_a_status_is_set_aside_and_the_lane_goes_on(
    aurora: Aurora, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = make_conversation(aurora.number, make_contact(aurora.clinic, DALVA_PHONE))
    sent = [out(chat, number) for number in range(3)]
    told = [webhooks.status(one.wamid or "", "delivered") for one in sent]
    inbox.store(body=webhooks.body(webhooks.change(aurora.number.phone_number_id, statuses=told)), signed_by=None)
    unpack()
    with monkeypatch.context() as patch:
        kills("apply_status", lambda *, report, **_: report.wamid == "wamid.out1", statuses, patch)
        assert until_no_one_dies(lambda: settling.settle(now=MONDAY)) == settings.MAX_LOST_WORKERS
    assert Item.objects.get(state=ItemState.SET_ASIDE).provider_id == "wamid.out1"
    states = Message.objects.order_by("id").values_list("state", flat=True)
    assert list(states) == ["delivered", "sent", "delivered"]


def out(chat: Any, number: int) -> Message:
    return Message.objects.create(
        clinic_id=chat.clinic_id,
        conversation=chat,
        direction="out",
        author="bot",
        type="text",
        content="{}",
        wamid=f"wamid.out{number}",
        state="sent",
        created_at=MONDAY,
    )


def test_a_notice_is_set_aside_and_the_lane_goes_on(
    aurora: Aurora, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, event in enumerate(("PARTNER_ADDED", POISON, "PARTNER_REMOVED")):
        Item.objects.create(
            clinic=aurora.clinic,
            delivery=Delivery.objects.create(body=b"{}", state=DeliveryState.UNPACKED),
            scope="1",
            kind=Kind.ACCOUNT,
            provider_id=str(number),
            provider_at=MONDAY,
            payload=f'{{"event": "{event}"}}',
        )
    with monkeypatch.context() as patch:
        kills("_apply", lambda item, _now: POISON in item.payload, notices, patch)
        assert until_no_one_dies(lambda: notices.work(now=MONDAY)) == settings.MAX_LOST_WORKERS
    assert Item.objects.get(state=ItemState.SET_ASIDE).provider_id == "1"
    assert Item.objects.filter(state=ItemState.WAITING).count() == 0


def test_what_a_lost_worker_had_begun_is_taken_up_at_once_and_in_its_order(
    aurora: Aurora, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(aurora, "um", "dois")
    with monkeypatch.context() as patch:
        kills("unpack", lambda _body: True, payloads, patch)
        assert ends(unpack) == signal.SIGKILL
    until_their_connections_end()
    store(aurora, *("um", "dois", "três"))
    unpacked = [unpacked_next() for _ in range(2)]
    assert unpacked == [["wamid.0"], ["wamid.0", "wamid.1"]]


def unpacked_next() -> list[str]:
    inbox.unpack_some(now=MONDAY)
    return list(Item.objects.order_by("id").values_list("provider_id", flat=True))


def test_what_a_living_worker_has_just_begun_is_left_to_it(aurora: Aurora) -> None:
    store(aurora, "um")
    stored = Delivery.objects.filter(state=DeliveryState.STORED).order_by("id")
    assert len(beginnings.begin(stored, 20)) == 1
    said = list[int]()

    def other() -> None:
        try:
            said.append(inbox.unpack_some(now=MONDAY).taken)
        finally:
            connection.close()

    worker = threading.Thread(target=other)
    worker.start()
    worker.join()
    assert (said, Delivery.objects.get().begun) == ([0], 1)


class Limit(BaseException):
    """As a time limit strikes: anywhere, and no error like others."""


@pytest.mark.parametrize("place", ["in the work", "while it unlocks"])
def test_a_chat_is_free_again_however_its_worker_s_turn_ends(
    aurora: Aurora, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if place == "in the work":
        with pytest.raises(Limit), beginnings.alone(1):
            raise Limit
    else:
        with monkeypatch.context() as patch, pytest.raises(Limit), beginnings.alone(1):
            patch.setattr(CursorWrapper, "execute", strikes)
    assert is_free(1)


def strikes(*_: Any, **__: Any) -> Any:
    raise Limit


def is_free(chat: int) -> bool:
    """To a worker with another connection, at the latest after a moment: a connection that was closed has to end."""
    said = list[bool]()

    def other() -> None:
        try:
            with beginnings.alone(chat) as is_mine:
                said.append(is_mine)
        finally:
            connection.close()

    for _ in range(20):
        worker = threading.Thread(target=other)
        worker.start()
        worker.join()
        if said[-1]:
            return True
    return False


def test_an_error_of_the_whole_batch_is_no_lost_worker(aurora: Aurora, monkeypatch: pytest.MonkeyPatch) -> None:
    store(aurora, "um")
    with monkeypatch.context() as patch:
        patch.setattr("whatsapp.routing.want", lambda **_: 1 / 0)
        for _ in range(6):
            with pytest.raises(ZeroDivisionError):
                inbox.unpack_some(now=MONDAY)
    unpack()
    assert Delivery.objects.get().state == DeliveryState.UNPACKED


def test_a_chat_that_somebody_holds_in_the_portal_costs_no_count_and_no_rest(aurora: Aurora) -> None:
    store(aurora, "um")
    unpack()
    chat = Conversation.objects.get()
    said = list[bool]()

    def work() -> None:
        try:
            said.append(handling.work(chat.pk, now=MONDAY))
        finally:
            connection.close()

    with transaction.atomic():
        Conversation.objects.select_for_update().get(pk=chat.pk)
        worker = threading.Thread(target=work)
        worker.start()
        worker.join()
    item = Item.objects.get()
    assert (said, item.state, item.begun, item.begun_at) == ([False], ItemState.WAITING, 0, None)
    handling.work(chat.pk, now=MONDAY)
    assert Item.objects.get().state == ItemState.DONE


def test_what_a_worker_holds_for_long_is_not_counted_again(aurora: Aurora, monkeypatch: pytest.MonkeyPatch) -> None:
    store(aurora, "um")
    unpack()
    chat = Conversation.objects.get().pk
    real, said = arrivals.handle, list[bool]()

    def meanwhile(*what: Any) -> Any:
        other = threading.Thread(target=lambda: said.append(look()))
        other.start()
        other.join()
        return real(*what)

    def look() -> bool:
        try:
            return handling.work(chat, now=MONDAY)
        finally:
            connection.close()

    monkeypatch.setattr(arrivals, "handle", meanwhile)
    handling.work(chat, now=MONDAY)
    assert said == [False]
    assert (Item.objects.get().state, Item.objects.get().begun) == (ItemState.DONE, 1)


def test_what_was_written_first_is_worked_first_though_another_worker_still_unpacks_it(aurora: Aurora) -> None:
    # In one and the same second of the provider's.
    for number, text in enumerate(("um", "dois")):
        written = {**message(text, number), "timestamp": "1795000000"}
        body = webhooks.body(webhooks.change(aurora.number.phone_number_id, messages=[written]))
        inbox.store(body=body, signed_by=None)
    first = Delivery.objects.order_by("id")[:1].get()
    with connection.cursor() as cursor:
        # Begun a moment ago by somebody whose connection lives.
        cursor.execute(
            "UPDATE whatsapp_delivery SET begun = 1, begun_at = now(), begun_by = pg_backend_pid() WHERE id = %s",
            [first.pk],
        )
    unpack()
    chat = Conversation.objects.get().pk
    assert handling.work(chat, now=MONDAY)
    assert not Message.objects.exists()
    Delivery.objects.filter(pk=first.pk).update(begun=0, begun_at=None)
    unpack()
    while handling.work(chat, now=MONDAY):
        pass
    assert list(Message.objects.filter(direction="in").order_by("id").values_list("body", flat=True)) == ["um", "dois"]


def test_nobody_waits_for_a_call_about_somebody_else(aurora: Aurora) -> None:
    other = {**message("zero", 0), "from": "5511900000000"}
    inbox.store(body=webhooks.body(webhooks.change(aurora.number.phone_number_id, messages=[other])), signed_by=None)
    store(aurora, "um")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE whatsapp_delivery SET begun = 1, begun_at = now(), begun_by = pg_backend_pid()"
            " WHERE id = (SELECT min(id) FROM whatsapp_delivery)"
        )
    unpack()
    while handling.work(Conversation.objects.get().pk, now=MONDAY):
        pass
    assert Message.objects.filter(direction="in").get().body == "um"


@pytest.mark.parametrize("why", ["old", "failed"])
def test_nobody_waits_for_a_call_that_takes_long_or_failed(aurora: Aurora, why: str) -> None:
    store(aurora, "um", "dois")
    later = Now() + 10 * beginnings.PAUSE
    changes = {
        "failed": {"not_before": later},
        "old": {"received_at": Now() - timedelta(seconds=16), "begun_at": later},
    }
    first = Delivery.objects.order_by("id")[:1].get()
    Delivery.objects.filter(pk=first.pk).update(**changes[why])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE whatsapp_delivery SET begun_by = pg_backend_pid() WHERE begun_at IS NOT NULL")
    unpack()
    while handling.work(Conversation.objects.get().pk, now=MONDAY):
        pass
    assert Message.objects.filter(direction="in").get().body == "dois"
