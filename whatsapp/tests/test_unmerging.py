"""Two contacts that were joined are taken apart: each chat is held by whom it would be, each window is its own."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from atendeai.testing import factories, webhooks
from atendeai.testing.factories import MONDAY, make_contact, make_conversation
from atendeai.testing.people import Aurora
from clinics.merging import Undone
from clinics.models import Appointment, Patient
from whatsapp import attending, handling, inbox, merging, unmerging, window
from whatsapp.models import Contact, ContactMerge, Conversation, Handler, MergeSource

AURORA_ID = "100000000000001"
ONE, OTHER = "5511987650001", "5521987650077"
ONE_ID, OTHER_ID = "BR.1", "BR.2"
Chats = tuple[Conversation, Conversation]


@pytest.fixture
def quiet(aurora: Aurora) -> Aurora:
    aurora.number.bot_answers = False
    aurora.number.save()
    return aurora


def at(hours: int) -> datetime:
    return MONDAY + timedelta(hours=hours)


def chats_of(quiet: Aurora, one: dict[str, Any] | None = None, other: dict[str, Any] | None = None) -> Chats:
    """The survivor's and the loser's, before they are joined."""
    mine = make_conversation(quiet.number, make_contact(quiet.clinic, ONE, user_id=ONE_ID), **(one or {}))
    theirs = make_conversation(quiet.number, make_contact(quiet.clinic, OTHER, user_id=OTHER_ID), **(other or {}))
    return mine, theirs


def join(quiet: Aurora, chats: Chats, source: MergeSource = MergeSource.STAFF) -> ContactMerge:
    survivor, loser = (Contact.objects.get(pk=chat.contact_id) for chat in chats)
    return merging.merge(survivor=survivor, loser=loser, source=source, by=quiet.owner, now=at(2))


def part(quiet: Aurora, row: ContactMerge) -> Undone:
    return unmerging.undo(clinic=quiet.clinic, merge=row, by=quiet.owner, now=at(9))


def told(number: str, user_id: str, hours: int, **more: Any) -> None:
    """The person writes then."""
    message = webhooks.text_message(number, "oi", timestamp=int(at(hours).timestamp()))
    message = {**message, "from_user_id": user_id, **more}
    inbox.store(body=webhooks.body(webhooks.change(AURORA_ID, messages=[message])), signed_by=None)
    for conversation_id in inbox.unpack_some(now=at(hours)).conversation_ids:
        handling.work(conversation_id, now=at(hours))


def holders(chats: Chats) -> list[tuple[str, int | None, str]]:
    for chat in chats:
        chat.refresh_from_db()
    return [(chat.handler, chat.attendant_id, chat.handover_reason) for chat in chats]


BOT = (Handler.BOT, None, "")


@pytest.mark.parametrize("is_loser", [True, False], ids=["the loser's", "the survivor's"])
@pytest.mark.parametrize("is_taken", [True, False])
def test_a_chat_that_a_person_held_goes_back_to_them_and_the_other_to_the_assistant(
    quiet: Aurora, *, is_loser: bool, is_taken: bool
) -> None:
    held = {
        "handler": Handler.PERSON,
        "attendant": quiet.receptionist if is_taken else None,
        "handover_reason": "asked",
        "unread": 2,
    }
    chats = chats_of(quiet, *((None, held) if is_loser else (held, None)))
    before = holders(chats)
    part(quiet, join(quiet, chats))
    assert holders(chats) == before
    assert [chat.unread for chat in chats] == ([0, 2] if is_loser else [2, 0])
    assert [chat in attending.waiting(quiet.clinic) for chat in chats] == [not is_loser, is_loser]


def test_a_chat_that_two_persons_held_apart_is_each_one_s_again(quiet: Aurora) -> None:
    chats = chats_of(
        quiet,
        {"handler": Handler.PERSON, "attendant": quiet.owner},
        {"handler": Handler.PERSON, "attendant": quiet.receptionist},
    )
    before = holders(chats)
    part(quiet, join(quiet, chats))
    assert holders(chats) == before


def test_whoever_took_the_joint_chat_meanwhile_has_both(quiet: Aurora) -> None:
    chats = chats_of(quiet)
    row = join(quiet, chats)
    attending.take_over(clinic=quiet.clinic, conversation=chats[0], by=quiet.receptionist, now=at(3))
    part(quiet, row)
    assert holders(chats) == [(Handler.PERSON, quiet.receptionist.pk, "")] * 2


def test_a_joint_chat_that_was_given_back_meanwhile_is_the_assistant_s_twice(quiet: Aurora) -> None:
    chats = chats_of(quiet, None, {"handler": Handler.PERSON, "attendant": quiet.receptionist})
    row = join(quiet, chats)
    attending.give_back(clinic=quiet.clinic, conversation=chats[0], by=quiet.receptionist, now=at(3))
    part(quiet, row)
    assert holders(chats) == [BOT, BOT]


def test_given_back_and_taken_again_by_the_same_person_is_a_decision_too(quiet: Aurora) -> None:
    chats = chats_of(quiet, None, {"handler": Handler.PERSON, "attendant": quiet.receptionist})
    row = join(quiet, chats)
    attending.give_back(clinic=quiet.clinic, conversation=chats[0], by=quiet.receptionist, now=at(3))
    attending.take_over(clinic=quiet.clinic, conversation=chats[0], by=quiet.receptionist, now=at(4))
    part(quiet, row)
    assert holders(chats) == [(Handler.PERSON, quiet.receptionist.pk, "")] * 2


def test_who_left_the_team_meanwhile_holds_nothing_and_somebody_is_waited_for(quiet: Aurora) -> None:
    chats = chats_of(quiet, None, {"handler": Handler.PERSON, "attendant": quiet.receptionist})
    row = join(quiet, chats)
    quiet.receptionist.memberships.all().delete()
    part(quiet, row)
    assert holders(chats) == [BOT, (Handler.PERSON, None, "")]
    assert list(attending.waiting(quiet.clinic)) == [chats[1]]


def test_a_merge_from_before_this_was_kept_leaves_both_with_the_person(quiet: Aurora) -> None:
    chats = chats_of(quiet, {"last_inbound_at": at(1)}, {"handler": Handler.PERSON, "attendant": quiet.receptionist})
    row = join(quiet, chats)
    for moved in row.moved["joined"]:
        del moved["before"]
    row.save()
    part(quiet, row)
    assert holders(chats) == [(Handler.PERSON, quiet.receptionist.pk, "")] * 2


MOMENTS = ("last_inbound_at", "last_call_at", "entered_at", "free_until", "last_message_at", "standby_since")


def test_each_has_its_own_window_again(quiet: Aurora) -> None:
    mine, theirs = chats_of(
        quiet,
        {"last_inbound_at": at(-30), "last_message_at": at(-30), "last_call_at": at(0)},
        dict.fromkeys(MOMENTS, at(1)),
    )
    before = [[getattr(chat, name) for name in MOMENTS] for chat in (mine, theirs)]
    row = join(quiet, (mine, theirs))
    mine.refresh_from_db()
    assert mine.last_inbound_at == at(1)
    part(quiet, row)
    for chat, moments in zip((mine, theirs), before, strict=True):
        chat.refresh_from_db()
        assert [getattr(chat, name) for name in MOMENTS] == moments


@pytest.mark.parametrize(
    ("wrote", "opened"),
    [((ONE, ONE_ID), [at(3), at(1)]), ((OTHER, OTHER_ID), [at(0), at(3)])],
    ids=["the survivor", "the loser"],
)
def test_who_wrote_meanwhile_has_the_window_of_that_message(
    quiet: Aurora, wrote: tuple[str, str], opened: list[datetime]
) -> None:
    chats = chats_of(quiet, {"last_inbound_at": at(0)}, {"last_inbound_at": at(1)})
    row = join(quiet, chats)
    told(*wrote, hours=3)
    part(quiet, row)
    for chat, moment in zip(chats, opened, strict=True):
        chat.refresh_from_db()
        assert chat.last_inbound_at == moment
        assert window.is_open(chat, now=moment + timedelta(hours=23))
    # What came while they were one stands in the survivor's chat.
    assert chats[0].last_message_at == at(3)


def test_who_came_by_an_advert_meanwhile_has_the_free_days(quiet: Aurora) -> None:
    chats = chats_of(quiet, {"last_inbound_at": at(0)}, {"last_inbound_at": at(1)})
    row = join(quiet, chats)
    told(OTHER, OTHER_ID, 3, referral={"source_type": "ad", "source_id": "1", "source_url": "https://fb.me/x"})
    chats[0].refresh_from_db()
    window.note_answer(chats[0], now=at(4))
    part(quiet, row)
    for chat in chats:
        chat.refresh_from_db()
    assert [(chat.entered_at, chat.free_until) for chat in chats] == [(None, None), (at(3), at(4) + window.FREE_ENTRY)]


def test_what_was_half_said_to_the_assistant_goes_on_where_it_was(quiet: Aurora) -> None:
    mine, theirs = {"step": "mine"}, {"step": "theirs"}
    chats = chats_of(quiet, {"state": mine, "last_inbound_at": at(0)}, {"state": theirs, "last_inbound_at": at(1)})
    row = join(quiet, chats)
    chats[0].refresh_from_db()
    assert chats[0].state == theirs
    part(quiet, row)
    holders(chats)
    assert [chat.state for chat in chats] == [mine, theirs]


def test_when_the_talk_has_gone_on_the_loser_s_begins_anew(quiet: Aurora) -> None:
    chats = chats_of(quiet, {"state": {"step": "mine"}}, {"state": {"step": "theirs"}})
    row = join(quiet, chats)
    told(ONE, ONE_ID, 3)
    part(quiet, row)
    holders(chats)
    assert [chat.state for chat in chats] == [{"step": "mine"}, {}]


# The patient's phone --------------------------------------------------------------------------------
def number_changed() -> None:
    system = {"type": "user_changed_number", "wa_id": OTHER, "previous_user_id": ONE_ID, "user_id": OTHER_ID}
    message = {
        "from": ONE,
        "id": "wamid.s",
        "type": "system",
        "system": system,
        "timestamp": str(int(at(2).timestamp())),
    }
    inbox.store(body=webhooks.body(webhooks.change(AURORA_ID, messages=[message])), signed_by=None)
    inbox.unpack_some(now=at(2))


def phones_of(*patients: Patient) -> list[str]:
    for patient in patients:
        patient.refresh_from_db()
    return [patient.phone for patient in patients]


def test_the_phones_that_whatsapp_changed_are_put_back(quiet: Aurora) -> None:
    child = factories.make_patient(quiet.clinic, "Caio", f"+{ONE}")
    before = phones_of(quiet.dalva, child)
    chats_of(quiet)
    number_changed()
    assert phones_of(quiet.dalva, child) == [f"+{OTHER}"] * 2
    done = part(quiet, ContactMerge.objects.get())
    assert phones_of(quiet.dalva, child) == before
    assert quiet.dalva.phone_key == ONE
    assert (done.back, done.fields_stayed) == (2, ())


def test_a_phone_that_was_changed_since_stays_and_is_told(quiet: Aurora) -> None:
    chats_of(quiet)
    number_changed()
    Patient.objects.filter(pk=quiet.dalva.pk).update(phone="+5531987650088", phone_key="5531987650088")
    done = part(quiet, ContactMerge.objects.get())
    assert phones_of(quiet.dalva) == ["+5531987650088"]
    assert done.fields_stayed == ("phone",)


def test_a_phone_learnt_by_a_join_is_unlearnt(quiet: Aurora) -> None:
    """A hidden patient answers our request with a number that was another contact's."""
    hidden = factories.make_patient(quiet.clinic, "Nelson", "")
    make_contact(quiet.clinic, None, user_id=OTHER_ID, answers_by_id=True, patient=hidden)
    make_contact(quiet.clinic, "5531987650088")
    card = {"name": {"formatted_name": "N"}, "phones": [{"phone": "+5531987650088"}], "origin": "contact_request"}
    message = {"from_user_id": OTHER_ID, "id": "wamid.c", "type": "contacts", "contacts": [card]}
    message["timestamp"] = str(int(at(2).timestamp()))
    inbox.store(body=webhooks.body(webhooks.change(AURORA_ID, messages=[message])), signed_by=None)
    inbox.unpack_some(now=at(2))
    assert phones_of(hidden) == ["+5531987650088"]
    part(quiet, ContactMerge.objects.get())
    assert phones_of(hidden) == [""]


