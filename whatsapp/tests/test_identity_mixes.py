"""Every mix of ids that Meta may send or leave out leads to the one right person, or is kept for a person to see."""

from itertools import product
from typing import Any

import pytest

from atendeai.testing import webhooks
from atendeai.testing.factories import MONDAY, make_contact
from atendeai.testing.people import Aurora
from whatsapp import inbox
from whatsapp.models import Contact, Item, ItemState

AURORA_ID = "100000000000001"
MOBILE, OLD_FORM, LANDLINE = "5511987650001", "551187650001", "551133330001"
DALVA_ID, DALVA_PARENT, IVO_ID, IVO_PARENT, ZECA_ID = "BR.111", "BR.ENT.111", "BR.333", "BR.ENT.333", "BR.222"
ABSENT = object()

FROM: dict[str, Any] = {
    "phone12": OLD_FORM,
    "phone13": MOBILE,
    "landline": LANDLINE,
    "missing": ABSENT,
    "empty": "",
    "user_id": DALVA_ID,
}
FROM_ID = ("present", "missing", "parent_only")
CONTACTS = ("wa_id", "user_id", "neither", "absent", "wrong_order")
MIXES = list(product(FROM, FROM_ID, CONTACTS))


def ids_of(who: str) -> tuple[str, str, str]:
    """(number, user id, parent) of who writes."""
    return (LANDLINE, IVO_ID, IVO_PARENT) if who == "ivo" else (MOBILE, DALVA_ID, DALVA_PARENT)


def delivery(sender: str, from_id: str, contacts: str) -> dict[str, Any]:
    number, user_id, parent = ids_of("ivo" if sender == "landline" else "dalva")
    message = webhooks.text_message("", "oi")
    del message["from"]
    if FROM[sender] is not ABSENT:
        message["from"] = FROM[sender]
    message |= {"present": {"from_user_id": user_id}, "parent_only": {"from_parent_user_id": parent}}.get(from_id, {})
    entry = webhooks.change(AURORA_ID, messages=[message])
    value = entry["changes"][0]["value"]
    zeca = {"wa_id": "5521987650002", "user_id": ZECA_ID, "profile": {"name": "Zeca"}}
    own = {"wa_id": number, "user_id": user_id, "profile": {"name": "Alguém"}}
    value["contacts"] = {
        "wa_id": [{"wa_id": number, "profile": {"name": "Alguém"}}],
        "user_id": [{"user_id": user_id, "profile": {"username": "alguem"}}],
        "neither": [{"profile": {"name": "Alguém"}}],
        "absent": [],
        "wrong_order": [zeca, own],
    }[contacts]
    if contacts == "absent":
        del value["contacts"]
    return entry


def expected(sender: str, from_id: str, contacts: str) -> str | None:
    """The person, from what a reader would conclude: an id on the message, else a lone contact that has one."""
    who = "ivo" if sender == "landline" else "dalva"
    is_named = sender not in ("missing", "empty") or from_id != "missing" or contacts in ("wa_id", "user_id")
    return who if is_named else None


def receive(entry: dict[str, Any]) -> Item:
    inbox.store(body=webhooks.body(entry), signed_by=None)
    inbox.unpack_some(now=MONDAY)
    return Item.objects.order_by("-id")[0]


@pytest.mark.parametrize(("sender", "from_id", "contacts"), MIXES)
def test_known_people_are_found(aurora: Aurora, sender: str, from_id: str, contacts: str) -> None:
    people = {
        "dalva": make_contact(aurora.clinic, MOBILE, user_id=DALVA_ID, parent_user_id=DALVA_PARENT),
        "ivo": make_contact(aurora.clinic, LANDLINE, user_id=IVO_ID, parent_user_id=IVO_PARENT),
    }
    zeca = make_contact(aurora.clinic, "5521987650002", user_id=ZECA_ID)
    item = receive(delivery(sender, from_id, contacts))
    wanted = expected(sender, from_id, contacts)
    if wanted is None:
        assert (item.state, item.reason) == (ItemState.SET_ASIDE, "no_sender")
    else:
        assert item.conversation is not None
        assert item.conversation.contact == people[wanted]
    assert Contact.objects.count() == 3
    zeca.refresh_from_db()
    assert (zeca.user_id, zeca.wa_id) == (ZECA_ID, "5521987650002")
    for name, person in people.items():
        number, user_id, parent = ids_of(name)
        person.refresh_from_db()
        assert (person.user_id, person.match_key, person.parent_user_id) == (user_id, number, parent)


@pytest.mark.parametrize(("sender", "from_id", "contacts"), MIXES)
def test_somebody_new_becomes_one_contact_with_what_was_told(
    aurora: Aurora, sender: str, from_id: str, contacts: str
) -> None:
    first, second = receive(delivery(sender, from_id, contacts)), receive(delivery(sender, from_id, contacts))
    who = expected(sender, from_id, contacts)
    if who is None:
        assert first.conversation is None
        assert not Contact.objects.exists()
        return
    contact = Contact.objects.get()
    number, user_id, parent = ids_of(who)
    assert first.conversation == second.conversation
    assert contact.user_id in (None, user_id)
    assert contact.match_key in (None, number)
    assert contact.parent_user_id in (None, parent)
    is_told_id = sender == "user_id" or from_id == "present"
    is_told_number = sender in ("phone12", "phone13", "landline")
    assert contact.user_id == user_id if is_told_id else True
    assert contact.match_key == number if is_told_number else True
    assert contact.parent_user_id == parent if from_id == "parent_only" else True


@pytest.mark.parametrize(("sender", "form"), [("phone12", OLD_FORM), ("phone13", MOBILE), ("landline", LANDLINE)])
def test_answers_go_to_the_form_that_wrote(aurora: Aurora, sender: str, form: str) -> None:
    item = receive(delivery(sender, "present", "wa_id"))
    assert item.conversation is not None
    contact = item.conversation.contact
    assert (contact.wa_id, contact.answers_by_id) == (form, False)


def test_answers_go_to_the_id_where_the_number_is_hidden_and_to_the_number_again(aurora: Aurora) -> None:
    for sender, by_id in (("phone13", False), ("missing", True), ("empty", True), ("phone12", False)):
        receive(delivery(sender, "present", "absent"))
        assert Contact.objects.get().answers_by_id is by_id


def test_ids_too_long_for_any_column_are_dropped_and_the_message_stays(aurora: Aurora) -> None:
    entry = delivery("phone13", "missing", "absent")
    entry["changes"][0]["value"]["messages"][0]["from_user_id"] = "BR." + "9" * 200
    item = receive(entry)
    assert item.conversation is not None
    assert item.conversation.contact.user_id is None
    entry = delivery("missing", "present", "absent")
    entry["changes"][0]["value"]["messages"][0]["from"] = "9" * 24
    item = receive(entry)
    assert item.conversation is not None
    assert item.conversation.contact.wa_id is None
