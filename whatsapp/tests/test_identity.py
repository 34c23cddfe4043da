"""Somebody has another number or id: one contact, one chat, one patient, in whatever order Meta tells."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from atendeai.testing import webhooks
from atendeai.testing.factories import MONDAY, make_contact, make_conversation, make_patient
from atendeai.testing.people import DALVA_PHONE, Aurora, make_aurora
from atendeai.testing.together import run_together
from clinics.models import AuditEntry
from whatsapp import handling, inbox
from whatsapp.models import Contact, ContactMerge, Conversation, Delivery, FormerId, Item, Message, Number
from whatsapp.payloads import identity_change_of, told_number_of

AURORA_ID = "100000000000001"
NEW_PHONE, THIRD_PHONE = "5521987650077", "5531987650088"
START = 1_795_000_000


def said(sender: str | None, text: str, *, at: int, user_id: str | None = None, name: str = "") -> dict[str, Any]:
    message = webhooks.text_message(sender or "", text, timestamp=START + at)
    if sender is None:
        del message["from"]
    return {**message, "from_user_id": user_id} if user_id else message


def system(sender: str | None, *, at: int, wamid: str = "", **told: Any) -> dict[str, Any]:
    message = said(sender, "", at=at)
    del message["text"]
    if wamid:
        message["id"] = wamid
    return {**message, "type": "system", "system": {"body": "mudou", **told}}


def number_changed(old: str, new: str, *, at: int, alias: bool = False, **more: Any) -> dict[str, Any]:
    if alias:
        return system(old, at=at, type="customer_changed_number", new_wa_id=new, **more)
    return system(old, at=at, type="user_changed_number", wa_id=new, **more)


def receive(*messages: dict[str, Any], number: str = AURORA_ID) -> None:
    for message in messages:
        entry = webhooks.change(number, messages=[message])
        entry["changes"][0]["value"].pop("contacts", None)
        inbox.store(body=webhooks.body(entry), signed_by=None)
        inbox.unpack_some(now=MONDAY)


def only_contact() -> Contact:
    return Contact.objects.get(merged_into__isnull=True)


def one_history() -> list[str]:
    """What was said in the one chat that stands, whatever was merged."""
    chat = Conversation.objects.get(merged_into__isnull=True)
    for _ in range(3):
        for conversation in Conversation.objects.all():
            handling.work(conversation.pk, now=MONDAY)
    assert not Item.objects.filter(state="waiting").exists()
    return list(Message.objects.filter(conversation=chat, direction="in", type="text").values_list("body", flat=True))


@pytest.mark.parametrize("alias", [False, True])
def test_a_new_number_is_the_same_person(aurora: Aurora, alias: bool) -> None:
    receive(said(DALVA_PHONE, "a", at=1), number_changed(DALVA_PHONE, NEW_PHONE, at=2, alias=alias))
    receive(said(NEW_PHONE, "b", at=3))
    contact = only_contact()
    assert (contact.wa_id, contact.match_key, contact.patient) == (NEW_PHONE, NEW_PHONE, aurora.dalva)
    assert one_history() == ["a", "b"]
    aurora.dalva.refresh_from_db()
    assert (aurora.dalva.phone, aurora.dalva.phone_key) == (f"+{NEW_PHONE}", NEW_PHONE)
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"contact_ids_changed", "patient_phone_changed"} <= actions


def test_a_new_number_brings_a_new_id_and_the_old_one_still_leads_there(aurora: Aurora) -> None:
    receive(said(DALVA_PHONE, "a", at=1, user_id="BR.1"))
    change = number_changed(DALVA_PHONE, NEW_PHONE, at=2, previous_user_id="BR.1", user_id="BR.2")
    receive(change, said(NEW_PHONE, "b", at=3, user_id="BR.2"), said(None, "c", at=4, user_id="BR.1"))
    contact = only_contact()
    assert (contact.user_id, contact.wa_id) == ("BR.2", NEW_PHONE)
    assert one_history() == ["a", "b", "c"]


def test_a_number_changed_without_ids_takes_the_next_id_that_writes(aurora: Aurora) -> None:
    receive(said(DALVA_PHONE, "a", at=1, user_id="BR.1"), number_changed(DALVA_PHONE, NEW_PHONE, at=2))
    assert only_contact().user_id is None
    receive(said(NEW_PHONE, "b", at=3, user_id="BR.2"))
    assert only_contact().user_id == "BR.2"


def test_a_new_id_of_somebody_without_a_visible_number(aurora: Aurora) -> None:
    receive(said(None, "a", at=1, user_id="BR.1"))
    receive(system(None, at=2, type="user_changed_user_id", previous_user_id="BR.1", user_id="BR.2"))
    receive(said(None, "b", at=3, user_id="BR.2"))
    contact = only_contact()
    assert (contact.user_id, contact.answers_by_id) == ("BR.2", True)
    assert one_history() == ["a", "b"]


@pytest.mark.parametrize(
    ("update", "wa_id"),
    [
        ({"wa_id": DALVA_PHONE, "user_id": {"previous": "BR.1", "current": "BR.2"}}, DALVA_PHONE),
        ({"user_id": {"previous": "BR.1", "current": "BR.2"}}, None),
    ],
)
def test_the_older_field_of_a_new_id_does_the_same(aurora: Aurora, update: dict[str, Any], wa_id: str | None) -> None:
    receive(said(DALVA_PHONE, "a", at=1, user_id="BR.1"))
    value = {"metadata": {"phone_number_id": AURORA_ID}, "user_id_update": [update]}
    for _ in range(2):
        entry = {"id": "2", "time": START + 2, "changes": [{"field": "user_id_update", "value": value}]}
        inbox.store(body=webhooks.body(entry), signed_by=None)
        inbox.unpack_some(now=MONDAY)
    receive(said(None, "b", at=3, user_id="BR.2"))
    contact = only_contact()
    assert (contact.user_id, contact.wa_id) == ("BR.2", wa_id)
    assert one_history() == ["a", "b"]


@pytest.mark.parametrize("update", [{}, {"user_id": "BR.2"}, {"user_id": {"current": 5}, "wa_id": ["x"]}])
def test_an_older_field_that_names_nobody_changes_nothing(aurora: Aurora, update: dict[str, Any]) -> None:
    value = {"metadata": {"phone_number_id": AURORA_ID}, "user_id_update": [update]}
    entry = {"id": "2", "changes": [{"field": "user_id_update", "value": value}]}
    inbox.store(body=webhooks.body(entry), signed_by=None)
    inbox.unpack_some(now=MONDAY)
    assert Item.objects.get().state in ("set_aside", "waiting")
    assert not FormerId.objects.exists()


def test_an_id_made_anew_gives_up_the_number_nobody_vouches_for(aurora: Aurora) -> None:
    """The id changes with the number only: the known number may be a stranger's soon."""
    receive(said(DALVA_PHONE, "a", at=1, user_id="BR.1"))
    receive(system(None, at=2, type="user_changed_user_id", previous_user_id="BR.1", user_id="BR.2"))
    contact = only_contact()
    assert (contact.user_id, contact.wa_id, contact.patient) == ("BR.2", None, aurora.dalva)
    receive(said(DALVA_PHONE, "sou outra pessoa", at=9, user_id="BR.9"))
    assert Conversation.objects.count() == 2
    stranger = Contact.objects.get(user_id="BR.9")
    assert stranger != contact


