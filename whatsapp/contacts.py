"""Who is this person to the clinic? By business-scoped id, then by the number in any of its forms; new otherwise.

One person, one contact: ids that Meta names together belong together, and a number that comes under *another*
business-scoped id has a new owner (ADR 0014). Every answer is a standing contact, never one that was merged away.
News that was sent before a contact got or gave up a number is read as of its own time.
"""

from dataclasses import replace
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F

from atendeai.common import phones
from clinics import patients
from clinics.merging import CannotMerge
from clinics.models import Patient
from whatsapp import merging
from whatsapp.models import Contact, FormerId, MergeSource, Number
from whatsapp.payloads import Identity

TRIES = 4


def resolve(number: Number, sender: Identity, *, at: datetime, now: datetime) -> Contact:
    """The contact who wrote to this number at `at` (the provider's time); made when nobody is found."""
    for _ in range(TRIES):
        try:
            with transaction.atomic():
                return _resolved(number, sender, at, now)
        except (IntegrityError, CannotMerge):
            # Somebody else just made this contact, or merged it: look again.
            continue
    known = find(number.clinic_id, sender)
    if known is None:
        raise IntegrityError("contact could be neither made nor found")
    return known


def resolve_known(contact: Contact, person: Identity, *, at: datetime, now: datetime) -> Contact:
    """The contact with what is now known of them; another one when the number is theirs and stays."""
    with transaction.atomic():
        return _known(contact.clinic_id, contact, person, at, now)


def find(clinic_id: int, person: Identity) -> Contact | None:
    """The clinic's contact with one of these ids today, the strongest id first."""
    row = _by_scoped_id(clinic_id, person) or _by_number(clinic_id, person)
    return merging.standing(row) if row else None


def find_as_of(clinic_id: int, person: Identity, at: datetime) -> Contact | None:
    """Who had one of these ids at that moment: today's holder unless somebody else had it then."""
    row = _by_scoped_id(clinic_id, person)
    if row is not None:
        return merging.standing(row)
    if former := find_former(clinic_id, person, at):
        return former
    row = _by_number(clinic_id, person)
    return merging.standing(row) if row is not None and _is_since(row, at) else None


def find_former(clinic_id: int, person: Identity, at: datetime) -> Contact | None:
    """Who had one of these ids at that moment and has it no more."""
    rows = FormerId.objects.for_clinic(clinic_id).select_related("contact__merged_into")
    found = rows.filter(user_id=person.user_id).order_by("-until").first() if person.user_id else None
    if found is None and person.wa_id:
        key = phones.match_key(person.wa_id)
        found = rows.filter(match_key=key, until__gte=at).order_by("until", "id").first()
        if found and person.user_id and found.user_id not in (None, person.user_id):
            found = None
    return merging.standing(found.contact) if found else None


def give_up(contact: Contact, *, at: datetime, ids: tuple[str, ...]) -> None:
    """Notes that these ids (`user_id`, `match_key`) were the contact's until now; the caller writes the contact."""
    held = {name: getattr(contact, name) for name in ids}
    if any(held.values()):
        FormerId.objects.create(clinic_id=contact.clinic_id, contact=contact, until=at, **held)


def note_former(contact: Contact, ids: Identity, *, at: datetime) -> None:
    """Notes that these ids were the contact's until then."""
    key = phones.match_key(ids.wa_id) if ids.wa_id else None
    if ids.user_id or key:
        FormerId.objects.create(
            clinic_id=contact.clinic_id, contact=contact, user_id=ids.user_id, match_key=key, until=at
        )


def make(number: Number, ids: Identity, *, at: datetime, patient: Patient | None) -> Contact:
    """A contact with these ids, of a person whom their number alone does not tell; the patient it leads to, else."""
    return _new(number, ids, at, patient or _patient_of(number, ids))


def _resolved(number: Number, sender: Identity, at: datetime, now: datetime) -> Contact:
    row = _by_scoped_id(number.clinic_id, sender)
    if row is not None:
        return _known(number.clinic_id, row, sender, at, now)
    row = _by_number(number.clinic_id, sender)
    # What was sent before the number changed hands is its former holder's.
    is_settled = row is not None and _is_since(row, at)
    if not is_settled and (former := find_former(number.clinic_id, sender, _after(at))):
        return former
    if row is None:
        return _new(number, sender, at, _patient_of(number, sender))
    if not _has_new_owner(row, sender):
        return _updated(row, sender, at)
    if not _is_since(row, at):
        return _new(number, replace(sender, wa_id=None), at, None)
    _lose_number(row, at)
    return _new(number, sender, at, None)


def _by_scoped_id(clinic_id: int, person: Identity) -> Contact | None:
    rows = Contact.objects.for_clinic(clinic_id).select_related("merged_into")
    found = rows.filter(user_id=person.user_id).first() if person.user_id else None
    if found is None and person.parent_user_id:
        found = (
            rows.filter(parent_user_id=person.parent_user_id)
            .order_by(F("merged_into").asc(nulls_first=True), "id")
            .first()
        )
    return found


