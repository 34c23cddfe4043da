"""What does it mean that somebody has another number or id now? One person, one history, one patient.

Meta says so in system messages. They are applied when they are unpacked, before any later message of the delivery
looks for its sender, and are read as of their own time: a repeated one, or one that comes late or out of order, changes
nothing that is newer. When the new number or id already is another contact of the clinic, the two become one, for Meta
itself has said so.
"""

from datetime import datetime

from django.db import IntegrityError, transaction

from atendeai.common import phones
from clinics import audit, patients
from clinics.audit import SYSTEM
from clinics.merging import CannotMerge
from whatsapp import contacts, merging
from whatsapp.models import Contact, ContactMerge, MergeSource, Number
from whatsapp.payloads import (
    ChangeKind,
    Identity,
    IdentityChange,
    Item,
    Kind,
    ToldNumber,
    identity_change_of,
    told_number_of,
)

ECHOES = frozenset({Kind.ECHO, Kind.STANDBY_ECHO})


def person_of(number: Number, item: Item, *, at: datetime, now: datetime) -> Contact | None:
    """The contact of a chat's item, after what the item says about who they are; None when it names nobody."""
    change = identity_change_of(item.payload)
    if change is not None:
        return apply_change(number, change, at=at, now=now)
    if item.sender.scoped_id is None and item.sender.wa_id is None:
        return None
    # What we wrote says nothing about the form in which the person writes: an echo changes nobody who is known.
    if item.kind in ECHOES and (known := contacts.find(number.clinic_id, item.sender)):
        return known
    contact = contacts.resolve(number, item.sender, at=at, now=now)
    told = told_number_of(item.payload)
    if told is not None and told.is_own:
        return learn_number(contact, told, at=at, now=now)
    return contact


def apply_change(number: Number, change: IdentityChange, *, at: datetime, now: datetime) -> Contact:
    """The one contact that the person is from now on."""
    for last_try in (False, False, True):
        try:
            with transaction.atomic():
                return _applied(number, change, at, now)
        except (IntegrityError, CannotMerge):
            if last_try:
                raise
    raise AssertionError("unreachable")


def _applied(number: Number, change: IdentityChange, at: datetime, now: datetime) -> Contact:
    clinic_id = number.clinic_id
    if change.kind == ChangeKind.IDENTITY:
        contact = contacts.resolve(number, change.new, at=at, now=now)
        audit.record(clinic=number.clinic, action="contact_identity_changed", target=contact, by=SYSTEM, now=now)
        return contact
    found = (contacts.find_as_of(clinic_id, ids, at) for ids in change.old)
    old = next((contact for contact in found if contact), None)
    new = contacts.find(clinic_id, change.new) or contacts.find_former(clinic_id, change.new, at)
    if old is None:
        return _unheard_of(number, new, change, at, now)
    if new is None:
        return _moved(old, change, at, now)
    if old != new:
        return _joined(old, new, at, now)
    return _moved(old, change, at, now) if _has_old_id(old, change) else old


def _has_old_id(contact: Contact, change: IdentityChange) -> bool:
    """Found by a number that stays: the id that is no longer theirs is still in the row. Not so in a late repeat."""
    told = {name: {getattr(ids, name) for ids in change.old} - {None} for name in ("user_id", "parent_user_id")}
    return any(getattr(contact, name) in gone and getattr(change.new, name) for name, gone in told.items())


def _unheard_of(number: Number, new: Contact | None, change: IdentityChange, at: datetime, now: datetime) -> Contact:
    """Nobody knew the old ids yet: what was sent from them and is still on its way belongs to the new ones."""
    told = [*change.old, change.new]
    before = Identity(
        user_id=next((ids.user_id for ids in change.old if ids.user_id), None),
        wa_id=next((ids.wa_id for ids in change.old if ids.wa_id), None),
    )
    is_free = contacts.find(number.clinic_id, Identity(wa_id=before.wa_id)) is None
    patient = patients.find_by_phone(clinic=number.clinic, phone=before.wa_id or "") if is_free else None
    if new is None:
        ids = change.new if change.new != Identity() else next(ids for ids in told if ids != Identity())
        new = contacts.make(number, ids, at=at, patient=patient)
    elif new.patient is None and patient is not None:
        new.patient = patient
        new.save(update_fields=["patient"])
    contacts.note_former(new, before, at=at)
    if is_free:
        key = phones.match_key(before.wa_id) if before.wa_id else None
        _tell(new, {**merging.ids_of(new), "user_id": before.user_id, "wa_id": before.wa_id, "match_key": key}, now)
    return new


