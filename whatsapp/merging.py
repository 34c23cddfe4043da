"""How do two contacts of a clinic become one? One transaction: the survivor has the chat, the ids and the patient.

The losing contact keeps its row and points at the survivor; ids that the survivor cannot hold beside its own stay with
that row and still lead to the survivor. Messages and waiting items move into the survivor's chat of the same number,
so that there is one history; what moved is remembered by row ids (`whatsapp.unmerging` puts it back).

Locks: conversations, then contacts, each in the order of their ids. A writer that inserts into the losing chat at this
very moment waits for the lock by its foreign key and finds the survivor afterwards (`routing.want`, `outbox.queue`).
"""

from datetime import datetime

from django.db import OperationalError, connection, transaction
from django.db.models import Q
from django.db.models.expressions import RawSQL

from atendeai.celery import wake_after_commit
from clinics import audit
from clinics.audit import SYSTEM, Actor
from clinics.booking import is_deadlock
from clinics.merging import CannotMerge, is_same_name
from clinics.merging import merge as merge_patients
from clinics.models import Patient, User
from whatsapp import joint_chats
from whatsapp.models import Contact, ContactMerge, Conversation, Marketing, MergeSource, Message

IDS = ("user_id", "parent_user_id", "wa_id", "match_key")
FARTHEST = 20
# Somebody may write into both chats without a pause.
TRIES = 6

# The contacts that were merged into one, and into those, to the end; a ring, which no merge makes, ends too.
PATIENTS_OF_MERGED = """
WITH RECURSIVE merged (id, patient_id, depth) AS (
    SELECT id, patient_id, 1 FROM whatsapp_contact WHERE clinic_id = %s AND merged_into_id = %s
    UNION
    SELECT loser.id, loser.patient_id, merged.depth + 1
      FROM whatsapp_contact AS loser JOIN merged ON loser.merged_into_id = merged.id
     WHERE loser.clinic_id = %s AND merged.depth < %s)
SELECT patient_id FROM merged WHERE patient_id IS NOT NULL
"""
# A wamid that both chats have (it cannot be twice in one) stays where it is.
MOVE_MESSAGES = """
UPDATE whatsapp_message AS moved SET conversation_id = %(to)s
 WHERE moved.conversation_id = %(from)s
   AND NOT EXISTS (SELECT 1 FROM whatsapp_message AS there
                    WHERE there.conversation_id = %(to)s AND there.wamid = moved.wamid)
RETURNING moved.id
"""
MOVE_ITEMS = """
UPDATE whatsapp_item SET conversation_id = %(to)s
 WHERE conversation_id = %(from)s AND state = 'waiting' RETURNING id
"""


def standing(contact: Contact) -> Contact:
    """The contact that counts: the one this one was merged into, at the end of the chain."""
    for _ in range(FARTHEST):
        if contact.merged_into is None:
            return contact
        contact = contact.merged_into
    return contact


def standing_chat(conversation: Conversation) -> Conversation:
    """The chat that counts: the one this one was merged into, at the end of the chain."""
    found = Conversation.objects.for_clinic(conversation.clinic_id).get(pk=conversation.pk)
    for _ in range(FARTHEST):
        if found.merged_into is None:
            return found
        found = found.merged_into
    return found


def merge(*, survivor: Contact, loser: Contact, source: MergeSource, by: User | None, now: datetime) -> ContactMerge:
    """The merge as a row. Raises `CannotMerge` when one of them is no standing contact (any more).

    A deadlock with somebody who writes at this moment is tried again, unless it undid the caller's own transaction.
    """
    if survivor.clinic_id != loser.clinic_id or survivor.pk == loser.pk:
        raise CannotMerge("same")
    is_nested = connection.in_atomic_block
    for _ in range(TRIES - 1):
        try:
            return _merge(survivor, loser, source, by, now)
        except OperationalError as error:
            if is_nested or not is_deadlock(error):
                raise
    return _merge(survivor, loser, source, by, now)


