"""Two records of one person: found, compared, joined, taken apart in the portal, by Ana and Bruno, never by Carla."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from atendeai.common import clock
from atendeai.testing import factories
from atendeai.testing.people import Aurora
from clinics import duplicates
from clinics.models import Patient, PatientMerge
from whatsapp import likely
from whatsapp.models import ContactMerge, Conversation, Message


def page(client: Client, name: str, pk: int, **posted: Any) -> Any:
    address = reverse(f"admin:{name}", args=[pk])
    return client.post(address, posted, follow=True) if posted else client.get(address)


@pytest.fixture
def double(aurora: Aurora) -> Patient:
    return factories.make_patient(aurora.clinic, "dálva nogueira", "+5511987650002", notes="Alergia a látex")


@pytest.mark.parametrize("who", ["ana", "bruno"])
def test_a_patient_is_joined_and_taken_apart(who: str, aurora: Aurora, double: Patient, request: Any) -> None:
    client, dalva = request.getfixturevalue(who), aurora.dalva
    shown = page(client, "clinics_patient_merge", dalva.pk).content.decode()
    assert "mesmo nome e número quase igual" in shown
    compared = page(client, "clinics_patient_merge", dalva.pk, other=double.pk).content.decode()
    assert "+55 11 98765-0001" in compared
    assert "+55 11 98765-0002" in compared
    assert not PatientMerge.objects.exists()
    done = page(client, "clinics_patient_merge", dalva.pk, other=double.pk, keep=dalva.pk)
    assert done.redirect_chain[-1][0] == reverse("admin:clinics_patient_change", args=[dalva.pk])
    assert "Desfazer" in done.content.decode()
    # An old link to the joined record leads to the one that stays, and lists show one.
    old = client.get(reverse("admin:clinics_patient_change", args=[double.pk]))
    assert old["Location"] == reverse("admin:clinics_patient_change", args=[dalva.pk])
    assert "dálva nogueira" not in client.get(reverse("admin:clinics_patient_changelist")).content.decode()
    merge = PatientMerge.objects.get()
    undone = page(client, "clinics_patient_unmerge", dalva.pk, merge=merge.pk).content.decode()
    assert "São dois cadastros de novo" in undone
    double.refresh_from_db()
    assert double.merged_into is None


def test_what_was_changed_since_and_stays_is_told_by_its_name(ana: Client, aurora: Aurora, double: Patient) -> None:
    Patient.objects.filter(pk=double.pk).update(email="dalva@exemplo.test")
    Patient.objects.filter(pk=aurora.dalva.pk).update(phone="", phone_key="")
    page(ana, "clinics_patient_merge", aurora.dalva.pk, other=double.pk, keep=aurora.dalva.pk)
    Patient.objects.filter(pk=aurora.dalva.pk).update(email="nova@exemplo.test", phone="+551140041234", notes="outras")
    undone = page(ana, "clinics_patient_unmerge", aurora.dalva.pk, merge=PatientMerge.objects.get().pk).content.decode()
    for words in ("As observações", "O telefone", "O e-mail"):
        assert words in undone


def test_the_other_one_may_stay(ana: Client, aurora: Aurora, double: Patient) -> None:
    page(ana, "clinics_patient_merge", aurora.dalva.pk, other=double.pk, keep=double.pk)
    aurora.dalva.refresh_from_db()
    assert aurora.dalva.merged_into == double


def test_the_search_is_posted_and_found_by_name_and_number(ana: Client, aurora: Aurora, double: Patient) -> None:
    for term in ("DALVA", "0002", "98765-0002"):
        found = page(ana, "clinics_patient_merge", aurora.dalva.pk, search=term)
        assert f'value="{double.pk}"' in found.content.decode()
        assert found.redirect_chain == []
    nobody = page(ana, "clinics_patient_merge", aurora.dalva.pk, search="Zulmira").content.decode()
    assert "Ninguém encontrado" in nobody


def test_refusals_are_told_in_words(ana: Client, aurora: Aurora, double: Patient) -> None:
    page(ana, "clinics_patient_merge", aurora.dalva.pk, other=double.pk, keep=aurora.dalva.pk)
    merge = PatientMerge.objects.get()
    page(ana, "clinics_patient_unmerge", aurora.dalva.pk, merge=merge.pk)
    again = page(ana, "clinics_patient_unmerge", aurora.dalva.pk, merge=merge.pk).content.decode()
    assert "Isso já foi desfeito" in again


@pytest.mark.parametrize("posted", [{"other": "x"}, {"other": "0"}, {"other": "9" * 30}, {"other": "٣"}])
def test_what_is_no_record_does_not_exist(ana: Client, aurora: Aurora, posted: dict[str, str]) -> None:
    assert page(ana, "clinics_patient_merge", aurora.dalva.pk, **posted).status_code == 404


def test_nobody_of_another_clinic_can_be_named(carla: Client, aurora: Aurora, boreal: Aurora, double: Patient) -> None:
    for name, mine, theirs in (
        ("clinics_patient_merge", boreal.dalva, aurora.dalva),
        (
            "whatsapp_conversation_merge",
            factories.make_conversation(boreal.number),
            Conversation.objects.for_clinic(aurora.clinic).first(),
        ),
    ):
        assert theirs is not None
        for posted in ({"other": theirs.pk}, {"other": theirs.pk, "keep": mine.pk}, {"other": mine.pk}):
            assert page(carla, name, mine.pk, **posted).status_code == 404
    assert not PatientMerge.objects.exists()
    assert not ContactMerge.objects.exists()
    assert not page(carla, "clinics_patient_merge", boreal.dalva.pk, search="dalva nogueira").context["found"]
    assert not duplicates.of(boreal.dalva)


def test_a_merge_of_another_record_is_not_undone_here(ana: Client, aurora: Aurora, double: Patient) -> None:
    page(ana, "clinics_patient_merge", aurora.dalva.pk, other=double.pk, keep=aurora.dalva.pk)
    other = factories.make_patient(aurora.clinic, "Zeca")
    merge = PatientMerge.objects.get()
    assert page(ana, "clinics_patient_unmerge", other.pk, merge=merge.pk).status_code == 404


def chats(aurora: Aurora) -> tuple[Conversation, Conversation]:
    first = factories.make_contact(aurora.clinic, "5511987654321", name="Bia Fontes")
    second = factories.make_contact(aurora.clinic, user_id="BR.77", name="Bia Fontes", username="bia.fontes")
    return tuple(factories.make_conversation(aurora.number, one) for one in (first, second))  # type: ignore[return-value]


@pytest.mark.parametrize("who", ["ana", "bruno"])
def test_two_chats_are_joined_and_taken_apart(who: str, aurora: Aurora, request: Any) -> None:
    client = request.getfixturevalue(who)
    first, second = chats(aurora)
    shown = page(client, "whatsapp_conversation_merge", first.pk).content.decode()
    assert "mesmo nome" in shown
    compared = page(client, "whatsapp_conversation_merge", first.pk, other=second.pk).content.decode()
    assert "@bia.fontes" in compared
    done = page(client, "whatsapp_conversation_merge", first.pk, other=second.pk, keep=first.pk)
    assert "Desfazer" in done.content.decode()
    second.refresh_from_db()
    assert second.merged_into == first
    old = client.get(reverse("admin:whatsapp_conversation_change", args=[second.pk]))
    assert old["Location"] == reverse("admin:whatsapp_conversation_change", args=[first.pk])
    merge = ContactMerge.objects.get()
    page(client, "whatsapp_conversation_unmerge", first.pk, merge=merge.pk)
    second.refresh_from_db()
    assert second.merged_into is None


def test_somebody_without_a_phone_is_shown_found_and_asked(ana: Client, aurora: Aurora) -> None:
    contact = factories.make_contact(aurora.clinic, user_id="BR.78", username="so.usuario")
    chat = factories.make_conversation(aurora.number, contact, last_inbound_at=clock.now())
    shown = page(ana, "whatsapp_conversation_change", chat.pk).content.decode()
    assert "sem telefone, @so.usuario" in shown
    for term in ("@so.usuario", "so.usua"):
        found = ana.post(reverse("admin:whatsapp_conversation_changelist"), {"search": term}, follow=True)
        assert [row["conversation"] for row in found.context["rows"]] == [chat]
    page(ana, "whatsapp_conversation_askphone", chat.pk, go="1")
    message = Message.objects.get(conversation=chat)
    assert (message.type, message.staff) == ("contact_request", aurora.owner)


def test_a_number_that_the_record_does_not_have_is_offered(ana: Client, aurora: Aurora) -> None:
    contact = factories.make_contact(aurora.clinic, "5511912340000", patient=aurora.dalva)
    chat = factories.make_conversation(aurora.number, contact)
    shown = page(ana, "whatsapp_conversation_change", chat.pk).content.decode()
    assert "No cadastro está +55 11 98765-0001" in shown
    page(ana, "whatsapp_conversation_phone", chat.pk, go="1")
    aurora.dalva.refresh_from_db()
    assert aurora.dalva.phone == "+5511912340000"
    assert "No cadastro está" not in page(ana, "whatsapp_conversation_change", chat.pk).content.decode()


@pytest.mark.parametrize(
    ("name", "number", "other_name", "other_number", "why"),
    [
        ("João Silva", "5511987650001", "joao silva", "5511987650002", "name_and_number"),
        ("João Silva", "5511987650001", "Joana Silva", "5511987650001", "number"),
        ("João Silva", "5511987650001", "JOÃO SILVA", "", "name"),
        ("João Silva", "5511987650001", "João Silva", "5521912345678", ""),
        ("João", "", "João", "", ""),
        ("", "", "", "", ""),
    ],
)
def test_what_makes_two_records_likely_one(
    name: str, number: str, other_name: str, other_number: str, why: str
) -> None:
    assert duplicates.why(name, number, other_name, other_number) == why


def test_contacts_of_one_patient_are_suggested_first(aurora: Aurora) -> None:
    one = factories.make_contact(aurora.clinic, "5511912340000", patient=aurora.dalva)
    other = factories.make_contact(aurora.clinic, user_id="BR.79", patient=aurora.dalva)
    assert [(row.contact, row.why) for row in likely.of(one)] == [(other, "patient")]
