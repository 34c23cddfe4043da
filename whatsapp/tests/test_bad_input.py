"""What no one should send and everybody does: too much, too often, for another, bent. No 500, and nothing lost."""

import http.client
import threading
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from atendeai.testing import webhooks
from atendeai.testing.factories import MONDAY, make_contact, make_conversation
from atendeai.testing.people import DALVA_PHONE, Aurora, make_aurora
from clinics import credentials
from clinics.audit import SYSTEM
from clinics.credentials import Name
from whatsapp import handling, inbox, notices, settling, webhook
from whatsapp.models import Contact, Conversation, Delivery, DeliveryState, Item, ItemState, Message
from whatsapp.payloads import incoming, status_of, unpack
from whatsapp.tests.mutations import mutations, objects_in
from whatsapp.tests.payload_expectations import NUMBER

SECRET = "test-app-secret"
AURORA_ID, BOREAL_ID = "100000000000001", "100000000000002"


@pytest.fixture(autouse=True)
def _known_secrets(settings: Settings) -> None:
    settings.WHATSAPP_APP_SECRETS = [SECRET]
    webhook.forget_callers()


def post(body: bytes, secret: str = SECRET, url: str = "/webhooks/whatsapp/") -> int:
    signature = webhooks.signature(body, secret)
    answer = Client().post(url, body, content_type="application/json", HTTP_X_HUB_SIGNATURE_256=signature)
    return answer.status_code


def work() -> None:
    """Everything that waits, as the workers would."""
    inbox.unpack_some(now=MONDAY)
    for conversation in Conversation.objects.filter(wanted_at__isnull=False):
        while handling.work(conversation.pk, now=MONDAY):
            pass
    settling.settle(now=MONDAY)
    while notices.work(now=MONDAY):
        pass


def messages(count: int, start: int = 0) -> list[dict[str, Any]]:
    """One message of each of so many people whom nobody knows."""
    return [webhooks.text_message(f"55119{70000000 + start + n}", f"oi {n}") for n in range(count)]


def test_a_thousand_updates_of_a_thousand_new_people_in_one_call(aurora: Aurora) -> None:
    reports = [webhooks.status(f"wamid.s{n}", "sent") for n in range(500)]
    body = webhooks.body(webhooks.change(AURORA_ID, messages=messages(500), statuses=reports))
    assert post(body) == 200
    assert post(body) == 200
    inbox.unpack_some(now=MONDAY)
    assert Item.objects.count() == 1000
    assert Contact.objects.count() == Conversation.objects.filter(wanted_at__isnull=False).count() == 500
    found = Item.objects.filter(kind="message").order_by("id").values_list("conversation__contact__wa_id", flat=True)
    assert list(found) == [f"55119{70000000 + n}" for n in range(500)]


def test_the_largest_call_is_unpacked_and_a_byte_more_is_refused(aurora: Aurora) -> None:
    body = webhooks.body(webhooks.change(AURORA_ID, messages=messages(3)))
    largest = body[:-1] + b" " * (3_145_728 - len(body)) + b"}"
    assert len(largest) == 3_145_728
    assert post(largest + b" ") == 413
    assert not Delivery.objects.exists()
    assert post(largest) == 200
    inbox.unpack_some(now=MONDAY)
    assert Item.objects.filter(state=ItemState.WAITING).count() == 3


def test_two_clinics_in_one_call_each_get_their_own(aurora: Aurora) -> None:
    boreal = make_aurora("boreal", BOREAL_ID)
    both = [webhooks.change(AURORA_ID, messages=messages(6)), webhooks.change(BOREAL_ID, messages=messages(6))]
    assert post(webhooks.body(*both)) == 200
    work()
    for clinic in (aurora.clinic, boreal.clinic):
        assert Contact.objects.filter(clinic=clinic).count() == 6
        assert Message.objects.filter(clinic=clinic, direction="in").count() == 6
    assert not Message.objects.exclude(conversation__number__clinic=F("clinic")).exists()


def test_a_clinic_s_own_secret_speaks_for_no_other_clinic(aurora: Aurora) -> None:
    make_aurora("boreal", BOREAL_ID)
    credentials.store(clinic=aurora.clinic, name=Name.WHATSAPP_APP_SECRET, value="own", by=SYSTEM, now=MONDAY)
    webhook.forget_callers()
    mixed = [webhooks.change(BOREAL_ID, messages=messages(6)), webhooks.change(AURORA_ID, messages=messages(6, 100))]
    assert post(webhooks.body(*mixed), "own", "/webhooks/whatsapp/aurora/") == 200
    work()
    assert set(Item.objects.values_list("scope", "state", "clinic__slug")) == {
        (BOREAL_ID, ItemState.FOREIGN, None),
        (AURORA_ID, ItemState.DONE, "aurora"),
    }
    assert set(Contact.objects.values_list("clinic__slug", flat=True)) == {"aurora"}


