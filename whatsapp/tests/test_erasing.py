"""A patient's files go, whatever was merged since, and nobody else's; and what merges keep of them goes along."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from atendeai.testing import factories
from atendeai.testing.factories import MONDAY, make_contact, make_conversation
from atendeai.testing.people import Aurora, make_aurora
from clinics import merging as patient_merging
from clinics.audit import SYSTEM
from clinics.merging import CannotUndo
from clinics.models import Patient
from whatsapp import media, merging, purging, unmerging
from whatsapp.models import (
    Author,
    Contact,
    ContactMerge,
    Conversation,
    Direction,
    MediaFile,
    MediaState,
    MergeSource,
    Message,
    MessageState,
    Number,
)


def send(chat: Conversation, hours: int = -1, **values: Any) -> MediaFile:
    """A file in this chat, from then."""
    at = MONDAY + timedelta(hours=hours)
    file = values.get("file") or MediaFile.objects.create(
        clinic=chat.clinic, kind="image", state=MediaState.EXPIRED, name="exame.jpg", created_at=at
    )
    Message.objects.create(
        clinic=chat.clinic,
        conversation=Conversation.objects.get(pk=chat.pk),
        type="image",
        content="{}",
        created_at=at,
        **{
            "direction": Direction.IN,
            "author": Author.PATIENT,
            "state": MessageState.RECEIVED,
            **values,
            "file": file,
        },
    )
    return file


def meet(aurora: Aurora, name: str, *, number: Number | None = None) -> tuple[Patient, Contact, Conversation]:
    patient = factories.make_patient(aurora.clinic, name)
    contact = make_contact(aurora.clinic, patient=patient)
    return patient, contact, make_conversation(number or aurora.number, contact)


def told_one(survivor: Contact, loser: Contact, hours: int = 0) -> ContactMerge:
    """WhatsApp says so; differently named patients stay two."""
    for contact in (survivor, loser):
        contact.refresh_from_db()
    now = MONDAY + timedelta(hours=hours)
    return merging.merge(survivor=survivor, loser=loser, source=MergeSource.META, by=None, now=now)


def erase(patient: Patient) -> int:
    return media.erase(clinic=patient.clinic, patient=patient, by=SYSTEM, now=MONDAY + timedelta(days=1))


def erased(*files: MediaFile) -> list[bool]:
    for file in files:
        file.refresh_from_db()
    return [file.state == MediaState.ERASED for file in files]


def test_files_that_moved_into_another_patient_s_chat_are_found_and_only_they(aurora: Aurora) -> None:
    (ana, a, chat), (bia, b, other) = meet(aurora, "Ana"), meet(aurora, "Bia")
    hers, bias = send(chat), send(other)
    told_one(b, a)
    after = send(other, hours=1)
    assert erase(ana) == 1
    assert erased(hers, bias, after) == [True, False, False]
    assert erase(bia) == 2
    assert erased(bias, after) == [True, True]


def test_the_survivor_s_erasing_leaves_what_the_other_had_sent(aurora: Aurora) -> None:
    (_ana, a, chat), (bia, b, other) = meet(aurora, "Ana"), meet(aurora, "Bia")
    hers, bias = send(chat), send(other)
    told_one(b, a)
    assert erase(bia) == 1
    assert erased(hers, bias) == [False, True]


def test_through_several_merges_a_file_is_its_first_owner_s(aurora: Aurora) -> None:
    met = [meet(aurora, name) for name in ("Ana", "Bia", "Caio")]
    files = [send(chat) for _, _, chat in met]
    (ana, a, _), (bia, b, _), (caio, c, _) = met
    told_one(b, a)
    told_one(c, b, hours=1)
    for index, patient in enumerate((bia, ana, caio)):
        assert erase(patient) == 1, patient
        assert sum(erased(*files)) == index + 1


def test_a_chat_that_only_changed_hands_and_was_joined_later(aurora: Aurora) -> None:
    second = Number.objects.create(clinic=aurora.clinic, phone_number_id="100000000000009", account_id="x")
    ana, a, chat = meet(aurora, "Ana", number=second)
    bia, b, _ = meet(aurora, "Bia")
    caio, c, _ = meet(aurora, "Caio", number=second)
    hers = send(chat)
    told_one(b, a)
    bias = send(chat, hours=1)
    told_one(c, b, hours=2)
    assert erase(caio) == 0
    assert erase(bia) == 1
    assert erased(hers, bias) == [False, True]
    assert erase(ana) == 1


def test_who_was_nobody_before_was_this_patient(aurora: Aurora) -> None:
    bia, b, _other = meet(aurora, "Bia")
    unknown = make_conversation(aurora.number, make_contact(aurora.clinic))
    file = send(unknown)
    told_one(b, unknown.contact)
    assert erase(bia) == 1
    assert erased(file) == [True]


def test_one_patient_of_two_records_is_erased_by_either(aurora: Aurora) -> None:
    (ana, _a, chat), (bia, _b, other) = meet(aurora, "Ana"), meet(aurora, "Bia")
    files = send(chat), send(other)
    patient_merging.merge(clinic=aurora.clinic, survivor=bia, loser=ana, by=aurora.owner, now=MONDAY)
    ana.refresh_from_db()
    assert erase(ana) == 2
    assert erased(*files) == [True, True]


def test_after_an_undo_each_has_their_own(aurora: Aurora) -> None:
    (ana, a, chat), (bia, b, other) = meet(aurora, "Ana"), meet(aurora, "Bia")
    hers, bias = send(chat), send(other)
    row = told_one(b, a)
    unmerging.undo(clinic=aurora.clinic, merge=row, by=aurora.owner, now=MONDAY)
    assert erase(bia) == 1
    assert erased(hers, bias) == [False, True]
    assert erase(ana) == 1


def test_a_file_of_the_clinic_that_others_got_too_stays(aurora: Aurora) -> None:
    (ana, _a, chat), (_bia, _b, other) = meet(aurora, "Ana"), meet(aurora, "Bia")
    leaflet = MediaFile.objects.create(
        clinic=aurora.clinic, kind="document", state=MediaState.EXPIRED, is_ours=True, created_at=MONDAY
    )
    out: dict[str, Any] = {
        "direction": Direction.OUT,
        "author": Author.STAFF,
        "state": MessageState.SENT,
        "file": leaflet,
    }
    send(chat, **out)
    send(other, **out)
    own = MediaFile.objects.create(
        clinic=aurora.clinic, kind="document", state=MediaState.EXPIRED, is_ours=True, created_at=MONDAY
    )
    send(chat, **{**out, "file": own})
    assert erase(ana) == 1
    assert erased(leaflet, own) == [False, True]


def kept_words(row: ContactMerge) -> str:
    row.refresh_from_db()
    return f"{row.moved} {row.loser_wa_id} {row.loser_user_id}"


@pytest.mark.parametrize("is_loser", [True, False])
def test_an_erased_patient_is_not_found_in_what_merges_keep(aurora: Aurora, *, is_loser: bool) -> None:
    (ana, a, _), (_, b, _) = meet(aurora, "Ana"), meet(aurora, "Bia")
    row = told_one(*((b, a) if is_loser else (a, b)))
    row.moved["phones"] = {"to": "+5511987650001", "of": {str(ana.pk): "+5511987650002"}}
    row.save()
    erase(ana)
    words = kept_words(row)
    for contact in (a, b):
        assert contact.wa_id
        assert contact.wa_id not in words
    assert "987650" not in words
    with pytest.raises(CannotUndo, match="ids_changed"):
        unmerging.undo(clinic=aurora.clinic, merge=row, by=aurora.owner, now=MONDAY)


def test_another_clinic_s_patient_is_refused(aurora: Aurora) -> None:
    boreal = make_aurora("boreal", "100000000000002")
    with pytest.raises(ValueError, match="another clinic's"):
        media.erase(clinic=aurora.clinic, patient=boreal.dalva, by=SYSTEM, now=MONDAY)


def test_another_clinic_s_merges_are_left_alone(aurora: Aurora) -> None:
    boreal = make_aurora("boreal", "100000000000002")
    (_, a, _), (_, b, _) = meet(aurora, "Ana"), meet(aurora, "Bia")
    row = told_one(b, a)
    erase(boreal.dalva)
    assert a.wa_id
    assert a.wa_id in kept_words(row)


@pytest.mark.parametrize(("days", "is_undone", "is_kept"), [(29, False, True), (31, False, False), (1, True, False)])
def test_what_can_be_undone_no_more_keeps_no_ids(aurora: Aurora, days: int, *, is_undone: bool, is_kept: bool) -> None:
    (_, a, _), (_, b, _) = meet(aurora, "Ana"), meet(aurora, "Bia")
    row = told_one(b, a)
    at = Now() - timedelta(days=days)
    ContactMerge.objects.filter(pk=row.pk).update(at=at, undone_at=at if is_undone else None)
    purging.purge()
    assert a.wa_id
    assert (a.wa_id in kept_words(row)) is is_kept
    assert "joined" in row.moved
