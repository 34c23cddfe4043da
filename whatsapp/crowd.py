"""Where do a thousand people of one delivery go, with a handful of queries instead of thousands?

Only the plain cases: somebody whom the clinic knows exactly as the delivery names them, or nobody knows at all. Whoever
needs a decision (new ids, a number with another owner, news about who they are, two names for one id) is left to
`routing`, one by one and in order. What is found here is what `routing` would have found.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from atendeai.common import phones
from clinics import patients
from whatsapp import contacts
from whatsapp.models import Contact, Conversation, FormerId, Number
from whatsapp.payloads import Identity, Item, Kind, identity_change_of, told_number_of

# Below this, one by one costs no more.
LEAST = 4
# Kinds whose sender may be made known by them; an echo is what the clinic wrote.
WRITERS = frozenset({Kind.MESSAGE, Kind.STANDBY})
CHUNK = 500


@dataclass
class _Person:
    """Somebody as all items of this delivery name them, first seen at `at`."""

    identity: Identity
    at: datetime

    @property
    def key(self) -> str | None:
        return phones.match_key(self.identity.wa_id) if self.identity.wa_id else None


@dataclass
class Crowd:
    """Conversation ids of those who could be placed together."""

    _places: dict[tuple[int, Identity], int] = field(default_factory=dict)

    def find(self, number: Number, item: Item) -> int | None:
        """The item's conversation; None when it must be looked for on its own."""
        return self._places.get((number.pk, item.sender)) if item.kind in WRITERS and _is_plain(item) else None

    def place(self, number: Number, items: Sequence[Item], *, now: datetime) -> None:
        """Finds or makes contacts and conversations of these items' senders at this number."""
        people = _uncontested(items, now)
        if len(people) < LEAST:
            return
        rows = _contacts(number, people)
        chats = _conversations(number, set(rows.values()), now)
        for identity, contact_id in rows.items():
            self._places[number.pk, identity] = chats[contact_id]


def _is_plain(item: Item) -> bool:
    told = told_number_of(item.payload)
    is_named = item.sender.user_id is not None or item.sender.wa_id is not None
    return (
        is_named
        and item.sender.parent_user_id is None
        and identity_change_of(item.payload) is None
        and not (told and told.is_own)
    )


def _uncontested(items: Sequence[Item], now: datetime) -> list[_Person]:
    """People none of whose ids is used in another way by any item of the delivery."""
    users: dict[str, set[Identity | None]] = defaultdict(set)
    people: dict[Identity, _Person] = {}
    for item in items:
        is_writer = item.kind in WRITERS and _is_plain(item)
        for one in _ids(item):
            users[one].add(item.sender if is_writer else None)
        if is_writer:
            at = min(item.provider_at or now, now)
            known = people.setdefault(item.sender, _Person(item.sender, at))
            known.at = min(known.at, at)
    return [person for person in people.values() if all(len(users[one]) == 1 for one in _ids_of(person.identity))]


def _ids(item: Item) -> set[str]:
    """Every id the item speaks of."""
    change, told = identity_change_of(item.payload), told_number_of(item.payload)
    named = [item.sender, *(change.old if change else ()), *([change.new] if change else ())]
    numbers = {phones.match_key(told.number)} if told and told.is_own else set()
    return numbers.union(*(_ids_of(one) for one in named))


def _ids_of(identity: Identity) -> set[str]:
    key = phones.match_key(identity.wa_id) if identity.wa_id else None
    return {one for one in (identity.user_id, identity.parent_user_id, key) if one}


def _contacts(number: Number, people: list[_Person]) -> dict[Identity, int]:
    by_id = _found(number.clinic_id, people)
    former = _former(number.clinic_id, people)
    nobody = [one for one in people if not (_ids_of(one.identity) & (by_id.keys() | former))]
    if nobody:
        _make(number, nobody)
        by_id = _found(number.clinic_id, people)
    places: dict[Identity, int] = {}
    for person in people:
        rows = {by_id[one].pk: by_id[one] for one in _ids_of(person.identity) if one in by_id}
        if len(rows) == 1 and not _ids_of(person.identity) & former:
            (row,) = rows.values()
            if contacts.is_exactly(row, person.identity, at=person.at):
                places[person.identity] = row.pk
    return places


def _found(clinic_id: int, people: Iterable[_Person]) -> dict[str, Contact]:
    found: dict[str, Contact] = {}
    for part in _chunks(list(people)):
        rows = Contact.objects.for_clinic(clinic_id)
        for row in rows.filter(user_id__in=[one.identity.user_id for one in part if one.identity.user_id]):
            found[row.user_id or ""] = row
        for row in rows.filter(match_key__in=[one.key for one in part if one.key]):
            found[row.match_key or ""] = row
    return found


def _former(clinic_id: int, people: Sequence[_Person]) -> set[str]:
    """Ids that were somebody else's before: when they were decides."""
    found: set[str] = set()
    for part in _chunks(people):
        rows = FormerId.objects.for_clinic(clinic_id)
        users = [one.identity.user_id for one in part if one.identity.user_id]
        found |= {one for one in rows.filter(user_id__in=users).values_list("user_id", flat=True) if one}
        keys = [one.key for one in part if one.key]
        found |= {one for one in rows.filter(match_key__in=keys).values_list("match_key", flat=True) if one}
    return found


def _make(number: Number, people: Sequence[_Person]) -> None:
    """Should another worker make one of them at this moment, the unique keys let one of us through."""
    keys = [person.key for person in people if person.key]
    known = patients.find_by_keys(clinic=number.clinic, keys=keys)
    rows = [
        contacts.new(number, person.identity, at=person.at, patient=known.get(person.key or "")) for person in people
    ]
    # In one order for all workers, so that two of them cannot wait for each other.
    rows.sort(key=lambda row: (row.match_key or "", row.user_id or ""))
    Contact.objects.bulk_create(rows, ignore_conflicts=True, batch_size=CHUNK)


def _conversations(number: Number, contact_ids: set[int], now: datetime) -> dict[int, int]:
    mine = Conversation.objects.for_clinic(number.clinic_id).filter(number=number, contact_id__in=contact_ids)
    found = dict(mine.values_list("contact_id", "pk"))
    missing = sorted(contact_ids - found.keys())
    if missing:
        rows = [
            Conversation(clinic_id=number.clinic_id, number=number, contact_id=pk, last_message_at=now)
            for pk in missing
        ]
        Conversation.objects.bulk_create(rows, ignore_conflicts=True, batch_size=CHUNK)
        found = dict(mine.values_list("contact_id", "pk"))
    return found


def _chunks(people: Sequence[_Person]) -> Iterable[Sequence[_Person]]:
    return (people[start : start + CHUNK] for start in range(0, len(people), CHUNK))