def _joined(old: Contact, new: Contact, at: datetime, now: datetime) -> Contact:
    """Both are known: they become one, with the newer ids."""
    before, ids, since = merging.ids_of(old), merging.ids_of(new), new.ids_since
    contacts.give_up(old, at=at, ids=("user_id", "match_key"))
    survivor, loser = contacts.prefer(old, new)
    row = merging.merge(survivor=survivor, loser=loser, source=MergeSource.META, by=None, now=now)
    if ids["wa_id"] or ids["user_id"] or ids["parent_user_id"]:
        merging.set_ids(survivor, ids)
    survivor.ids_since, survivor.answers_by_id = since, not ids["wa_id"]
    survivor.save(update_fields=["ids_since", "answers_by_id"])
    _keep_phones(row, survivor, _tell(survivor, before, now))
    return survivor


def _moved(contact: Contact, change: IdentityChange, at: datetime, now: datetime) -> Contact:
    """The contact has the new ids; what it had is noted as its own until now."""
    before, ids = merging.ids_of(contact), _new_ids(contact, change)
    if ids == before:
        return contact
    gone = tuple(name for name in ("user_id", "match_key") if before[name] and before[name] != ids[name])
    contacts.give_up(contact, at=at, ids=gone)
    merging.set_ids(contact, ids)
    contact.ids_since, contact.answers_by_id = at, not ids["wa_id"]
    contact.save(update_fields=["ids_since", "answers_by_id"])
    _tell(contact, before, now)
    return contact


def _new_ids(contact: Contact, change: IdentityChange) -> dict[str, str | None]:
    """An id is made anew with the number: an old one beside a new number would be nobody's, and the other way round."""
    new = change.new
    if not (new.user_id or new.wa_id or new.parent_user_id):
        return merging.ids_of(contact)
    is_same = bool(new.wa_id) and phones.match_key(new.wa_id or "") == contact.match_key
    return {
        "user_id": new.user_id or (contact.user_id if is_same else None),
        "parent_user_id": new.parent_user_id or (contact.parent_user_id if is_same else None),
        "wa_id": new.wa_id,
        "match_key": phones.match_key(new.wa_id) if new.wa_id else None,
    }


def learn_number(contact: Contact, told: ToldNumber, *, at: datetime, now: datetime) -> Contact:
    """The person has answered our request with their own number: WhatsApp vouches for it."""
    key = phones.match_key(told.number)
    if contact.match_key == key:
        return contact
    sender = Identity(user_id=contact.user_id, parent_user_id=contact.parent_user_id, wa_id=told.number)
    before = merging.ids_of(contact)
    known = contacts.resolve_known(contact, sender, at=at, now=now)
    # They wrote without a number; until they write from it, answers go the way they came.
    if before["wa_id"] is None and not known.answers_by_id:
        known.answers_by_id = True
        known.save(update_fields=["answers_by_id"])
    former: dict[int, str] = {}
    if known.patient is not None and known.patient.phone == "":
        patients.learn_phone(patient=known.patient, phone=f"+{told.number}", by=SYSTEM, now=now)
        former[known.patient.pk] = ""
    former |= _tell(known, before, now)
    merged = ContactMerge.objects.for_clinic(known.clinic_id).filter(survivor=known, at=now, undone_at=None).first()
    if merged is not None:
        _keep_phones(merged, known, former)
    return known


def _keep_phones(row: ContactMerge, survivor: Contact, former: dict[int, str]) -> None:
    """With the merge, so that undoing it puts them back."""
    if former:
        row.moved["phones"] = {"to": f"+{survivor.wa_id}", "of": former}
        row.save(update_fields=["moved"])


def _tell(contact: Contact, before: dict[str, str | None], now: datetime) -> dict[int, str]:
    """The audit, and the patients who had the very same number: it is the number that changed, not they.

    The phones these patients had, by their ids.
    """
    after = merging.ids_of(contact)
    fields = [name for name in ("user_id", "wa_id") if before[name] != after[name]]
    if not fields:
        return {}
    audit.record(clinic=contact.clinic, action="contact_ids_changed", target=contact, by=SYSTEM, now=now, fields=fields)
    old_key, number = before["match_key"], after["wa_id"]
    if not (old_key and number) or after["match_key"] == old_key:
        return {}
    return patients.change_phone(clinic=contact.clinic, old_key=old_key, phone=f"+{number}", by=SYSTEM, now=now)
