"""What is deleted by age, and what must stay."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from atendeai.common import purging as common_purging
from atendeai.testing import webhooks
from atendeai.testing.factories import MONDAY
from atendeai.testing.people import DALVA_PHONE, Aurora
from whatsapp import inbox, purging
from whatsapp.models import Delivery, DeliveryState, Item, ItemState
from whatsapp.set_aside import items

OLD, YOUNG = 41, 39


def store(aurora: Aurora, *, days: int, item: dict[str, Any], delivery: dict[str, Any] | None = None) -> Item:
    """A delivery of so many days ago with one item."""
    wamid = f"wamid.{Delivery.objects.count()}"
    text = webhooks.text_message(DALVA_PHONE, "oi", wamid=wamid)
    body = webhooks.body(webhooks.change(aurora.number.phone_number_id, messages=[text]))
    inbox.store(body=body, signed_by=None)
    inbox.unpack_some(now=MONDAY)
    row = Item.objects.get(provider_id=wamid)
    Item.objects.filter(pk=row.pk).update(stored_at=Now() - timedelta(days=days), **item)
    Delivery.objects.filter(pk=row.delivery_id).update(received_at=Now() - timedelta(days=days), **(delivery or {}))
    return row


@pytest.mark.parametrize(
    ("days", "item", "goes"),
    [
        (OLD, {"state": ItemState.DONE}, True),
        (OLD, {"state": ItemState.IGNORED}, True),
        (OLD, {"state": ItemState.FOREIGN, "clinic": None}, False),
        (OLD, {"state": ItemState.FOREIGN, "clinic": None, "closed_at": MONDAY}, True),
        (OLD, {"state": ItemState.IGNORED, "clinic": None, "reason": "unknown_number"}, False),
        (OLD, {"state": ItemState.IGNORED, "clinic": None, "reason": "unknown_number", "closed_at": MONDAY}, True),
        (OLD, {"state": ItemState.IGNORED, "clinic": None}, True),
        (OLD, {"state": ItemState.SET_ASIDE, "closed_at": MONDAY}, True),
        (OLD, {"state": ItemState.SET_ASIDE}, False),
        (OLD, {"state": ItemState.WAITING}, False),
        (YOUNG, {"state": ItemState.DONE}, False),
    ],
)
def test_an_item_and_its_delivery_go_together(aurora: Aurora, days: int, item: dict[str, Any], goes: bool) -> None:
    store(aurora, days=days, item=item)
    assert not purging.purge()
    assert (Item.objects.count(), Delivery.objects.count()) == ((0, 0) if goes else (1, 1))


@pytest.mark.parametrize(
    ("delivery", "goes"),
    [
        ({"state": DeliveryState.SET_ASIDE}, False),
        ({"state": DeliveryState.SET_ASIDE, "closed_at": MONDAY}, True),
        ({"state": DeliveryState.STORED}, False),
        ({"state": DeliveryState.UNPACKED}, True),
    ],
)
def test_a_delivery_that_somebody_must_look_at_stays(aurora: Aurora, delivery: dict[str, Any], goes: bool) -> None:
    Delivery.objects.create(body=b"{}", **delivery)
    Delivery.objects.update(received_at=Now() - timedelta(days=OLD))
    purging.purge()
    assert Delivery.objects.exists() is not goes


def test_what_came_with_a_pending_one_stays_so_that_unpacking_again_works_nothing_twice(aurora: Aurora) -> None:
    texts = [webhooks.text_message(DALVA_PHONE, "oi", wamid=f"wamid.{number}") for number in range(2)]
    inbox.store(
        body=webhooks.body(webhooks.change(aurora.number.phone_number_id, messages=texts)),
        signed_by=None,
    )
    inbox.unpack_some(now=MONDAY)
    Item.objects.update(state=ItemState.DONE)
    aside = Item.objects.filter(provider_id="wamid.1")
    aside.update(state=ItemState.SET_ASIDE, reason=inbox.NOT_PLACED)
    Item.objects.update(stored_at=Now() - timedelta(days=OLD))
    Delivery.objects.update(received_at=Now() - timedelta(days=OLD))
    purging.purge()
    assert Item.objects.count() == 2
    items.again(aside.get(), MONDAY)
    inbox.unpack_some(now=MONDAY)
    assert list(Item.objects.filter(state=ItemState.WAITING).values_list("provider_id", flat=True)) == ["wamid.1"]


def test_a_delivery_repeated_within_seven_days_is_still_known(aurora: Aurora) -> None:
    row = store(aurora, days=8, item={"state": ItemState.DONE})
    body = bytes(Delivery.objects.get().body)
    purging.purge()
    inbox.store(body=body, signed_by=None)
    inbox.unpack_some(now=MONDAY)
    assert Item.objects.get() == row


def test_many_go_in_batches_and_a_long_turn_ends(aurora: Aurora, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        store(aurora, days=OLD, item={"state": ItemState.DONE})
    monkeypatch.setattr(purging, "BATCH", 2)
    with monkeypatch.context() as patch:
        patch.setattr(common_purging, "TURN_SECONDS", -1)
        assert purging.purge()
        assert Item.objects.count() == 3
    assert not purging.purge()
    assert (Item.objects.count(), Delivery.objects.count()) == (0, 0)
