"""How do two patient records that are one person become one, and two again?

Merging moves the losing record's appointments to the survivor and puts its notes below; the losing row stays and points
at the survivor. Other apps move what is theirs (`signals.patient_merged`). Undoing puts back each row that has not been
moved elsewhere since, within the clinic's time, and tells what it could not.
"""

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from clinics import audit, signals
from clinics.audit import SYSTEM, Actor
from clinics.models import UPCOMING, Appointment, Clinic, Patient, PatientMerge, User

APPOINTMENTS = "clinics.appointment"
NOTES_BETWEEN = "\n\n"
FARTHEST = 20
MOVE_APPOINTMENTS = """
UPDATE clinics_appointment SET patient_id = %(to)s
 WHERE clinic_id = %(clinic)s AND patient_id = %(from)s RETURNING id
"""


class CannotMerge(Exception):
    """`code`: `same` (one record twice), `merged` (one of them is part of another already)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class CannotUndo(Exception):
    """`code`: `undone`, `too_late`, `merged_again` (undo the later one first), `ids_changed`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Undone:
    """How many rows are back where they were; how many are not, because they have changed since; and which words."""

    back: int
    stayed: int
    fields_stayed: tuple[str, ...] = ()


def standing(patient: Patient) -> Patient:
    """The record that counts: the one this one was merged into, at the end of the chain."""
    for _ in range(FARTHEST):
        if patient.merged_into is None:
            return patient
        patient = patient.merged_into
    return patient


def is_same_name(one: str, other: str) -> bool:
    """Whether two names differ in case, accents and spaces only."""
    return plain(one) == plain(other) != ""


def plain(name: str) -> str:
    """A name without case, accents and doubled spaces."""
    letters = unicodedata.normalize("NFKD", name).casefold()
    return " ".join("".join(letter for letter in letters if not unicodedata.combining(letter)).split())


def merge(*, clinic: Clinic, survivor: Patient, loser: Patient, by: User | None, now: datetime) -> PatientMerge:
    """The merge as a row; `by=None`: WhatsApp itself said so. Raises `CannotMerge`."""
    if survivor.pk == loser.pk:
        raise CannotMerge("same")
    with transaction.atomic():
        kept, lost = _lock(clinic, survivor, loser)
        if kept.merged_into_id or lost.merged_into_id:
            raise CannotMerge("merged")
        row = PatientMerge(clinic=clinic, survivor=kept, loser=lost, by=by, at=now)
        ids = _move_appointments(clinic, lost, kept)
        row.moved = {APPOINTMENTS: ids, **_told(signals.patient_merged, clinic, kept, lost, _changed(clinic, ids, now))}
        row.taken = _take(kept, lost)
        _tell_guest(kept, row)
        lost.merged_into = kept
        lost.save(update_fields=["merged_into"])
        row.save()
        actor = Actor("user", by.pk) if by else SYSTEM
        audit.record(clinic=clinic, action="patient_merged", target=kept, by=actor, now=now)
        audit.record(clinic=clinic, action="patient_merged_away", target=lost, by=actor, now=now)
    return row


def may_undo(row: PatientMerge, *, now: datetime) -> bool:
    """Whether it is neither undone nor older than the clinic's time."""
    return row.undone_at is None and now - row.at < timedelta(days=row.clinic.merge_undo_days)


def undo(*, clinic: Clinic, merge: PatientMerge, by: User, now: datetime) -> Undone:
    """Two records again. Raises `CannotUndo`; then nothing has changed."""
    with transaction.atomic():
        row = PatientMerge.objects.for_clinic(clinic).select_for_update(of=("self",)).get(pk=merge.pk)
        kept, lost = _lock(clinic, row.survivor, row.loser)
        _check(row, kept, lost, now)
        wanted = row.moved.get(APPOINTMENTS, [])
        rows = Appointment.objects.for_clinic(clinic).filter(pk__in=wanted, patient=kept)
        back = list(rows.values_list("pk", flat=True))
        rows.update(patient=lost)
        lost.merged_into = None
        lost.save(update_fields=["merged_into"])
        others = _told(signals.patient_unmerged, clinic, kept, lost, _changed(clinic, back, now), moved=row.moved)
        words = _give_back(row, kept, lost)
        _tell_guest(kept, row)
        row.undone_at, row.undone_by = now, by
        row.save(update_fields=["undone_at", "undone_by"])
        for patient in (kept, lost):
            actor = Actor("user", by.pk)
            audit.record(clinic=clinic, action="patient_merge_undone", target=patient, by=actor, now=now)
    done = len(back) + sum(len(ids) for ids in others.values())
    return Undone(done, sum(len(ids) for ids in row.moved.values()) - done, words)


