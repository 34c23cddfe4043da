"""The team joins two contacts and takes them apart again: one history, answers to who wrote last, nothing lost."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.db.models import ForeignObjectRel

from atendeai.testing import factories, webhooks
from atendeai.testing.factories import MONDAY, make_contact, make_conversation
from atendeai.testing.people import Aurora, make_aurora
from atendeai.testing.together import run_together
from clinics.booking import is_deadlock
from clinics.merging import CannotMerge, CannotUndo, Undone
from clinics.models import Patient
from whatsapp import attending, cloud_api, handling, identity, inbox, merging, outbox, unmerging
from whatsapp.models import (
    Author,
    Contact,
    ContactMerge,
    Conversation,
    Delivery,
    Handler,
    Item,
    MergeSource,
    Message,
    Number,
)
from whatsapp.payloads import ToldNumber

AURORA_ID = "100000000000001"
ONE, OTHER = "5511987650001", "5521987650077"
ONE_ID, OTHER_ID = "BR.1", "BR.2"


def receive(sender: str | None, text: str, user_id: str | None = None, number: str = AURORA_ID) -> None:
    message: dict[str, Any] = webhooks.text_message(sender or "", text)
    if sender is None:
        del message["from"]
    if user_id:
        message["from_user_id"] = user_id
    entry = webhooks.change(number, messages=[message])
    inbox.store(body=webhooks.body(entry), signed_by=None)
    for conversation_id in inbox.unpack_some(now=MONDAY).conversation_ids:
        handling.work(conversation_id, now=MONDAY)


@pytest.fixture
def quiet(aurora: Aurora) -> Aurora:
    aurora.number.bot_answers = False
    aurora.number.save()
    return aurora


def people() -> tuple[Contact, Contact]:
    return Contact.objects.get(user_id=ONE_ID), Contact.objects.get(user_id=OTHER_ID)


def join(aurora: Aurora, survivor: Contact, loser: Contact) -> ContactMerge:
    return merging.merge(survivor=survivor, loser=loser, source=MergeSource.STAFF, by=aurora.owner, now=MONDAY)


def part(aurora: Aurora, row: ContactMerge, days: int = 0) -> Undone:
    now = MONDAY + timedelta(days=days)
    return unmerging.undo(clinic=aurora.clinic, merge=row, by=aurora.receptionist, now=now)


def texts(conversation: Conversation) -> list[str]:
    return list(Message.objects.filter(conversation=conversation).order_by("id").values_list("body", flat=True))


def test_one_history_in_order_and_apart_again(quiet: Aurora) -> None:
    receive(ONE, "a", ONE_ID)
    receive(OTHER, "b", OTHER_ID)
    receive(ONE, "c", ONE_ID)
    one, other = people()
    first, second = Conversation.objects.order_by("id")
    row = join(quiet, one, other)
    assert texts(first) == ["a", "b", "c"]
    receive(OTHER, "d", OTHER_ID)
    receive(ONE, "e", ONE_ID)
    assert texts(first) == ["a", "b", "c", "d", "e"]
    assert Contact.objects.count() == Conversation.objects.count() == 2
    done = part(quiet, row)
    assert (done.back, done.stayed) == (1, 0)
    # What came after they were joined stays in the joined chat.
    assert (texts(first), texts(second)) == (["a", "c", "d", "e"], ["b"])
    assert people() == (one, other)
    receive(OTHER, "f", OTHER_ID)
    assert texts(second) == ["b", "f"]


def test_answers_go_to_the_ids_that_wrote_last(quiet: Aurora) -> None:
    receive(ONE, "a", ONE_ID)
    receive(OTHER, "b", OTHER_ID)
    one, other = people()
    join(quiet, one, other)
    for sender, user_id in ((ONE, ONE_ID), (OTHER, OTHER_ID), (ONE, ONE_ID)):
        receive(sender, "oi", user_id)
        one.refresh_from_db()
        assert (one.wa_id, one.user_id) == (sender, user_id)
    assert one.merged_into is None


def test_a_hidden_person_and_a_number_are_filled_into_one_contact(quiet: Aurora) -> None:
    receive(ONE, "a")
    receive(None, "b", OTHER_ID)
    one, other = Contact.objects.order_by("id")
    row = join(quiet, one, other)
    one.refresh_from_db()
    assert (one.wa_id, one.user_id, one.patient) == (ONE, OTHER_ID, quiet.dalva)
    part(quiet, row)
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.wa_id, one.user_id, other.wa_id, other.user_id) == (ONE, None, None, OTHER_ID)


def test_their_patients_become_one_and_two_again(quiet: Aurora) -> None:
    double = factories.make_patient(quiet.clinic, "Dalva N.", f"+{OTHER}")
    receive(ONE, "a", ONE_ID)
    receive(OTHER, "b", OTHER_ID)
    one, other = people()
    assert (one.patient, other.patient) == (quiet.dalva, double)
    row = join(quiet, one, other)
    double.refresh_from_db()
    other.refresh_from_db()
    assert double.merged_into_id == quiet.dalva.pk == other.patient_id
    part(quiet, row)
    double.refresh_from_db()
    other.refresh_from_db()
    assert (double.merged_into_id or 0, other.patient_id) == (0, double.pk)


def test_a_patient_known_on_one_side_only_is_taken_and_given_back(quiet: Aurora) -> None:
    receive(OTHER, "b", OTHER_ID)
    receive(ONE, "a", ONE_ID)
    one, other = people()
    row = join(quiet, other, one)
    other.refresh_from_db()
    assert other.patient == quiet.dalva
    part(quiet, row)
    other.refresh_from_db()
    one.refresh_from_db()
    assert (other.patient_id or 0, one.patient_id) == (0, quiet.dalva.pk)


def test_what_waits_to_be_worked_or_sent_goes_along(quiet: Aurora) -> None:
    one, other = make_contact(quiet.clinic, ONE), make_contact(quiet.clinic, OTHER)
    chat, joined = make_conversation(quiet.number, one), make_conversation(quiet.number, other)
    queued = outbox.queue(conversation=joined, content=cloud_api.Text("oi"), body="oi", author=Author.BOT, now=MONDAY)
    entry = webhooks.change(AURORA_ID, messages=[webhooks.text_message(OTHER, "espera")])
    inbox.store(body=webhooks.body(entry), signed_by=None)
    inbox.unpack_some(now=MONDAY)
    join(quiet, one, other)
    queued.refresh_from_db()
    assert queued.conversation == chat
    assert Item.objects.get().conversation == chat
    handling.work(chat.pk, now=MONDAY)
    assert texts(chat) == ["oi", "espera"]


def test_who_needs_a_person_still_does(quiet: Aurora) -> None:
    one, other = make_contact(quiet.clinic, ONE), make_contact(quiet.clinic, OTHER)
    chat = make_conversation(quiet.number, one)
    make_conversation(quiet.number, other, handler=Handler.PERSON, handover_reason="asked", unread=2)
    join(quiet, one, other)
    chat.refresh_from_db()
    assert (chat.handler, chat.handover_reason, chat.unread) == (Handler.PERSON, "asked", 2)
    assert list(attending.waiting(quiet.clinic)) == [chat]


def test_chats_of_the_clinic_s_other_numbers_change_hands(quiet: Aurora) -> None:
    second = Number.objects.create(clinic=quiet.clinic, phone_number_id="100000000000009", account_id="x")
    one, other = make_contact(quiet.clinic, ONE), make_contact(quiet.clinic, OTHER)
    make_conversation(quiet.number, one)
    elsewhere = make_conversation(second, other)
    row = join(quiet, one, other)
    elsewhere.refresh_from_db()
    assert elsewhere.contact == one
    part(quiet, row)
    elsewhere.refresh_from_db()
    assert elsewhere.contact == other


def test_a_late_answer_in_the_losing_chat_is_written_in_the_one_that_stands(quiet: Aurora) -> None:
    one, other = make_contact(quiet.clinic, ONE), make_contact(quiet.clinic, OTHER)
    chat, joined = make_conversation(quiet.number, one), make_conversation(quiet.number, other)
    join(quiet, one, other)
    message = outbox.queue(
        conversation=joined, content=cloud_api.Text("oi"), body="oi", author=Author.SYSTEM, now=MONDAY
    )
    assert (message.conversation, texts(chat)) == (chat, ["oi"])
    Conversation.objects.filter(pk=chat.pk).update(last_inbound_at=MONDAY)
    attending.answer(clinic=quiet.clinic, conversation=joined, text="olá", by=quiet.owner, now=MONDAY)
    assert texts(chat) == ["oi", "olá"]


def test_undo_is_refused_when_it_cannot_be_right(quiet: Aurora) -> None:
    one, other, third = (make_contact(quiet.clinic, phone) for phone in (ONE, OTHER, "5531987650088"))
    inner = join(quiet, one, other)
    with pytest.raises(CannotMerge):
        join(quiet, one, other)
    outer = join(quiet, third, one)
    with pytest.raises(CannotUndo, match="merged_again"):
        part(quiet, inner)
    with pytest.raises(CannotUndo, match="too_late"):
        part(quiet, outer, days=30)
    part(quiet, outer, days=29)
    with pytest.raises(CannotUndo, match="undone"):
        part(quiet, outer)
    part(quiet, inner)


def number_changed(at: int, old: tuple[str, str] = (ONE, ONE_ID), new: tuple[str, str] = (OTHER, OTHER_ID)) -> None:
    told = {"type": "user_changed_number", "wa_id": new[0], "previous_user_id": old[1], "user_id": new[1]}
    message = {"from": old[0], "id": f"wamid.{at}", "type": "system", "system": told, "timestamp": str(at)}
    inbox.store(body=webhooks.body(webhooks.change(AURORA_ID, messages=[message])), signed_by=None)
    inbox.unpack_some(now=MONDAY)


@pytest.mark.parametrize("is_patient", [False, True], ids=["the older one stays", "the patient's stays"])
def test_what_whatsapp_told_is_undone_with_the_ids_of_before(quiet: Aurora, *, is_patient: bool) -> None:
    if is_patient:
        factories.make_patient(quiet.clinic, "Nelson", f"+{OTHER}")
        quiet.dalva.phone = quiet.dalva.phone_key = ""
        quiet.dalva.save()
    receive(ONE, "a", ONE_ID)
    receive(OTHER, "b", OTHER_ID)
    one, other = people()
    number_changed(int(MONDAY.timestamp()))
    row = ContactMerge.objects.get()
    assert (row.source, row.survivor) == (MergeSource.META, other if is_patient else one)
    part(quiet, row)
    assert people() == (one, other)
    assert [(who.wa_id, who.merged_into_id) for who in people()] == [(ONE, None), (OTHER, None)]
    for sender, user_id, text in ((ONE, ONE_ID, "c"), (OTHER, OTHER_ID, "d")):
        receive(sender, text, user_id)
    said = [set(texts(Conversation.objects.get(contact=who))) - {""} for who in people()]
    assert said == [{"a", "c"}, {"b", "d"}]


def test_ids_that_whatsapp_names_together_join_them_again_after_an_undo(quiet: Aurora) -> None:
    receive(ONE, "a")
    receive(None, "b", ONE_ID)
    receive(ONE, "c", ONE_ID)
    row = ContactMerge.objects.get()
    part(quiet, row)
    assert set(Contact.objects.values_list("wa_id", "user_id")) == {(ONE, None), (None, ONE_ID)}
    receive(ONE, "d", ONE_ID)
    assert ContactMerge.objects.filter(undone_at__isnull=True).count() == 1


def test_a_number_that_somebody_else_has_by_now_is_not_given_back(quiet: Aurora) -> None:
    receive(ONE, "a", ONE_ID)
    receive(OTHER, "b", OTHER_ID)
    one = Contact.objects.get(user_id=ONE_ID)
    number_changed(int(MONDAY.timestamp()))
    stranger = make_contact(quiet.clinic, ONE, user_id="BR.9")
    part(quiet, ContactMerge.objects.get())
    one.refresh_from_db()
    stranger.refresh_from_db()
    assert (one.user_id, one.wa_id, stranger.wa_id) == (ONE_ID, None, ONE)


def test_ids_that_were_learnt_since_stay_with_the_survivor(quiet: Aurora) -> None:
    receive(ONE, "a", ONE_ID)
    receive(OTHER, "b", OTHER_ID)
    one, other = people()
    number_changed(int(MONDAY.timestamp()))
    number_changed(int(MONDAY.timestamp()) + 60, (OTHER, OTHER_ID), ("5531987650088", "BR.3"))
    part(quiet, ContactMerge.objects.get())
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.user_id, one.wa_id) == ("BR.3", "5531987650088")
    assert (other.user_id, other.wa_id) == (OTHER_ID, OTHER)


@pytest.mark.parametrize("told", ["by a message", "by our request"])
def test_a_number_that_came_in_its_other_form_goes_back_to_whom_it_belonged(quiet: Aurora, told: str) -> None:
    one = make_contact(quiet.clinic, None, user_id=ONE_ID, patient=quiet.dalva)
    other = make_contact(quiet.clinic, ONE)
    short = "551187650001"
    if told == "by a message":
        receive(short, "a", ONE_ID)
    else:
        identity.learn_number(one, ToldNumber(short, is_own=True), at=MONDAY, now=MONDAY)
    row = ContactMerge.objects.get()
    assert (row.survivor, row.loser) == (one, other)
    part(quiet, row)
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.user_id, one.wa_id, one.match_key) == (ONE_ID, None, None)
    assert (other.user_id, other.wa_id, other.match_key) == (None, short, ONE)


@pytest.mark.parametrize("had", [None, "BR.ENT.1"], ids=["new to both", "the survivor's before"])
def test_a_parent_id_that_was_learnt_since_stays_beside_its_own_id(quiet: Aurora, had: str | None) -> None:
    one = make_contact(quiet.clinic, ONE, parent_user_id=had, patient=quiet.dalva)
    other = make_contact(quiet.clinic, None, user_id=ONE_ID)
    row = merging.merge(survivor=one, loser=other, source=MergeSource.META, by=None, now=MONDAY)
    Contact.objects.filter(pk=one.pk).update(user_id=ONE_ID, parent_user_id="BR.ENT.1")
    part(quiet, row)
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.user_id, one.parent_user_id, one.wa_id) == (None, had, ONE)
    assert (other.user_id, other.parent_user_id, other.wa_id) == (ONE_ID, None if had else "BR.ENT.1", None)


def test_what_still_waits_to_be_worked_goes_back(quiet: Aurora) -> None:
    one, other = make_contact(quiet.clinic, ONE), make_contact(quiet.clinic, OTHER)
    chat, joined = make_conversation(quiet.number, one), make_conversation(quiet.number, other)
    entry = webhooks.change(AURORA_ID, messages=[webhooks.text_message(OTHER, "espera")])
    inbox.store(body=webhooks.body(entry), signed_by=None)
    inbox.unpack_some(now=MONDAY)
    part(quiet, join(quiet, one, other))
    assert Item.objects.get().conversation == joined
    handling.work(joined.pk, now=MONDAY)
    assert (texts(joined), texts(chat)) == (["espera"], [])


def test_a_merge_from_before_its_ids_were_kept_is_refused_when_one_would_have_none(quiet: Aurora) -> None:
    one, other = make_contact(quiet.clinic, ONE), make_contact(quiet.clinic, OTHER)
    row = merging.merge(survivor=one, loser=other, source=MergeSource.META, by=None, now=MONDAY)
    del row.moved["ids"]
    row.save()
    with pytest.raises(CannotUndo, match="ids_changed"):
        part(quiet, row)


@pytest.mark.parametrize(
    ("mine", "theirs", "holds"),
    [
        (("", 0), ("stopped", 1), "stopped"),
        (("allowed", 1), ("stopped", 2), "stopped"),
        (("stopped", 2), ("allowed", 1), "stopped"),
        (("stopped", 1), ("allowed", 2), "allowed"),
        (("allowed", 1), ("stopped", 1), "stopped"),
        (("stopped", 1), ("", 0), "stopped"),
    ],
)
def test_an_opt_out_is_not_lost(quiet: Aurora, mine: Any, theirs: Any, holds: str) -> None:
    one, other = (
        make_contact(quiet.clinic, phone, marketing=said, marketing_at=MONDAY + timedelta(days=day) if said else None)
        for phone, (said, day) in ((ONE, mine), (OTHER, theirs))
    )
    join(quiet, one, other)
    one.refresh_from_db()
    assert one.marketing == holds


def test_contacts_of_two_clinics_are_never_joined(quiet: Aurora) -> None:
    boreal = make_aurora("boreal", "100000000000002")
    with pytest.raises(CannotMerge):
        join(quiet, make_contact(quiet.clinic, ONE), make_contact(boreal.clinic, OTHER))


def test_everything_that_points_at_a_chat_or_a_contact_has_its_place_in_a_merge() -> None:
    """A new table that points at them fails here until somebody has decided what a merge does with it."""
    places = {
        Conversation: {"Message.conversation", "Item.conversation", "Conversation.merged_into"},
        Contact: {
            "Contact.merged_into",
            "Conversation.contact",
            "ContactMerge.loser",
            "ContactMerge.survivor",
            "FormerId.contact",
        },
        Patient: {
            "Appointment.patient",
            "Contact.patient",
            "Patient.merged_into",
            "PatientMerge.loser",
            "PatientMerge.survivor",
        },
    }
    for model, known in places.items():
        pointing = {
            f"{relation.field.model.__name__}.{relation.field.name}"
            for relation in model._meta.get_fields(include_hidden=True)
            if isinstance(relation, ForeignObjectRel)
        }
        assert pointing == known


def work_wanted() -> None:
    for wanted in Conversation.objects.filter(wanted_at__isnull=False):
        handling.work(wanted.pk, now=MONDAY)


@pytest.mark.django_db(transaction=True)
def test_joined_while_both_write(aurora: Aurora, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "BATCH", 1)
    aurora.number.bot_answers = False
    aurora.number.save()
    one, other = make_contact(aurora.clinic, ONE, user_id=ONE_ID), make_contact(aurora.clinic, OTHER, user_id=OTHER_ID)
    for contact in (one, other):
        make_conversation(aurora.number, contact)
    for index in range(20):
        for sender, user_id in ((ONE, ONE_ID), (OTHER, OTHER_ID)):
            message = {**webhooks.text_message(sender, f"{sender} {index}"), "from_user_id": user_id}
            inbox.store(body=webhooks.body(webhooks.change(AURORA_ID, messages=[message])), signed_by=None)

    def work() -> None:
        for _ in range(15):
            try:
                found = inbox.unpack_some(now=MONDAY).conversation_ids
            except OperationalError as error:
                # A worker's turn that had to give way is undone; the sweep gives another one.
                if not is_deadlock(error):
                    raise
                continue
            for conversation_id in found:
                handling.work(conversation_id, now=MONDAY)

    assert run_together(work, work, work, lambda: join(aurora, one, other)) == []
    for _ in range(9):
        Delivery.objects.update(not_before=None)
        Conversation.objects.update(not_before=None)
        Item.objects.update(not_before=None)
        work()
        # A chat whose hint met another worker is found by the sweep.
        work_wanted()
    chat = Conversation.objects.get(merged_into__isnull=True)
    assert len(texts(chat)) == 40
    assert not Message.objects.exclude(conversation=chat).exists()
    assert not Item.objects.filter(state="waiting").exists()