def _merge(survivor: Contact, loser: Contact, source: MergeSource, by: User | None, now: datetime) -> ContactMerge:
    with transaction.atomic():
        chats = _lock_chats(survivor, loser)
        kept, lost = _lock(survivor, loser)
        row = ContactMerge(
            clinic_id=kept.clinic_id,
            survivor=kept,
            loser=lost,
            source=source,
            by=by,
            at=now,
            loser_user_id=lost.user_id,
            loser_wa_id=lost.wa_id,
        )
        is_later = _wrote_last(chats, lost, kept)
        row.moved = {**_join_chats(chats, kept, lost), "ids": [ids_of(kept), ids_of(lost)]}
        _join_ids(kept, lost, source, is_later=is_later)
        _join_patients(row, kept, lost, by, now)
        lost.merged_into = kept
        lost.save()
        kept.save()
        row.save()
        actor = Actor("user", by.pk) if by else SYSTEM
        audit.record(clinic=kept.clinic, action="contact_merged", target=kept, by=actor, now=now, fields=[source])
    _copy(kept, survivor)
    return row


def _lock_chats(survivor: Contact, loser: Contact) -> list[Conversation]:
    rows = Conversation.objects.for_clinic(survivor.clinic_id).filter(contact__in=[survivor, loser])
    return list(rows.filter(merged_into__isnull=True).order_by("pk").select_for_update(of=("self",)))


def _lock(survivor: Contact, loser: Contact) -> tuple[Contact, Contact]:
    rows = Contact.objects.for_clinic(survivor.clinic_id).filter(pk__in=[survivor.pk, loser.pk])
    found = {row.pk: row for row in rows.order_by("pk").select_for_update(of=("self",)).select_related("clinic")}
    if len(found) != 2 or any(row.merged_into_id for row in found.values()):
        raise CannotMerge("merged")
    return found[survivor.pk], found[loser.pk]


def _wrote_last(chats: list[Conversation], one: Contact, other: Contact) -> bool:
    def last(contact: Contact) -> float:
        moments = [chat.last_inbound_at for chat in chats if chat.contact_id == contact.pk and chat.last_inbound_at]
        return max(moments).timestamp() if moments else 0.0

    return last(one) > last(other)


def _join_chats(chats: list[Conversation], kept: Contact, lost: Contact) -> dict[str, object]:
    """Row ids of what moved: chats that only changed hands, and what went from one chat into another."""
    at_number = {chat.number_id: chat for chat in chats if chat.contact_id == kept.pk}
    handed: list[int] = []
    joined: list[dict[str, object]] = []
    for chat in chats:
        if chat.contact_id != lost.pk:
            continue
        if (into := at_number.get(chat.number_id)) is None:
            chat.contact = kept
            chat.save(update_fields=["contact"])
            handed.append(chat.pk)
        else:
            joined.append(_join_chat(chat, into))
    return {"handed": handed, "joined": joined}


def _join_chat(chat: Conversation, into: Conversation) -> dict[str, object]:
    moved: dict[str, object] = {
        "from": chat.pk,
        "to": into.pk,
        "messages": _move(MOVE_MESSAGES, chat, into),
        "items": _move(MOVE_ITEMS, chat, into),
        "last": _last_message(into),
    }
    moved |= joint_chats.join(chat, into)
    into.wanted_at = into.wanted_at or chat.wanted_at
    into.not_before = None
    into.save()
    chat.merged_into, chat.wanted_at = into, None
    chat.save()
    wake_after_commit("whatsapp.work", conversation_id=into.pk)
    wake_after_commit("whatsapp.deliver", conversation_id=into.pk)
    return moved


def _move(statement: str, chat: Conversation, into: Conversation) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"from": chat.pk, "to": into.pk})
        return sorted(row[0] for row in cursor.fetchall())


def _last_message(chat: Conversation) -> int:
    """Whatever stands in the chat behind it came after the merge."""
    rows = Message.objects.for_clinic(chat.clinic_id).filter(conversation=chat)
    return rows.order_by("-pk").values_list("pk", flat=True).first() or 0