def in_threads(count: int, call: Any) -> list[Any]:
    """What each of so many threads answered; they begin together."""
    gate, answers = threading.Barrier(count), []

    def run() -> None:
        gate.wait()
        try:
            answers.append(call())
        except Exception as error:  # noqa: BLE001 - it is an answer, too
            answers.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_the_same_item_in_fifty_calls_at_once_is_one_message(port: int, aurora: Aurora) -> None:
    message = webhooks.text_message(DALVA_PHONE, "oi", wamid="wamid.same")
    body = webhooks.body(webhooks.change(AURORA_ID, messages=[message]))
    headers = {"Content-Type": "application/json", "X-Hub-Signature-256": webhooks.signature(body, SECRET)}

    def call() -> int:
        caller = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        caller.request("POST", "/webhooks/whatsapp/", body, headers)
        status = caller.getresponse().status
        caller.close()
        return status

    assert in_threads(50, call) == [200] * 50
    assert Delivery.objects.count() == 50
    assert not [one for one in in_threads(6, lambda: inbox.unpack_some(now=MONDAY)) if isinstance(one, Exception)]
    assert not Delivery.objects.filter(state=DeliveryState.STORED).exists()
    in_threads(6, lambda: handling.work(Conversation.objects.get().pk, now=MONDAY))
    assert (Item.objects.count(), Contact.objects.count()) == (1, 1)
    assert Message.objects.filter(direction="in").count() == 1
    assert Message.objects.filter(direction="out").count() == 1


def test_the_same_crowd_unpacked_by_several_at_once_is_one_crowd(port: int, aurora: Aurora) -> None:
    people = messages(60)
    for part in (people, people[::-1], people[20:]):
        inbox.store(body=webhooks.body(webhooks.change(AURORA_ID, messages=part)), signed_by=None)
    inbox_batch, inbox.BATCH = inbox.BATCH, 1
    try:
        for _ in range(6):
            answers = in_threads(3, lambda: inbox.unpack_some(now=MONDAY))
            assert not [one for one in answers if isinstance(one, Exception)]
            Delivery.objects.update(not_before=None)
    finally:
        inbox.BATCH = inbox_batch
    assert (Item.objects.count(), Contact.objects.count(), Conversation.objects.count()) == (60, 60, 60)
    assert set(Delivery.objects.values_list("state", flat=True)) == {DeliveryState.UNPACKED}


# 100 examples of 1,000 bent deliveries each.
@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_hundred_thousand_mutations_lose_nothing(seed: int) -> None:
    for body in mutations(seed, 1000):
        unpacked = unpack(body)
        assert len(unpacked.items) + len(unpacked.problems) == objects_in(body), body
        for item in unpacked.items:
            said = incoming(item.payload)
            status_of(item.payload)
            for word in (*item.key, item.reason, said.type, said.text, said.choice_id, said.target_id):
                word.encode()
                assert "\x00" not in word


def test_hundreds_of_mutations_through_the_real_path(aurora: Aurora) -> None:
    type(aurora.number).objects.filter(pk=aurora.number.pk).update(phone_number_id=NUMBER)
    aurora.number.refresh_from_db()
    make_conversation(aurora.number, make_contact(aurora.clinic, DALVA_PHONE, patient=aurora.dalva))
    keys: set[tuple[str, ...]] = set()
    for body in mutations(4, 300):
        assert post(body) == 200
        keys |= {(one.scope[:64], one.kind, one.provider_id[:256], one.status[:20]) for one in unpack(body).items}
    while Delivery.objects.filter(state=DeliveryState.STORED).exists():
        work()
    assert set(Item.objects.values_list("scope", "kind", "provider_id", "status")) == keys
    assert set(Delivery.objects.values_list("state", "attempts")) == {(DeliveryState.UNPACKED, 0)}
    # Nothing failed: only statuses of messages that are not there wait for them.
    failed = Item.objects.exclude(kind="status").filter(last_error__gt="")
    assert list(failed.values_list("kind", "last_error", "payload")) == []
    assert not Item.objects.exclude(kind="status").filter(state=ItemState.WAITING).exists()
