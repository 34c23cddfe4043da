"""How do two contacts that were merged become two again? What has not changed since goes back where it was.

Messages that came after the merge stay with the survivor, as does what was moved on since; `Undone` says how many. What
WhatsApp itself told can be undone, too: each has the ids again that it had before, as far as nobody else has them now.
Should WhatsApp tell it again, with the next message perhaps, they become one again.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from atendeai.celery import wake_after_commit
from atendeai.common import phones
from clinics import audit, patients
from clinics import merging as patient_merging
from clinics.audit import Actor
from clinics.merging import CannotUndo, Undone
from clinics.models import Clinic, Patient, User
from whatsapp import joint_chats
from whatsapp.merging import IDS, ids_of, set_ids
from whatsapp.models import Contact, ContactMerge, Conversation, Item, ItemState, MergeSource, Message

# What a merge keeps of people, beside row ids.
FOR_UNDOING = ("ids", "phones")
# Ids that go together, the one that is unique in a clinic first.
PAIRS = (("user_id", "parent_user_id"), ("match_key", "wa_id"))


def may_undo(row: ContactMerge, *, now: datetime) -> bool:
    """Whether it is not undone, and not older than the clinic's time."""
    return row.undone_at is None and now - row.at < timedelta(days=row.clinic.merge_undo_days)


def undo(*, clinic: Clinic, merge: ContactMerge, by: User, now: datetime) -> Undone:
    """Two contacts again, and two patients where they were merged with them. Raises `CannotUndo`: nothing changed."""
    with transaction.atomic():
        row = ContactMerge.objects.for_clinic(clinic).select_for_update(of=("self",)).get(pk=merge.pk)
        chats = _lock_chats(row)
        kept, lost = _lock(row)
        _check(row, kept, lost, now)
        mine, theirs = _ids_before(row, kept) if row.source == MergeSource.META else _ids_apart(row, kept, lost)
        set_ids(lost, dict.fromkeys(IDS))
        set_ids(kept, mine)
        lost.merged_into = None
        set_ids(lost, theirs)
        back, stayed = _part_chats(row, chats, lost, now)
        numbers = _part_phones(row, by, now)
        records = _part_patients(row, kept, lost, by, now)
        row.undone_at, row.undone_by = now, by
        row.save(update_fields=["undone_at", "undone_by"])
        for contact in (kept, lost):
            actor = Actor("user", by.pk)
            audit.record(clinic=clinic, action="contact_merge_undone", target=contact, by=actor, now=now)
    fields = dict.fromkeys((*numbers.fields_stayed, *records.fields_stayed))
    return Undone(back + numbers.back + records.back, stayed + records.stayed, tuple(fields))


def forget(*, patient: Patient, by: Actor, now: datetime) -> int:
    """Takes the ids and phones of a patient's contacts out of what is kept for undoing: these merges stay; how many.

    For a patient who asks to be erased. The ids of a merge are one person's by WhatsApp's or the team's word: all go.
    """
    person = patient_merging.standing(patient)
    mine = Q(survivor__patient=person) | Q(loser__patient=person) | Q(moved__phones__of__has_key=str(person.pk))
    rows = ContactMerge.objects.for_clinic(person.clinic_id).filter(mine).order_by("pk")
    with transaction.atomic():
        found = list(rows.select_for_update(of=("self",)).select_related("clinic"))
        for row in found:
            row.loser_user_id = row.loser_wa_id = None
            row.moved = {name: value for name, value in row.moved.items() if name not in FOR_UNDOING}
            row.save(update_fields=["loser_user_id", "loser_wa_id", "moved"])
            audit.record(clinic=row.clinic, action="contact_merge_forgotten", target=row, by=by, now=now)
    return len(found)


def _lock_chats(row: ContactMerge) -> dict[int, Conversation]:
    rows = Conversation.objects.for_clinic(row.clinic_id).filter(contact__in=[row.survivor_id, row.loser_id])
    rows = rows.select_related("number").order_by("pk")
    return {chat.pk: chat for chat in rows.select_for_update(of=("self",))}


def _lock(row: ContactMerge) -> tuple[Contact, Contact]:
    rows = Contact.objects.for_clinic(row.clinic_id).filter(pk__in=[row.survivor_id, row.loser_id])
    found = {contact.pk: contact for contact in rows.order_by("pk").select_for_update(of=("self",))}
    return found[row.survivor_id], found[row.loser_id]


def _check(row: ContactMerge, kept: Contact, lost: Contact, now: datetime) -> None:
    if row.undone_at is not None:
        raise CannotUndo("undone")
    if not may_undo(row, now=now):
        raise CannotUndo("too_late")
    if kept.merged_into_id or lost.merged_into_id != kept.pk:
        raise CannotUndo("merged_again")