def test_a_new_id_beside_the_number_that_stays(aurora: Aurora) -> None:
    receive(said(DALVA_PHONE, "a", at=1, user_id="BR.1"))
    first, second = (
        system(DALVA_PHONE, at=at, type="user_changed_user_id", previous_user_id=f"BR.{n}", user_id=f"BR.{n + 1}")
        for n, at in ((1, 2), (2, 4))
    )
    receive(first, second)
    assert (only_contact().user_id, only_contact().wa_id) == ("BR.3", DALVA_PHONE)
    # A late repeat takes nothing back.
    receive({**first, "id": "wamid.again"})
    assert only_contact().user_id == "BR.3"


def test_parent_ids_change_too(aurora: Aurora) -> None:
    receive({**said(None, "a", at=1), "from_parent_user_id": "BR.ENT.1"})
    told = {"previous_parent_user_id": "BR.ENT.1", "parent_user_id": "BR.ENT.2", "user_id": "BR.2"}
    receive(system(None, at=2, type="user_changed_user_id", **told), said(None, "b", at=3, user_id="BR.2"))
    contact = only_contact()
    assert (contact.user_id, contact.parent_user_id) == ("BR.2", "BR.ENT.2")


STORY = (
    said(DALVA_PHONE, "a", at=1, user_id="BR.1"),
    number_changed(DALVA_PHONE, NEW_PHONE, at=20, previous_user_id="BR.1", user_id="BR.2"),
    said(NEW_PHONE, "b", at=30, user_id="BR.2"),
    said(DALVA_PHONE, "z", at=10, user_id="BR.1"),
)


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_in_whatever_order_it_is_told_and_however_often(aurora: Aurora, order: tuple[int, ...]) -> None:
    receive(*(STORY[index] for index in order), STORY[1], *(STORY[index] for index in order))
    contact = only_contact()
    assert (contact.user_id, contact.wa_id, contact.patient) == ("BR.2", NEW_PHONE, aurora.dalva)
    assert sorted(one_history()) == ["a", "b", "z"]