def _join_ids(kept: Contact, lost: Contact, source: MergeSource, *, is_later: bool) -> None:
    """The survivor fills what it lacks. Answers go to who wrote last; the other ids stay with the losing row."""
    mine, theirs = ids_of(kept), ids_of(lost)
    filled = {
        **_first(mine, theirs, ("user_id", "parent_user_id")),
        **_first(mine, theirs, ("wa_id", "match_key")),
    }
    rest = {name: value if filled[name] != value else None for name, value in theirs.items()}
    if is_later and source == MergeSource.STAFF and (rest["user_id"] or rest["wa_id"]):
        filled = {**filled, **{name: value for name, value in theirs.items() if value}}
        rest = {name: value if filled[name] != value else None for name, value in mine.items()}
        kept.answers_by_id = lost.answers_by_id
    if source == MergeSource.META:
        # What WhatsApp no longer calls theirs leads to nobody.
        rest = dict.fromkeys(IDS)
    set_ids(lost, dict.fromkeys(IDS), merged_into=kept)
    set_ids(kept, filled)
    set_ids(lost, rest)
    kept.username = kept.username or lost.username
    kept.name = kept.name or lost.name
    kept.book_name = kept.book_name or lost.book_name
    _join_wishes(kept, lost)
    kept.ids_since = joint_chats.latest(kept.ids_since, lost.ids_since)


def _join_wishes(kept: Contact, lost: Contact) -> None:
    """What the person said last about marketing holds for both; a stop of the same moment is the stronger."""
    if lost.marketing_at is None or lost.marketing == Marketing.UNSAID:
        return
    is_newer = kept.marketing_at is None or lost.marketing_at > kept.marketing_at
    is_stop = lost.marketing_at == kept.marketing_at and lost.marketing == Marketing.STOPPED
    if is_newer or is_stop:
        kept.marketing, kept.marketing_at = lost.marketing, lost.marketing_at
        kept.marketing_source = lost.marketing_source


def _first(mine: dict[str, str | None], theirs: dict[str, str | None], names: tuple[str, ...]) -> dict[str, str | None]:
    chosen = mine if any(mine[name] for name in names) else theirs
    return {name: chosen[name] for name in names}


def ids_of(contact: Contact) -> dict[str, str | None]:
    """Its ids, by column."""
    return {name: getattr(contact, name) for name in IDS}


def set_ids(contact: Contact, ids: dict[str, str | None], *, merged_into: Contact | None = None) -> None:
    """Writes ids at once: the database allows each of them once in a clinic."""
    for name, value in ids.items():
        setattr(contact, name, value)
    if merged_into is not None:
        contact.merged_into = merged_into
    contact.save(update_fields=[*ids, "merged_into"])


def swap_ids(owner: Contact, alias: Contact) -> None:
    """The person writes from ids that lay with a merged row: they become the ones that are answered."""
    theirs, mine = ids_of(alias), ids_of(owner)
    set_ids(alias, dict.fromkeys(IDS))
    set_ids(owner, theirs)
    set_ids(alias, mine)


def _join_patients(row: ContactMerge, kept: Contact, lost: Contact, by: User | None, now: datetime) -> None:
    if lost.patient is None or lost.patient == kept.patient:
        return
    if kept.patient is None:
        kept.patient, row.patient_taken = lost.patient, True
    elif row.source == MergeSource.STAFF or is_same_name(kept.patient.name, lost.patient.name):
        row.patient_merge = merge_patients(
            clinic=kept.clinic, survivor=kept.patient, loser=lost.patient, by=by, now=now
        )
        lost.patient = kept.patient


def patients_of(contact: Contact, patient: Patient) -> Q:
    """Whose appointments this person sees: the patient's, and those of all contacts that were merged into theirs."""
    merged = RawSQL(PATIENTS_OF_MERGED, [contact.clinic_id, contact.pk, contact.clinic_id, FARTHEST])  # noqa: S611
    return Q(patient=patient) | Q(patient__in=merged)


def _copy(source: Contact, target: Contact) -> None:
    """The caller's object, as the row is now."""
    for field in Contact._meta.concrete_fields:
        setattr(target, field.attname, getattr(source, field.attname))
