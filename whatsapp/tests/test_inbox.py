"""Each item once, in its place, whatever Meta repeats or mixes."""

import contextlib
import random
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected

from atendeai.testing import webhooks
from atendeai.testing.factories import MONDAY, make_contact, make_number
from atendeai.testing.people import DALVA_PHONE, Aurora, make_aurora
from atendeai.testing.together import run_together
from whatsapp import contacts, crowd, inbox, payloads, routing
from whatsapp.models import Contact, Conversation, Delivery, DeliveryState, Item, ItemState
from whatsapp.set_aside import deliveries

AURORA_ID, BOREAL_ID = "100000000000001", "100000000000002"


def receive(*entries: dict[str, object], signed_by: int | None = None) -> None:
    inbox.store(body=webhooks.body(*entries), signed_by=signed_by)
    inbox.unpack_some(now=MONDAY)


def message(text: str = "oi", sender: str = DALVA_PHONE, **extra: str) -> dict[str, object]:
    return webhooks.text_message(sender, text, **extra)  # type: ignore[arg-type]


def test_every_entry_change_and_message_becomes_an_item_of_its_clinic(aurora: Aurora) -> None:
    boreal = make_aurora("boreal", BOREAL_ID)
    receive(
        webhooks.change(AURORA_ID, messages=[message("a"), message("b")]),
        webhooks.change(BOREAL_ID, messages=[message("c")], statuses=[webhooks.status("wamid.x", "sent")]),
    )
    found = Item.objects.order_by("id").values_list("clinic__slug", "kind", "state")
    assert list(found) == [
        ("aurora", "message", "waiting"),
        ("aurora", "message", "waiting"),
        ("boreal", "message", "waiting"),
        ("boreal", "status", "waiting"),
    ]
    assert Conversation.objects.filter(wanted_at__isnull=False).count() == 2
    # The same person is another contact, and no patient, at the other clinic.
    assert Contact.objects.get(clinic=aurora.clinic).patient == aurora.dalva
    assert Contact.objects.get(clinic=boreal.clinic).patient == boreal.dalva != aurora.dalva


def test_a_repeated_delivery_adds_nothing(aurora: Aurora) -> None:
    entry = webhooks.change(AURORA_ID, messages=[message(wamid="wamid.same")])
    for _ in range(3):
        receive(entry)
    inbox.store(body=webhooks.body(entry), signed_by=None)
    assert inbox.unpack_some(now=MONDAY).conversation_ids == (), "nobody is woken for nothing"
    receive(webhooks.change(AURORA_ID, messages=[message(wamid="wamid.same"), message(wamid="wamid.new")]))
    assert sorted(Item.objects.values_list("provider_id", flat=True)) == ["wamid.new", "wamid.same"]
    assert set(Delivery.objects.values_list("state", flat=True)) == {DeliveryState.UNPACKED}


