"""Which clinic, contact and conversation does an item belong to?

The clinic follows from the number the item names (account-level kinds: from the account), never from the delivery's
first entry. What no clinic of ours owns is kept and marked; what a clinic's own secret signed for another clinic's
number is kept, marked foreign and never handled.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models.functions import Coalesce, Now

from atendeai.metrics import UNKNOWN_ITEMS
from whatsapp import identity
from whatsapp.crowd import Crowd
from whatsapp.models import Conversation, ItemState, Number
from whatsapp.models import Item as StoredItem
from whatsapp.payloads import Item, Kind

# The clinic talks with one patient at a time, in writing.
ONLY_KEPT = {Kind.GROUP: "group", Kind.CALL: "call", Kind.FLOWS: "flows"}


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


def gather(items: Sequence[Item], *, numbers: Numbers, signed_by: int | None, now: datetime) -> Crowd:
    """Those of many items' senders who can be placed together, before `place` goes through the items in order."""
    of_number: dict[int, tuple[Number, list[Item]]] = {}
    for item in items:
        number = numbers.find(item) if item.is_of_a_chat and not _nothing_to_do(item) else None
        if number is not None and signed_by in (None, number.clinic_id):
            of_number.setdefault(number.pk, (number, []))[1].append(item)
    crowd = Crowd()
    # Two numbers of a clinic share its contacts: then the order of the items decides.
    clinics = Counter(number.clinic_id for number, _ in of_number.values())
    for number, its_items in of_number.values():
        if clinics[number.clinic_id] == 1:
            crowd.place(number, its_items, now=now)
    return crowd


def place(item: Item, *, numbers: Numbers, crowd: Crowd, signed_by: int | None, now: datetime) -> Place:
    """The item's place; makes contact and conversation when the person is new to the clinic."""
    number = numbers.find(item)
    if number is None:
        return _kept(item, ItemState.IGNORED, "unknown_number")
    if signed_by is not None and signed_by != number.clinic_id:
        return _kept(item, ItemState.FOREIGN, "foreign_signature")
    why = _nothing_to_do(item)
    if why:
        return _kept(item, ItemState.IGNORED, why, number.clinic_id)
    if not item.is_of_a_chat:
        return Place(ItemState.WAITING, number.clinic_id)
    conversation_id = crowd.find(number, item)
    return (
        Place(ItemState.WAITING, number.clinic_id, conversation_id)
        if conversation_id
        else _place_in_chat(item, number, now)
    )


def _nothing_to_do(item: Item) -> str:
    """Why an item is only kept; "" when somebody is to act on it."""
    if item.payload.get("group_id") or item.payload.get("recipient_type") == "group":
        return "group"
    if item.kind in ONLY_KEPT and not item.is_of_a_chat:
        return ONLY_KEPT[item.kind]
    return item.reason or f"{item.field}: kept" if item.kind in {Kind.UNKNOWN, Kind.KEPT} else ""


def _place_in_chat(item: Item, number: Number, now: datetime) -> Place:
    # What fails here must leave nothing behind: the delivery's other items go on.
    with transaction.atomic():
        contact = identity.person_of(number, item, at=min(item.provider_at or now, now), now=now)
        if contact is None:
            return _kept(item, ItemState.SET_ASIDE, "no_sender", number.clinic_id)
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


def want(*, conversation_ids: Iterable[int]) -> tuple[int, ...]:
    """Marks that items wait in these conversations; the ids of those that have them now.

    A conversation that was merged into another one while its item was being placed hands the item over.

    Takes the row locks until the commit: a worker that is just finishing either sees the item or leaves the mark for
    the next. Always in the same order, so that two deliveries for the same chats cannot wait for each other.
    """
    ids = _lock(conversation_ids)
    Conversation.objects.filter(pk__in=ids).update(wanted_at=Coalesce("wanted_at", Now()), not_before=None)
    return ids


def _lock(conversation_ids: Iterable[int]) -> tuple[int, ...]:
    """Locks them all; where one is merged, its items and its lock go to the one that stands."""
    ids, standing = sorted(conversation_ids), set[int]()
    while ids:
        rows = Conversation.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
        places = list(rows.values_list("pk", "merged_into"))
        for pk, merged_into in places:
            if merged_into is not None:
                StoredItem.objects.filter(conversation=pk, state=ItemState.WAITING).update(conversation=merged_into)
        standing |= {pk for pk, merged_into in places if merged_into is None}
        ids = sorted({merged_into for _, merged_into in places if merged_into is not None} - standing)
    return tuple(sorted(standing))
