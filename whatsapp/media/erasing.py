"""How does a file go for good? For a patient who asks for it (LGPD), and for bytes that no row knows.

Promises: with its row's key gone the bytes cannot be read any more, not even in a backup of the folder; the file itself
is deleted after the commit. The row stays, empty, so that the chat says that something was there. Of a patient go the
files of their own talk, wherever a merge has put it (`belonging`); a file of the clinic that others got too stays.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from clinics import audit
from clinics.audit import Actor
from clinics.models import Clinic, Patient
from whatsapp import belonging, unmerging
from whatsapp.media import storage
from whatsapp.models import MediaFile, MediaState, Message

ORPHAN_AGE = timedelta(days=1)
BATCH = 200


def erase(
    *, clinic: Clinic, by: Actor, now: datetime, patient: Patient | None = None, message: Message | None = None
) -> int:
    """Erases a patient's files, and what merges keep of them, or the file of one message; how many files.

    Needs one of the two.
    """
    if (patient is None) == (message is None):
        raise ValueError("patient or message, one of them")
    if patient is not None and patient.clinic_id != clinic.pk:
        raise ValueError("another clinic's patient")
    with transaction.atomic():
        if patient is not None:
            unmerging.forget(patient=patient, by=by, now=now)
            files = _files_of(patient)
        else:
            files = MediaFile.objects.for_clinic(clinic).filter(messages=message)
        return _erase(files.exclude(state=MediaState.ERASED), clinic, by, now)


def _files_of(patient: Patient) -> QuerySet[MediaFile]:
    """Of one patient there are few enough to be named."""
    mine = dict(belonging.messages_of(patient).filter(file__isnull=False).values_list("pk", "file_id"))
    elsewhere = Message.objects.for_clinic(patient.clinic_id).filter(file=OuterRef("pk")).exclude(pk__in=list(mine))
    files = MediaFile.objects.for_clinic(patient.clinic_id).filter(pk__in=set(mine.values()))
    return files.exclude(Q(is_ours=True) & Exists(elsewhere))


def _erase(files: QuerySet[MediaFile], clinic: Clinic, by: Actor, now: datetime) -> int:
    with transaction.atomic():
        found = list(files.select_for_update(of=("self",)))
        for file in found:
            _empty(file)
            audit.record(clinic=clinic, action="media_erased", target=file, by=by, now=now)
    return len(found)


def _empty(file: MediaFile) -> None:
    key = file.storage_key
    MediaFile.objects.for_clinic(file.clinic_id).filter(pk=file.pk).update(
        state=MediaState.ERASED,
        name="",
        sha256="",
        media_id="",
        url="",
        storage_key="",
        seal="",
        size=None,
        lease_until=None,
        not_before=None,
        error_code="",
    )
    if key:
        transaction.on_commit(lambda: storage.place().delete(key), robust=True)


def sweep_orphans(*, now: datetime) -> int:
    """Deletes bytes that are older than a day and stand in no row; how many."""
    gone, batch = 0, []
    for key in storage.place().keys(before=now - ORPHAN_AGE):
        batch.append(key)
        if len(batch) == BATCH:
            gone, batch = gone + _delete_unknown(batch), []
    return gone + _delete_unknown(batch)


def _delete_unknown(keys: list[str]) -> int:
    known = set(MediaFile.objects.filter(storage_key__in=keys).values_list("storage_key", flat=True))
    orphans = [key for key in keys if key not in known]
    for key in orphans:
        storage.place().delete(key)
    return len(orphans)