PLAIN_STORY = (
    said(DALVA_PHONE, "a", at=1),
    number_changed(DALVA_PHONE, NEW_PHONE, at=20),
    said(NEW_PHONE, "b", at=30),
)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_without_any_id_the_order_does_not_matter_either(aurora: Aurora, order: tuple[int, ...]) -> None:
    receive(*(PLAIN_STORY[index] for index in order))
    assert only_contact().wa_id == NEW_PHONE
    assert sorted(one_history()) == ["a", "b"]


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (1, 0, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1)])
def test_two_changes_in_a_row_in_any_order(aurora: Aurora, order: tuple[int, ...]) -> None:
    story = (
        said(DALVA_PHONE, "a", at=1, user_id="BR.1"),
        number_changed(DALVA_PHONE, NEW_PHONE, at=20, previous_user_id="BR.1", user_id="BR.2"),
        number_changed(NEW_PHONE, THIRD_PHONE, at=40, previous_user_id="BR.2", user_id="BR.3"),
    )
    receive(*(story[index] for index in order))
    contact = only_contact()
    assert (contact.user_id, contact.wa_id) == ("BR.3", THIRD_PHONE)


def test_both_numbers_of_the_clinic_tell_the_change(aurora: Aurora) -> None:
    second = Number.objects.create(clinic=aurora.clinic, phone_number_id="100000000000009", account_id="x")
    receive(said(DALVA_PHONE, "a", at=1))
    receive(said(DALVA_PHONE, "b", at=2), number=second.phone_number_id)
    receive(number_changed(DALVA_PHONE, NEW_PHONE, at=3))
    receive(number_changed(DALVA_PHONE, NEW_PHONE, at=3), number=second.phone_number_id)
    assert Contact.objects.count() == 1
    assert Conversation.objects.count() == 2


def test_the_new_number_was_another_contact_already(aurora: Aurora) -> None:
    receive(said(DALVA_PHONE, "a", at=1, user_id="BR.1"), said(NEW_PHONE, "b", at=5, user_id="BR.2"))
    assert Contact.objects.count() == 2
    receive(number_changed(DALVA_PHONE, NEW_PHONE, at=3, previous_user_id="BR.1", user_id="BR.2"))
    contact = only_contact()
    assert (contact.user_id, contact.wa_id, contact.patient) == ("BR.2", NEW_PHONE, aurora.dalva)
    assert sorted(one_history()) == ["a", "b"]
    assert ContactMerge.objects.get().source == "meta"


def test_the_former_number_belongs_to_its_next_owner(aurora: Aurora) -> None:
    receive(said(DALVA_PHONE, "a", at=1), number_changed(DALVA_PHONE, NEW_PHONE, at=2), said(DALVA_PHONE, "b", at=9))
    assert Contact.objects.count() == 2
    stranger = Contact.objects.get(match_key=DALVA_PHONE)
    assert stranger.patient is None
    # Late news about the former owner does not touch them.
    receive(number_changed(DALVA_PHONE, NEW_PHONE, at=2))
    stranger.refresh_from_db()
    assert (stranger.match_key, Contact.objects.count()) == (DALVA_PHONE, 2)