def _ids_apart(row: ContactMerge, kept: Contact, lost: Contact) -> tuple[dict[str, str | None], dict[str, str | None]]:
    """(the survivor's, the loser's): each id of either row goes to whom it belonged. Both must be left with one."""
    key = phones.match_key(row.loser_wa_id) if row.loser_wa_id else None
    mine: dict[str, str | None] = dict.fromkeys(IDS)
    theirs: dict[str, str | None] = dict.fromkeys(IDS)
    for held in (ids_of(kept), ids_of(lost)):
        scoped = theirs if held["user_id"] and held["user_id"] == row.loser_user_id else mine
        numbers = theirs if held["match_key"] and held["match_key"] == key else mine
        if held["user_id"] or held["parent_user_id"]:
            scoped |= {name: held[name] for name in ("user_id", "parent_user_id")}
        if held["wa_id"]:
            numbers |= {name: held[name] for name in ("wa_id", "match_key")}
    if not (any(mine.values()) and any(theirs.values())):
        raise CannotUndo("ids_changed")
    return mine, theirs


def _ids_before(row: ContactMerge, kept: Contact) -> tuple[dict[str, str | None], dict[str, str | None]]:
    """(the survivor's, the loser's) from before the merge. What the survivor has learnt since stays with it."""
    mine, theirs = (dict(ids) for ids in row.moved.get("ids", [dict.fromkeys(IDS)] * 2))
    now_held = ids_of(kept)
    for names in PAIRS:
        held = {name: now_held[name] for name in names}
        unique = held[names[0]]
        if unique and unique == theirs[names[0]]:
            # The rest may have been learnt since, as a number's other form: it goes with the id that it is said of.
            theirs |= {name: value for name, value in held.items() if value and value != mine[name]}
        elif any(held.values()) and (unique or held != {name: theirs[name] for name in names}):
            mine |= held
    for ids in (mine, theirs):
        _leave_others(ids, row)
    if not (any(mine.values()) and any(theirs.values())):
        raise CannotUndo("ids_changed")
    return mine, theirs


def _leave_others(ids: dict[str, str | None], row: ContactMerge) -> None:
    """Without those that a third contact has by now."""
    others = Contact.objects.for_clinic(row.clinic_id).exclude(pk__in=[row.survivor_id, row.loser_id])
    for unique, *rest in PAIRS:
        if ids[unique] and others.filter(**{unique: ids[unique]}).exists():
            ids |= dict.fromkeys((unique, *rest))


def _part_chats(row: ContactMerge, chats: dict[int, Conversation], lost: Contact, now: datetime) -> tuple[int, int]:
    back = wanted = 0
    for pk in row.moved.get("handed", []):
        wanted += 1
        chat = chats.get(pk)
        if chat is not None and chat.contact_id == row.survivor_id and chat.merged_into_id is None:
            chat.contact = lost
            chat.save(update_fields=["contact"])
            back += 1
    for moved in row.moved.get("joined", []):
        wanted += len(moved["messages"])
        chat, into = chats.get(moved["from"]), chats.get(moved["to"])
        if chat is not None and into is not None and chat.merged_into_id == into.pk:
            back += _part_chat(moved, chat, now)
            joint_chats.part(moved, chat, into, ids_of(lost), row.at)
            chat.save()
            into.save()
    return back, wanted - back


def _part_chat(moved: dict[str, Any], chat: Conversation, now: datetime) -> int:
    there = {"conversation": moved["to"], "pk__in": moved["messages"]}
    rows = Message.objects.for_clinic(chat.clinic_id).filter(**there)
    back = int(rows.update(conversation=chat))
    items = Item.objects.for_clinic(chat.clinic_id).filter(pk__in=moved["items"], state=ItemState.WAITING)
    if items.filter(conversation=moved["to"]).update(conversation=chat):
        chat.wanted_at = chat.wanted_at or now
    chat.merged_into = None
    wake_after_commit("whatsapp.work", conversation_id=chat.pk)
    wake_after_commit("whatsapp.deliver", conversation_id=chat.pk)
    return back


def _part_phones(row: ContactMerge, by: User, now: datetime) -> Undone:
    """Patients' phones that were changed because WhatsApp told it; those that were changed once more stay."""
    told = row.moved.get("phones", {"to": "", "of": {}})
    rows = Patient.objects.for_clinic(row.clinic_id).filter(pk__in=told["of"], phone=told["to"]).order_by("pk")
    found = list(rows.select_for_update(of=("self",)))
    for patient in found:
        patients.learn_phone(patient=patient, phone=told["of"][str(patient.pk)], by=Actor("user", by.pk), now=now)
    return Undone(len(found), 0, ("phone",) if len(found) < len(told["of"]) else ())


def _part_patients(row: ContactMerge, kept: Contact, lost: Contact, by: User, now: datetime) -> Undone:
    if row.patient_taken and kept.patient_id is not None and kept.patient_id == lost.patient_id:
        kept.patient = None
        kept.save(update_fields=["patient"])
    if row.patient_merge is None or row.patient_merge.undone_at is not None:
        return Undone(0, 0)
    return patient_merging.undo(clinic=row.clinic, merge=row.patient_merge, by=by, now=now)
