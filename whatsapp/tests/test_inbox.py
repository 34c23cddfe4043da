"""Each item once, in its place, whatever Meta repeats or mixes."""

import threading

import pytest
from django.db import connection

from atendeai.testing import webhooks
from atendeai.testing.factories import MONDAY
from atendeai.testing.people import DALVA_PHONE, Aurora, make_aurora
from whatsapp import inbox
from whatsapp.models import Contact, Conversation, Delivery, DeliveryState, Item, ItemState

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
    receive(webhooks.change(AURORA_ID, messages=[message(wamid="wamid.same"), message(wamid="wamid.new")]))
    assert sorted(Item.objects.values_list("provider_id", flat=True)) == ["wamid.new", "wamid.same"]
    assert set(Delivery.objects.values_list("state", flat=True)) == {DeliveryState.UNPACKED}


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

    monkeypatch.setattr("whatsapp.routing.place", broken)
    for _ in range(20):
        inbox.unpack_some(now=MONDAY)
        Delivery.objects.update(not_before=None)
    row = Delivery.objects.get()
    assert (row.state, row.attempts, row.last_error) == (DeliveryState.SET_ASIDE, 8, "RuntimeError")
    assert not Item.objects.exists()