def test_a_deadlock_is_no_failure_of_the_call_it_strikes(aurora: Aurora, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two workers make the same new people in another order: it goes on at once, before later calls of its chat."""
    inbox.store(body=webhooks.body(webhooks.change(AURORA_ID, messages=[message()])), signed_by=None)

    def struck(*_: object) -> list[Item]:
        raise OperationalError from DeadlockDetected

    with monkeypatch.context() as patch:
        patch.setattr(inbox, "_unpack", struck)
        unpacked = inbox.unpack_some(now=MONDAY)
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.begun) == (DeliveryState.STORED, 0, 0)
    assert (delivery.not_before, delivery.begun_at) == (None, None)
    # The worker is told to look again.
    assert unpacked.taken == inbox.BATCH
    inbox.unpack_some(now=MONDAY)
    assert Item.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_whoever_only_looks_whether_a_call_is_free_keeps_it_from_nobody(
    aurora: Aurora, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker's count locks a row for a moment although it finds it begun."""
    inbox.store(body=webhooks.body(webhooks.change(AURORA_ID, messages=[message()])), signed_by=None)
    claim, holds = inbox._claim, threading.Event()

    def look() -> None:
        with transaction.atomic():
            list(Delivery.objects.select_for_update())
            holds.set()
            time.sleep(0.3)
        connection.close()

    def claim_meanwhile(ids: Sequence[int]) -> list[Delivery]:
        looker = threading.Thread(target=look)
        looker.start()
        assert holds.wait(5)
        try:
            return claim(ids)
        finally:
            looker.join()

    monkeypatch.setattr(inbox, "_claim", claim_meanwhile)
    inbox.unpack_some(now=MONDAY)
    assert Delivery.objects.get().state == DeliveryState.UNPACKED


@pytest.mark.django_db(transaction=True)
def test_the_same_delivery_unpacked_by_fifty_at_once_is_one_item(aurora: Aurora) -> None:
    body = webhooks.body(webhooks.change(AURORA_ID, messages=[message(wamid="wamid.same")]))
    for _ in range(50):
        inbox.store(body=body, signed_by=None)
    errors: list[BaseException] = []

    def unpack() -> None:
        try:
            inbox.unpack_some(now=MONDAY)
        except BaseException as error:  # noqa: BLE001 - reported below
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=unpack) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert Item.objects.count() == Conversation.objects.count() == Contact.objects.count() == 1
    assert not Delivery.objects.filter(state=DeliveryState.STORED).exists()


def test_unknown_number_and_unknown_kinds_are_kept(aurora: Aurora) -> None:
    receive(
        webhooks.change("999999999999999", messages=[message()]),
        {"id": "200000000000001", "changes": [{"field": "something_new", "value": {"x": 1}}]},
    )
    assert set(Item.objects.values_list("state", flat=True)) == {ItemState.IGNORED}
    assert Item.objects.filter(reason="unknown_number").exists()


def test_own_secret_speaks_for_own_numbers_only(aurora: Aurora) -> None:
    make_aurora("boreal", BOREAL_ID)
    receive(
        webhooks.change(AURORA_ID, messages=[message()]),
        webhooks.change(BOREAL_ID, messages=[message()]),
        signed_by=aurora.clinic.id,
    )
    by_clinic = dict(Item.objects.values_list("scope", "state"))
    assert by_clinic == {AURORA_ID: ItemState.WAITING, BOREAL_ID: ItemState.FOREIGN}


def test_person_without_a_phone_is_known_by_the_business_scoped_id(aurora: Aurora) -> None:
    anonymous = {**message(), "from_user_id": "BR.123456"}
    del anonymous["from"]
    entry = webhooks.change(AURORA_ID, messages=[anonymous])
    entry["changes"][0]["value"]["contacts"] = [{"user_id": "BR.123456", "profile": {"username": "bia"}}]
    receive(entry)
    contact = Contact.objects.get()
    assert (contact.user_id, contact.wa_id, contact.match_key) == ("BR.123456", None, None)


def test_message_without_any_sender_is_set_aside_and_not_lost(aurora: Aurora) -> None:
    nobody = message()
    del nobody["from"]
    receive(webhooks.change(AURORA_ID, messages=[nobody]))
    assert Item.objects.get().state == ItemState.SET_ASIDE


def test_both_forms_of_a_mobile_are_one_contact_and_the_last_form_is_answered(aurora: Aurora) -> None:
    receive(webhooks.change(AURORA_ID, messages=[message(sender="5511987650001")]))
    receive(webhooks.change(AURORA_ID, messages=[message(sender="551187650001")]))
    contact = Contact.objects.get()
    assert (contact.wa_id, contact.match_key) == ("551187650001", "5511987650001")
    assert Conversation.objects.count() == 1


def test_landlines_with_a_nine_in_front_stay_two_people(aurora: Aurora) -> None:
    receive(webhooks.change(AURORA_ID, messages=[message(sender="5541932345678"), message(sender="554132345678")]))
    assert Contact.objects.count() == 2