def _by_number(clinic_id: int, person: Identity) -> Contact | None:
    """The same number always has the same key, so that the key finds the exact form, too."""
    if not person.wa_id:
        return None
    rows = Contact.objects.for_clinic(clinic_id).select_related("merged_into")
    return rows.filter(match_key=phones.match_key(person.wa_id)).first()


def _after(at: datetime) -> datetime:
    return at.replace(microsecond=999_999)


def _is_since(contact: Contact, at: datetime) -> bool:
    return contact.ids_since is None or contact.ids_since <= at


def _known(clinic_id: int, row: Contact, sender: Identity, at: datetime, now: datetime) -> Contact:
    """Found by id. The number that comes with it is theirs, too, whoever had it."""
    key = phones.match_key(sender.wa_id) if sender.wa_id else None
    if key is None or key == row.match_key:
        return _updated(row, sender, at)
    owner = merging.standing(row)
    left = FormerId.objects.for_clinic(clinic_id).filter(contact=owner, match_key=key, until__gt=at)
    if left.exists():
        return owner
    other = _by_number(clinic_id, sender)
    if other is None:
        return _updated(row, sender, at)
    holder = merging.standing(other)
    if holder == owner:
        merging.swap_ids(owner, other)
    elif not _has_new_owner(other, sender):
        owner = _one_of(owner, holder, now)
    elif _is_since(other, at):
        _lose_number(other, at)
    else:
        return owner
    return _updated(owner, sender, at)


def _one_of(one: Contact, other: Contact, now: datetime) -> Contact:
    """Meta names the ids of both together: they are one. The one with a patient stays, else the older one."""
    survivor, loser = prefer(one, other)
    merging.merge(survivor=survivor, loser=loser, source=MergeSource.META, by=None, now=now)
    return survivor


def prefer(one: Contact, other: Contact) -> tuple[Contact, Contact]:
    """(who stays, who goes)."""
    first, second = sorted((one, other), key=lambda contact: (contact.patient_id is None, contact.pk))
    return first, second


def _has_new_owner(contact: Contact, sender: Identity) -> bool:
    """Whether the number now belongs to somebody else: the same number under another business-scoped id."""
    if sender.user_id and contact.user_id:
        return sender.user_id != contact.user_id
    both = sender.parent_user_id and contact.parent_user_id
    return bool(both and sender.parent_user_id != contact.parent_user_id)


def _lose_number(contact: Contact, at: datetime) -> None:
    """The number's new owner must not see the former one's appointments: the old contact keeps its history alone."""
    give_up(contact, at=at, ids=("user_id", "match_key"))
    contact.wa_id = contact.match_key = None
    contact.save(update_fields=["wa_id", "match_key"])


def _patient_of(number: Number, sender: Identity) -> Patient | None:
    return patients.find_by_phone(clinic=number.clinic, phone=sender.wa_id or "")


def _new(number: Number, sender: Identity, at: datetime, patient: Patient | None) -> Contact:
    contact = new(number, sender, at=at, patient=patient)
    contact.save(force_insert=True)
    return contact


def is_exactly(contact: Contact, sender: Identity, *, at: datetime) -> bool:
    """Whether this row is who wrote at `at`, and nothing in it has to change."""
    if contact.merged_into_id is not None or not _is_since(contact, at) or _has_new_owner(contact, sender):
        return False
    return all(getattr(contact, field) == value for field, value in _wanted(contact, sender).items())


def new(number: Number, sender: Identity, *, at: datetime, patient: Patient | None) -> Contact:
    """A contact that is not in the table yet."""
    return Contact(
        clinic_id=number.clinic_id,
        user_id=sender.user_id,
        parent_user_id=sender.parent_user_id,
        wa_id=sender.wa_id,
        match_key=phones.match_key(sender.wa_id) if sender.wa_id else None,
        name=(sender.name or "")[:120],
        username=(sender.username or "")[:200],
        answers_by_id=not sender.wa_id,
        ids_since=at,
        patient=patient,
    )


def _updated(row: Contact, sender: Identity, at: datetime) -> Contact:
    """Takes over what is new: answers go to the ids and the form that wrote last."""
    contact = merging.standing(row)
    if contact != row:
        merging.swap_ids(contact, row)
    wanted = _wanted(contact, sender)
    changed = [field for field, value in wanted.items() if getattr(contact, field) != value]
    if not changed:
        return contact
    if contact.match_key and wanted["match_key"] != contact.match_key:
        give_up(contact, at=at, ids=("match_key",))
    if {"user_id", "match_key"} & set(changed):
        contact.ids_since = max(contact.ids_since or at, at)
        changed.append("ids_since")
    for field in wanted:
        setattr(contact, field, wanted[field])
    contact.save(update_fields=changed)
    return contact


def _wanted(contact: Contact, sender: Identity) -> dict[str, object]:
    return {
        "user_id": sender.user_id or contact.user_id,
        "parent_user_id": sender.parent_user_id or contact.parent_user_id,
        "wa_id": sender.wa_id or contact.wa_id,
        "match_key": phones.match_key(sender.wa_id) if sender.wa_id else contact.match_key,
        "name": (sender.name or contact.name)[:120],
        "username": (sender.username or contact.username)[:200],
        "answers_by_id": not sender.wa_id,
    }