# Whose appointments a person sees -------------------------------------------------------------------
def seen_by(contact: Contact, patient: Patient) -> set[str]:
    rows = Appointment.objects.for_clinic(contact.clinic_id).filter(merging.patients_of(contact, patient))
    return set(rows.values_list("patient__name", flat=True))


@pytest.fixture
def trio(quiet: Aurora) -> list[Contact]:
    """Three contacts, each with a patient and an appointment of its own."""
    found = []
    for index, name in enumerate(("Ana", "Bia", "Caio")):
        patient = factories.make_patient(quiet.clinic, name)
        starts_at = MONDAY + timedelta(days=1, hours=index)
        factories.make_appointment(quiet.clinic, quiet.helena, quiet.consulta, patient, starts_at)
        found.append(make_contact(quiet.clinic, f"551198765010{index}", patient=patient))
    return found


def test_appointments_follow_every_merge_to_the_end(
    quiet: Aurora, trio: list[Contact], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    a, b, c = trio
    factories.make_appointment(quiet.clinic, quiet.helena, quiet.consulta, quiet.dalva, MONDAY + timedelta(days=2))
    for survivor, loser in ((b, a), (c, b)):
        merging.merge(survivor=survivor, loser=loser, source=MergeSource.META, by=None, now=MONDAY)
    assert c.patient is not None
    with django_assert_num_queries(1):
        assert seen_by(c, c.patient) == {"Ana", "Bia", "Caio"}
    assert b.patient is not None
    assert seen_by(b, b.patient) == {"Ana", "Bia"}


def test_a_ring_of_merges_ends(quiet: Aurora, trio: list[Contact]) -> None:
    a, b, c = trio
    for one, other in ((a, b), (b, c), (c, a)):
        Contact.objects.filter(pk=one.pk).update(merged_into=other)
    assert a.patient is not None
    assert seen_by(a, a.patient) == {"Ana", "Bia", "Caio"}