def _check(row: PatientMerge, kept: Patient, lost: Patient, now: datetime) -> None:
    if row.undone_at is not None:
        raise CannotUndo("undone")
    if not may_undo(row, now=now):
        raise CannotUndo("too_late")
    if kept.merged_into_id or lost.merged_into_id != kept.pk:
        raise CannotUndo("merged_again")


def _lock(clinic: Clinic, one: Patient, other: Patient) -> tuple[Patient, Patient]:
    """Both rows, in the order of their ids, against every booking for either of them."""
    rows = Patient.objects.for_clinic(clinic).filter(pk__in=[one.pk, other.pk])
    found = {row.pk: row for row in rows.order_by("pk").select_for_update(of=("self",))}
    if len(found) != 2:
        raise Patient.DoesNotExist
    return found[one.pk], found[other.pk]


def _move_appointments(clinic: Clinic, lost: Patient, kept: Patient) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(MOVE_APPOINTMENTS, {"clinic": clinic.pk, "from": lost.pk, "to": kept.pk})
        return sorted(row[0] for row in cursor.fetchall())


def _changed(clinic: Clinic, ids: list[int], now: datetime) -> list[Appointment]:
    """The coming ones of these, under a new revision: their calendar events may show another name."""
    rows = Appointment.objects.for_clinic(clinic).filter(pk__in=ids, status__in=UPCOMING, ends_at__gt=now)
    rows.update(revision=F("revision") + 1)
    return list(rows.select_related("professional", "offering", "patient", "clinic"))


def _told(
    signal: Any, clinic: Clinic, kept: Patient, lost: Patient, appointments: list[Appointment], **more: Any
) -> dict[str, list[int]]:
    """What the other apps moved: row ids by the model's label."""
    answers = signal.send(sender=Patient, clinic=clinic, survivor=kept, loser=lost, appointments=appointments, **more)
    found: dict[str, list[int]] = {}
    for _receiver, moved in answers:
        found |= moved or {}
    return found


def _take(kept: Patient, lost: Patient) -> list[str]:
    """The survivor's own words stay; what it lacks it takes, and notes go below its own."""
    taken = []
    if lost.notes.strip():
        kept.notes = NOTES_BETWEEN.join(part for part in (kept.notes, lost.notes) if part)
        taken.append("notes")
    if lost.phone and not kept.phone:
        kept.phone, kept.phone_key = lost.phone, lost.phone_key
        taken.append("phone")
    if lost.email and not kept.email:
        kept.email = lost.email
        taken.append("email")
    kept.save(update_fields=["notes", "phone", "phone_key", "email"])
    return taken


def _tell_guest(kept: Patient, row: PatientMerge) -> None:
    """The survivor's own events may have another guest."""
    if "email" in row.taken:
        signals.appearance_changed.send(sender=Patient, clinic=row.clinic, patient=kept)


def _give_back(row: PatientMerge, kept: Patient, lost: Patient) -> tuple[str, ...]:
    """Takes back what the survivor took; the fields that were changed since stay as they are."""
    stayed = []
    if "notes" in row.taken:
        # What was written around it since is the survivor's own.
        if kept.notes.count(lost.notes) == 1:
            before, _lost, after = kept.notes.partition(lost.notes)
            kept.notes = before.removesuffix(NOTES_BETWEEN) + after
        else:
            stayed.append("notes")
    if "phone" in row.taken:
        if kept.phone == lost.phone:
            kept.phone = kept.phone_key = ""
        else:
            stayed.append("phone")
    if "email" in row.taken:
        if kept.email == lost.email:
            kept.email = ""
        else:
            stayed.append("email")
    kept.save(update_fields=["notes", "phone", "phone_key", "email"])
    return tuple(stayed)