def test_a_hidden_person_whose_number_is_known_elsewhere_is_that_person(aurora: Aurora) -> None:
    """Meta names number and id together: the contact with the number and the one with the id are one."""
    receive(said(None, "a", at=1, user_id="BR.1"), said(DALVA_PHONE, "b", at=2))
    assert Contact.objects.count() == 2
    receive(said(DALVA_PHONE, "c", at=3, user_id="BR.1"))
    contact = only_contact()
    assert (contact.user_id, contact.wa_id, contact.patient) == ("BR.1", DALVA_PHONE, aurora.dalva)
    assert sorted(one_history()) == ["a", "b", "c"]


def test_contacts_of_two_ids_are_never_joined_by_their_number_alone(aurora: Aurora) -> None:
    receive(said(DALVA_PHONE, "a", at=1, user_id="BR.1"), said(None, "b", at=2, user_id="BR.2"))
    receive(said(DALVA_PHONE, "c", at=3, user_id="BR.2"))
    assert not ContactMerge.objects.exists()
    first, second = Contact.objects.order_by("id")
    assert (first.user_id, first.wa_id, first.patient) == ("BR.1", None, aurora.dalva)
    assert (second.user_id, second.wa_id, second.patient) == ("BR.2", DALVA_PHONE, None)


def test_a_late_message_of_the_former_owner_does_not_take_the_number_back(aurora: Aurora) -> None:
    receive(said(DALVA_PHONE, "novo", at=10, user_id="BR.2"), said(DALVA_PHONE, "antigo", at=1, user_id="BR.1"))
    assert Contact.objects.get(user_id="BR.2").wa_id == DALVA_PHONE
    assert Contact.objects.get(user_id="BR.1").wa_id is None


def test_children_under_the_same_number_keep_it_together(aurora: Aurora) -> None:
    child = make_patient(aurora.clinic, "Davi Nogueira", f"+{DALVA_PHONE}")
    contact = make_contact(aurora.clinic, DALVA_PHONE, patient=aurora.dalva)
    other = make_patient(aurora.clinic, "Nelson", "+5511911112222")
    receive(number_changed(DALVA_PHONE, NEW_PHONE, at=2))
    for patient in (aurora.dalva, child):
        patient.refresh_from_db()
        assert patient.phone == f"+{NEW_PHONE}"
    other.refresh_from_db()
    contact.refresh_from_db()
    assert (other.phone, contact.wa_id) == ("+5511911112222", NEW_PHONE)


def test_another_phone_in_the_record_is_left_to_a_person(aurora: Aurora) -> None:
    patient = make_patient(aurora.clinic, "Nelson", "+5511911112222")
    make_contact(aurora.clinic, "5511987659999", patient=patient)
    receive(number_changed("5511987659999", NEW_PHONE, at=2))
    patient.refresh_from_db()
    assert patient.phone == "+5511911112222"


def test_changes_stay_in_their_clinic(aurora: Aurora) -> None:
    boreal = make_aurora("boreal", "100000000000002")
    make_contact(boreal.clinic, DALVA_PHONE, user_id="BR.1", patient=boreal.dalva)
    receive(said(DALVA_PHONE, "a", at=1), number_changed(DALVA_PHONE, NEW_PHONE, at=2))
    theirs = Contact.objects.get(clinic=boreal.clinic)
    boreal.dalva.refresh_from_db()
    assert (theirs.wa_id, boreal.dalva.phone) == (DALVA_PHONE, f"+{DALVA_PHONE}")


def test_a_new_telephone_changes_no_ids_and_is_noted(aurora: Aurora) -> None:
    receive(said(DALVA_PHONE, "a", at=1))
    receive(system(DALVA_PHONE, at=2, type="customer_identity_changed"))
    assert only_contact().wa_id == DALVA_PHONE
    assert AuditEntry.objects.filter(action="contact_identity_changed").count() == 1


