"""Which clinic, contact and conversation does an item belong to?

The clinic follows from the number the item names (account-level kinds: from the account), never from the delivery's
first entry. What no clinic of ours owns is kept and marked; what a clinic's own secret signed for another clinic's
number is kept, marked foreign and never handled.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models.functions import Coalesce, Now

from atendeai.common import phones
from atendeai.metrics import UNKNOWN_ITEMS
from clinics import patients
from clinics.models import Patient
from whatsapp.models import Contact, Conversation, ItemState, Number
from whatsapp.payloads import OF_A_CHAT, Identity, Item, Kind

# The clinic talks with one patient at a time, in writing.
ONLY_KEPT = {Kind.GROUP: "group", Kind.CALL: "call"}
ECHOES = frozenset({Kind.ECHO, Kind.STANDBY_ECHO})


@dataclass(frozen=True)
class Place:
    """Where an item goes, and whether anybody is to act on it."""

    state: str
    clinic_id: int | None = None
    conversation_id: int | None = None
    reason: str = ""


class Numbers:
    """The numbers that items name, each looked up once in a turn of unpacking."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], Number | None] = {}

    def find(self, item: Item) -> Number | None:
        """The number, or for account-level kinds the account's first one; None when no clinic has it."""
        key = (item.phone_number_id, item.account_id)
        if key not in self._found:
            self._found[key] = _find_number(item)
        return self._found[key]


def place(item: Item, *, numbers: Numbers, signed_by: int | None, now: datetime) -> Place:
    """The item's place; makes contact and conversation when the person is new to the clinic."""
    number = numbers.find(item)
    if number is None:
        return _kept(item, ItemState.IGNORED, "unknown_number")
    if signed_by is not None and signed_by != number.clinic_id:
        return _kept(item, ItemState.FOREIGN, "foreign_signature")
    why = _nothing_to_do(item)
    if why:
        return _kept(item, ItemState.IGNORED, why, number.clinic_id)
    return _place_in_chat(item, number, now) if item.kind in OF_A_CHAT else Place(ItemState.WAITING, number.clinic_id)


def _nothing_to_do(item: Item) -> str:
    """Why an item is only kept; "" when somebody is to act on it."""
    if item.payload.get("group_id") or item.payload.get("recipient_type") == "group":
        return "group"
    if item.kind in ONLY_KEPT:
        return ONLY_KEPT[item.kind]
    return item.reason or f"{item.field}: kept" if item.kind in {Kind.UNKNOWN, Kind.KEPT} else ""


def _place_in_chat(item: Item, number: Number, now: datetime) -> Place:
    if not (item.sender.user_id or item.sender.wa_id):
        return _kept(item, ItemState.SET_ASIDE, "no_sender", number.clinic_id)
    # What we wrote says nothing about the form in which the person writes: an echo changes nobody who is known.
    known = find_contact(number.clinic_id, item.sender) if item.kind in ECHOES else None
    contact = known or resolve_contact(number, item.sender)
    conversation, _ = Conversation.objects.get_or_create(
        number=number, contact=contact, defaults={"clinic_id": number.clinic_id, "last_message_at": now}
    )
    return Place(ItemState.WAITING, number.clinic_id, conversation.pk)


def _find_number(item: Item) -> Number | None:
    if item.phone_number_id:
        return Number.objects.filter(phone_number_id=item.phone_number_id).first()
    if not item.account_id:
        return None
    return Number.objects.filter(account_id=item.account_id).order_by("id").first()


def _kept(item: Item, state: str, reason: str, clinic_id: int | None = None) -> Place:
    UNKNOWN_ITEMS.labels(item.kind.value, reason[:40] if state != ItemState.IGNORED else "ignored").inc()
    return Place(state, clinic_id, reason=reason)


def want(*, conversation_ids: Iterable[int]) -> None:
    """Marks that items wait in these conversations.

    Takes the row locks until the commit: a worker that is just finishing either sees the item or leaves the mark for
    the next. Always in the same order, so that two deliveries for the same chats cannot wait for each other.
    """
    ids = sorted(conversation_ids)
    if not ids:
        return
    list(Conversation.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True).values_list("pk"))
    Conversation.objects.filter(pk__in=ids).update(wanted_at=Coalesce("wanted_at", Now()), not_before=None)


def resolve_contact(number: Number, sender: Identity) -> Contact:
    """The clinic's contact for this person: by business-scoped id, exact wa_id, then match key; a new one otherwise."""
    for _ in range(2):
        contact = find_contact(number.clinic_id, sender)
        try:
            with transaction.atomic():
                return _known_or_new(number, contact, sender)
        except IntegrityError:
            # Somebody else just made this contact, or one of its ids belongs to another one: look again.
            continue
    known = find_contact(number.clinic_id, sender)
    if known is None:
        raise IntegrityError("contact could be neither made nor found")
    return known


def _known_or_new(number: Number, contact: Contact | None, sender: Identity) -> Contact:
    if contact is None:
        phone = sender.wa_id or ""
        return _new_contact(number, sender, patients.find_by_phone(clinic=number.clinic, phone=phone))
    if _is_recycled(contact, sender):
        _give_up_number(contact)
        return _new_contact(number, sender, None)
    return _updated(contact, sender)


def find_contact(clinic_id: int, sender: Identity) -> Contact | None:
    """The clinic's contact with one of these ids, the strongest id first."""
    rows = Contact.objects.for_clinic(clinic_id)
    found = rows.filter(user_id=sender.user_id).first() if sender.user_id else None
    if found is None and sender.wa_id:
        found = rows.filter(wa_id=sender.wa_id).order_by("id").first()
        found = found or rows.filter(match_key=phones.match_key(sender.wa_id)).first()
    return found


def _new_contact(number: Number, sender: Identity, patient: Patient | None) -> Contact:
    return Contact.objects.create(
        clinic_id=number.clinic_id,
        user_id=sender.user_id,
        wa_id=sender.wa_id,
        match_key=phones.match_key(sender.wa_id) if sender.wa_id else None,
        name=(sender.name or "")[:120],
        patient=patient,
    )


def _is_recycled(contact: Contact, sender: Identity) -> bool:
    """Whether the number now belongs to somebody else: the same number under another business-scoped id."""
    return bool(sender.user_id and contact.user_id and sender.user_id != contact.user_id)


def _give_up_number(contact: Contact) -> None:
    """The number's new owner must not see the former one's appointments: the old contact keeps its history alone."""
    contact.wa_id = contact.match_key = None
    contact.save(update_fields=["wa_id", "match_key"])


def _updated(contact: Contact, sender: Identity) -> Contact:
    """Takes over what is new: answers go to the form that wrote last."""
    wanted = {
        "user_id": sender.user_id or contact.user_id,
        "wa_id": sender.wa_id or contact.wa_id,
        "match_key": phones.match_key(sender.wa_id) if sender.wa_id else contact.match_key,
        "name": (sender.name or contact.name)[:120],
    }
    changed = [field for field, value in wanted.items() if getattr(contact, field) != value]
    if changed:
        for field in changed:
            setattr(contact, field, wanted[field])
        contact.save(update_fields=changed)
    return contact