def test_a_recycled_number_does_not_see_the_former_owner_s_history(aurora: Aurora) -> None:
    def write(user_id: str) -> None:
        receive(webhooks.change(AURORA_ID, messages=[{**message(), "from_user_id": user_id}]))

    write("BR.first")
    write("BR.second")
    first, second = Contact.objects.order_by("id")
    assert (first.user_id, first.wa_id, first.patient) == ("BR.first", None, aurora.dalva)
    assert (second.user_id, second.wa_id, second.patient) == ("BR.second", DALVA_PHONE, None)


def test_nul_characters_survive(aurora: Aurora) -> None:
    receive(webhooks.change(AURORA_ID, messages=[message("a\u0000b")]))
    assert "\\u0000" in Item.objects.get().payload


def test_a_failing_delivery_is_tried_again_and_then_set_aside(aurora: Aurora, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox.store(body=webhooks.body(webhooks.change(AURORA_ID, messages=[message()])), signed_by=None)

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("bug")

    monkeypatch.setattr("whatsapp.payloads.unpack", broken)
    for _ in range(20):
        inbox.unpack_some(now=MONDAY)
        Delivery.objects.update(not_before=None)
    row = Delivery.objects.get()
    assert (row.state, row.attempts, row.last_error) == (DeliveryState.SET_ASIDE, 8, "RuntimeError")
    assert not Item.objects.exists()


def break_placing_of(wamid: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = routing.place

    def place(item: payloads.Item, **arguments: Any) -> routing.Place:
        if item.provider_id == wamid:
            raise RuntimeError("bug")
        return real(item, **arguments)

    monkeypatch.setattr(routing, "place", place)


def test_one_bad_item_holds_back_no_good_one_and_is_kept_with_its_error(
    aurora: Aurora, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_placing_of("wamid.bad", monkeypatch)
    good = [message(str(n), wamid=f"wamid.{n}") for n in range(3)]
    receive(webhooks.change(AURORA_ID, messages=[*good[:2], message("bad", wamid="wamid.bad"), good[2]]))
    assert sorted(Item.objects.values_list("provider_id", flat=True)) == ["wamid.0", "wamid.1", "wamid.2"]
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.last_error) == (DeliveryState.STORED, 1, "RuntimeError")
    for _ in range(10):
        Delivery.objects.update(not_before=None)
        inbox.unpack_some(now=MONDAY)
    bad = Item.objects.get(provider_id="wamid.bad")
    assert (bad.state, bad.reason, bad.last_error) == (ItemState.SET_ASIDE, "not_placed", "RuntimeError")
    assert (bad.clinic, Item.objects.count()) == (aurora.clinic, 4)
    assert Delivery.objects.get().state == DeliveryState.UNPACKED


def test_the_bad_one_is_placed_once_its_reason_is_mended(aurora: Aurora, monkeypatch: pytest.MonkeyPatch) -> None:
    break_placing_of("wamid.bad", monkeypatch)
    inbox.store(
        body=webhooks.body(webhooks.change(AURORA_ID, messages=[message("bad", wamid="wamid.bad")])), signed_by=None
    )
    for _ in range(8):
        Delivery.objects.update(not_before=None)
        inbox.unpack_some(now=MONDAY)
    monkeypatch.undo()
    assert deliveries.replay(Delivery.objects.get().pk)
    inbox.unpack_some(now=MONDAY)
    assert Item.objects.get().state == ItemState.WAITING


def test_an_account_belongs_to_one_clinic(aurora: Aurora) -> None:
    boreal = make_aurora("boreal", BOREAL_ID)
    make_number(aurora.clinic, account_id=aurora.number.account_id)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_number(boreal.clinic, account_id=aurora.number.account_id)
    make_number(boreal.clinic, account_id="")
    make_number(aurora.clinic, account_id="")


@pytest.mark.parametrize("event", ["PARTNER_ADDED", "PARTNER_REMOVED", "AD_ACCOUNT_LINKED"])
def test_news_of_an_account_reach_its_clinic(aurora: Aurora, event: str) -> None:
    make_aurora("boreal", BOREAL_ID)
    value = {"event": event, "waba_info": {"waba_id": aurora.number.account_id, "owner_business_id": "9"}}
    receive({"id": "our-own-portfolio", "changes": [{"field": "account_update", "value": value}]})
    receive({"id": aurora.number.account_id, "changes": [{"field": "security", "value": {"event": "PIN_CHANGED"}}]})
    assert set(Item.objects.values_list("clinic__slug", "kind", "state")) == {("aurora", "account", "waiting")}


ODD = [
    {"wa_id": "5511987650001"},
    {"wa_id": "551187650001"},
    {"wa_id": "5511987650001", "user_id": "BR.1"},
    {"wa_id": "5511987650001", "user_id": "BR.2"},
    {"user_id": "BR.1"},
    {"user_id": "BR.2", "parent_user_id": "BR.ENT.2"},
    {"wa_id": "5511987650003", "user_id": "BR.3"},
    {"wa_id": "5511987650004"},
]


def a_mixed_delivery(seed: int) -> bytes:
    """People in every mix of ids, some twice, some under another id, some news of a changed number, some strangers."""
    chance = random.Random(seed)
    messages: list[dict[str, Any]] = []
    contacts: list[dict[str, Any]] = []
    for number in range(chance.randint(4, 24)):
        ids = chance.choice([*ODD, {"wa_id": f"55119{86000000 + number}"}, {"user_id": f"BR.9{number}"}])
        one = message(f"m{number}", wamid=f"wamid.{number}", timestamp=1_795_000_000 + chance.randint(0, 5))  # type: ignore[arg-type]
        one |= {"from": ids.get("wa_id", ""), "from_user_id": ids.get("user_id", "")}
        if chance.random() < 0.1:
            del one["text"]
            one |= {"type": "system", "system": {"type": "user_changed_number", "wa_id": "5511987650004"}}
        messages.append(one)
        contacts.append({**ids, "profile": {"name": chance.choice(["Bia", "Caio"])}})
    entry = webhooks.change(AURORA_ID, messages=messages)
    entry["changes"][0]["value"]["contacts"] = contacts
    return webhooks.body(entry)


def placed_by(least: int, before: bytes, body: bytes, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Who got which item, when at least so many people are placed together."""
    monkeypatch.setattr(crowd, "LEAST", least)
    with transaction.atomic():
        for one in (before, body):
            inbox.store(body=one, signed_by=None)
            inbox.unpack_some(now=MONDAY)
        assert set(Delivery.objects.values_list("state", "last_error")) == {("unpacked", "")}
        order = {
            pk: place
            for place, pk in enumerate(Contact.objects.order_by("wa_id", "user_id").values_list("pk", flat=True))
        }
        rows = Item.objects.order_by("provider_id", "id").select_related("conversation__contact")
        found = [
            (
                row.provider_id,
                row.state,
                (chat := row.conversation) and order[chat.contact_id],
                chat and (chat.contact.wa_id, chat.contact.user_id, chat.contact.name, chat.contact.patient_id),
            )
            for row in rows
        ]
        transaction.set_rollback(True)
    return found


@pytest.mark.parametrize("seed", range(40))
def test_people_placed_together_are_those_placed_one_by_one(
    aurora: Aurora, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    before, body = a_mixed_delivery(seed + 1000), a_mixed_delivery(seed)
    together = placed_by(1, before, body, monkeypatch)
    assert together == placed_by(10_000, before, body, monkeypatch)


# What a crowd leaves to the one-by-one way ------------------------------------------------------------
START = int(MONDAY.timestamp())


def strangers(count: int = crowd.LEAST) -> list[dict[str, object]]:
    """Enough people nobody knows for a delivery to be placed together."""
    return [message("oi", f"55119{86000000 + number}", timestamp=START) for number in range(count)]  # type: ignore[arg-type]


def contact_of(wamid: str) -> Contact:
    conversation = Item.objects.select_related("conversation__contact").get(provider_id=wamid).conversation
    assert conversation is not None
    return conversation.contact


def late(**extra: Any) -> dict[str, object]:
    """From Dalva's number, a minute ago."""
    return {**message("atrasada", wamid="wamid.late", timestamp=START - 60), **extra}  # type: ignore[arg-type]


@pytest.mark.parametrize("has_next_owner", [False, True])
def test_a_late_message_from_a_number_given_up_since_is_its_former_holders(
    aurora: Aurora, *, has_next_owner: bool
) -> None:
    former = make_contact(aurora.clinic, "5521987650077", user_id="BR.7")
    contacts.note_former(former, payloads.Identity(wa_id=DALVA_PHONE), at=MONDAY)
    if has_next_owner:
        make_contact(aurora.clinic, DALVA_PHONE, ids_since=MONDAY)
    receive(webhooks.change(AURORA_ID, messages=[*strangers(), late()]))
    assert contact_of("wamid.late") == former


def test_somebody_known_by_the_parent_id_alone_is_found(aurora: Aurora) -> None:
    known = make_contact(aurora.clinic, None, user_id="BR.7", parent_user_id="BR.ENT.7")
    people = [*strangers(), late(**{"from": "", "from_user_id": "BR.8", "from_parent_user_id": "BR.ENT.7"})]
    entry = webhooks.change(AURORA_ID, messages=people)
    entry["changes"][0]["value"].pop("contacts", None)
    receive(entry)
    assert contact_of("wamid.late") == known


def test_a_new_person_is_known_from_their_first_message_in_whatever_order(aurora: Aurora) -> None:
    receive(webhooks.change(AURORA_ID, messages=[*strangers(), message(timestamp=START), late()]))  # type: ignore[arg-type]
    assert contact_of("wamid.late").ids_since == MONDAY - timedelta(minutes=1)


def test_with_two_numbers_of_a_clinic_the_order_of_the_items_decides(aurora: Aurora) -> None:
    """One of them tells that Dalva has another number; who writes from the old one afterwards is not she."""
    second = make_number(aurora.clinic, "100000000000009")
    told = {"type": "user_changed_number", "wa_id": "5521987650077"}
    changed = {**message(timestamp=START), "type": "system", "system": told}  # type: ignore[arg-type]
    after = message("oi", wamid="wamid.after", timestamp=START + 60)  # type: ignore[arg-type]
    receive(
        webhooks.change(second.phone_number_id, messages=[changed]),
        webhooks.change(AURORA_ID, messages=[*strangers(), after]),
    )
    assert Contact.objects.get(wa_id="5521987650077").patient == aurora.dalva
    assert contact_of("wamid.after").patient is None


@pytest.mark.django_db(transaction=True)
def test_the_same_new_people_placed_together_by_several_at_once(
    aurora: Aurora, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "BATCH", 1)
    ready, found = threading.Barrier(4), crowd._found

    def look_together(clinic_id: int, people: Any) -> dict[str, Contact]:
        """Everybody looks before anybody makes."""
        nobody = found(clinic_id, people)
        with contextlib.suppress(threading.BrokenBarrierError):
            ready.wait(timeout=5)
        return nobody

    monkeypatch.setattr(crowd, "_found", look_together)
    for _ in range(4):
        inbox.store(body=webhooks.body(webhooks.change(AURORA_ID, messages=strangers(10))), signed_by=None)
    assert run_together(*[lambda: inbox.unpack_some(now=MONDAY)] * 4) == []
    assert set(Delivery.objects.values_list("state", "last_error")) == {("unpacked", "")}
    assert (Contact.objects.count(), Conversation.objects.count(), Item.objects.count()) == (10, 10, 40)