def test_the_answer_to_our_request_completes_the_contact_and_a_forwarded_card_does_not(aurora: Aurora) -> None:
    def card(origin: str, phone: str) -> dict[str, Any]:
        message = said(None, "", at=5, user_id="BR.1")
        del message["text"]
        card = {"name": {"formatted_name": "D"}, "phones": [{"phone": phone}], "origin": origin}
        return {**message, "type": "contacts", "contacts": [card]}

    receive(said(None, "a", at=1, user_id="BR.1"), card("other", "+55 11 98765-0001"))
    assert only_contact().wa_id is None
    receive(card("contact_request", "+55 11 98765-0001"))
    contact = only_contact()
    assert (contact.match_key, contact.user_id, contact.answers_by_id) == (DALVA_PHONE, "BR.1", True)


@pytest.mark.parametrize(
    "message",
    [
        {"type": "system"},
        {"type": "system", "system": []},
        {"type": "system", "system": {"type": "something_new"}},
        {"type": "system", "system": {"type": ["user_changed_number"]}},
        {"type": "system", "system": {"type": "user_changed_number", "wa_id": {"a": 1}, "user_id": 5.5}},
        {"type": "text", "system": {"type": "user_changed_number", "wa_id": "5511987650001"}},
    ],
)
def test_broken_system_messages_change_nothing(message: dict[str, Any]) -> None:
    assert identity_change_of(message) is None
    assert told_number_of({**message, "contacts": message.get("system")}) is None


def test_a_change_that_names_nobody_is_kept_for_a_person(aurora: Aurora) -> None:
    receive(system(None, at=1, type="user_changed_number"))
    assert Item.objects.get().reason == "no_sender"


def in_threads(bodies: Iterable[bytes]) -> list[BaseException]:
    for body in bodies:
        inbox.store(body=body, signed_by=None)

    def unpack() -> None:
        for _ in range(20):
            for conversation_id in inbox.unpack_some(now=MONDAY).conversation_ids:
                handling.work(conversation_id, now=MONDAY)

    return run_together(*[unpack] * 6)


@pytest.mark.django_db(transaction=True)
def test_messages_from_both_ids_at_once_while_they_become_one(aurora: Aurora, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "BATCH", 1)
    aurora.number.bot_answers = False
    aurora.number.save()
    old = make_contact(aurora.clinic, DALVA_PHONE, user_id="BR.1", patient=aurora.dalva)
    new = make_contact(aurora.clinic, NEW_PHONE, user_id="BR.2")
    for contact in (old, new):
        make_conversation(aurora.number, contact)
    told = [said(DALVA_PHONE, f"a{n}", at=n, user_id="BR.1") for n in range(15)]
    told += [said(NEW_PHONE, f"b{n}", at=100 + n, user_id="BR.2") for n in range(15)]
    told += [
        number_changed(DALVA_PHONE, NEW_PHONE, at=50, previous_user_id="BR.1", user_id="BR.2", wamid=f"wamid.{n}")
        for n in range(6)
    ]
    told = told[::3] + told[1::3] + told[2::3]
    errors = in_threads(webhooks.body(webhooks.change(AURORA_ID, messages=[one])) for one in told)
    assert errors == []
    _finish()
    contact = only_contact()
    assert (contact.user_id, contact.wa_id, contact.patient) == ("BR.2", NEW_PHONE, aurora.dalva)
    assert len(one_history()) == 30


def _finish() -> None:
    """What a deadlock or a lost race has put off is done as the sweep would, without its pauses."""
    for _ in range(10):
        Delivery.objects.update(not_before=None, begun_at=None)
        Conversation.objects.update(not_before=None)
        Item.objects.update(not_before=None)
        inbox.unpack_some(now=MONDAY)
        for wanted in Conversation.objects.filter(wanted_at__isnull=False):
            handling.work(wanted.pk, now=MONDAY)
    assert not Delivery.objects.filter(state="stored").exists()


def test_former_ids_are_kept_with_the_provider_s_time(aurora: Aurora) -> None:
    receive(said(DALVA_PHONE, "a", at=1, user_id="BR.1"))
    receive(number_changed(DALVA_PHONE, NEW_PHONE, at=2, previous_user_id="BR.1", user_id="BR.2"))
    former = FormerId.objects.get()
    assert (former.user_id, former.match_key) == ("BR.1", DALVA_PHONE)
    assert former.until == datetime.fromtimestamp(START, UTC) + timedelta(seconds=2)
