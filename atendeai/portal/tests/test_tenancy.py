"""Can Carla of Boreal see or change anything of Aurora, by any page, action, choice or search?"""

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from atendeai.portal.tests.test_pages import CLINIC_PAGES, model_of, row_of
from atendeai.testing.people import Aurora
from clinics.models import Appointment, AuditEntry, Offering, Patient, Professional, Status
from whatsapp.models import Conversation, Handler

# Over the own clinic's rows, without a row in the address.
SEARCHES = {
    "admin:clinics_appointment_patients",
    "admin:clinics_appointment_times",
    "admin:clinics_outage_try",
    "admin:whatsapp_template_compare",
    "admin:whatsapp_template_starters",
    "admin:whatsapp_template_uses",
}
ACTIONS = {
    "admin:whatsapp_number_live",
    "admin:whatsapp_number_step",
    "admin:whatsapp_number_test",
    "admin:whatsapp_number_token",
    "admin:clinics_appointment_act",
    "admin:clinics_appointment_cancel",
    "admin:clinics_appointment_move",
    "admin:clinics_apikey_revoke",
    "admin:clinics_clinic_preview",
    "admin:clinics_patient_merge",
    "admin:clinics_patient_unmerge",
    "admin:whatsapp_conversation_answer",
    "admin:whatsapp_conversation_askphone",
    "admin:whatsapp_conversation_file",
    "admin:whatsapp_conversation_live",
    "admin:whatsapp_conversation_merge",
    "admin:whatsapp_conversation_older",
    "admin:whatsapp_conversation_patient",
    "admin:whatsapp_conversation_phone",
    "admin:whatsapp_conversation_react",
    "admin:whatsapp_conversation_retry",
    "admin:whatsapp_conversation_send",
    "admin:whatsapp_conversation_settle",
    "admin:whatsapp_conversation_return",
    "admin:whatsapp_conversation_take",
    "admin:whatsapp_conversation_typing",
    "admin:whatsapp_conversation_unmerge",
    "admin:calendar_sync_googlechange_accept",
    "admin:calendar_sync_googlechange_refuse",
    "admin:whatsapp_conversation_template",
    "admin:whatsapp_template_edit",
    "admin:whatsapp_template_remove",
    "admin:calendar_sync_link_compare",
    "admin:calendar_sync_link_disconnect",
    "admin:calendar_sync_link_invite",
    "admin:calendar_sync_link_mend",
    "admin:calendar_sync_link_sync",
}
# Addresses that name a row of another page than their own.
NAMES_ROW_OF = {"admin:calendar_sync_link_invite": "clinics_professional"}


def own_actions() -> set[str]:
    """Every address of a row that is not Django's own."""
    known = {"add", "change", "changelist", "delete", "history"}
    names = set()
    for page in CLINIC_PAGES:
        for route in admin.site._registry[model_of(page)].get_urls():
            name = getattr(route, "name", None) or ""
            if name.startswith(f"{page}_") and name.removeprefix(f"{page}_") not in known:
                names.add(f"admin:{name}")
    return names


def refused(answer: Any) -> bool:
    """As a row that does not exist: 404, 403, or back to the start with the words of Django."""
    return answer.status_code in {403, 404} or (
        answer.status_code == 302 and answer["Location"] == reverse("admin:index")
    )


@pytest.mark.parametrize("page", CLINIC_PAGES)
@pytest.mark.parametrize("verb", ["change", "delete", "history"])
def test_a_row_of_another_clinic_does_not_exist(page: str, verb: str, carla: Client, aurora: Aurora) -> None:
    address = reverse(f"admin:{page}_{verb}", args=[row_of(page, aurora.clinic).pk])
    assert refused(carla.get(address)), address
    before = model_of(page).objects.count()
    assert refused(carla.post(address, {"post": "yes"})), address
    assert model_of(page).objects.count() == before


@pytest.mark.parametrize("page", CLINIC_PAGES)
def test_lists_hold_the_own_clinic_only(page: str, carla: Client, aurora: Aurora) -> None:
    answer = carla.get(reverse(f"admin:{page}_changelist"), {"day": "all"} if "appointment" in page else {})
    text = answer.content.decode()
    for word in ("Paciente 1", "Pessoa 1", "Dra. Nova 1", "Exame 1", "convite1@", "agenda1@", "programa 1"):
        assert word not in text, page


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_no_action_reaches_another_clinic(name: str, carla: Client, aurora: Aurora) -> None:
    pk = row_of(NAMES_ROW_OF.get(name) or name.removeprefix("admin:").rpartition("_")[0], aurora.clinic).pk
    second: dict[str, Any] = {"act": "confirm", "file": 1, "retry": 1, "settle": 1}
    verb = name.rpartition("_")[2]
    address = reverse(name, args=[pk, second[verb]] if verb in second else [pk])
    audited = AuditEntry.objects.count()
    assert carla.post(address, {"text": "olá", "reason": "x"}).status_code in {403, 404, 405}
    assert carla.get(address).status_code in {403, 404, 405}
    assert AuditEntry.objects.count() == audited
    assert Conversation.objects.for_clinic(aurora.clinic).filter(handler=Handler.BOT).count() == 0
    assert not Appointment.objects.for_clinic(aurora.clinic).filter(status=Status.CANCELLED).exists()


def test_no_action_is_left_out_of_the_walk() -> None:
    assert own_actions() == ACTIONS | SEARCHES


def test_autocomplete_is_closed(ana: Client, carla: Client, aurora: Aurora) -> None:
    asked = {"app_label": "clinics", "model_name": "appointment", "field_name": "patient", "term": "Paciente"}
    for client in (ana, carla):
        assert client.get(reverse("admin:autocomplete"), asked).status_code == 404


def test_choices_come_from_the_own_clinic(carla: Client, aurora: Aurora, boreal: Aurora) -> None:
    for page in ("clinics_appointment", "clinics_busyperiod", "clinics_professional", "clinics_offering"):
        text = carla.get(reverse(f"admin:{page}_add")).content.decode()
        assert "Dra. Nova 1" not in text, page
        assert "Exame 1" not in text, page


def test_another_clinics_ids_are_no_valid_choices(carla: Client, aurora: Aurora, boreal: Aurora) -> None:
    values = {"new_name": "X", "day": "2030-01-07", "time": "09:00"}
    mine = {"professional": boreal.helena.pk, "offering": boreal.consulta.pk, "patient": boreal.dalva.pk}
    for field, row in (
        ("professional", aurora.helena),
        ("offering", aurora.consulta),
        ("patient", aurora.dalva),
    ):
        answer = carla.post(reverse("admin:clinics_appointment_add"), {**values, **mine, field: row.pk})
        assert answer.status_code == 200, field
        assert answer.context["form"].errors[field], field
    assert not Appointment.objects.for_clinic(boreal.clinic).exists()
    blocked = carla.post(
        reverse("admin:clinics_busyperiod_add"),
        {"professional": aurora.helena.pk, "starts_at_0": "07/01/2030", "starts_at_1": "09:00"}
        | {"ends_at_0": "07/01/2030", "ends_at_1": "10:00"},
    )
    assert blocked.context["adminform"].form.errors["professional"]


def test_a_service_is_not_given_by_another_clinics_professional(carla: Client, aurora: Aurora, boreal: Aurora) -> None:
    carla.post(
        reverse("admin:clinics_offering_change", args=[boreal.consulta.pk]),
        {"name": "Consulta", "minutes": "30", "is_active": "on", "givers": [aurora.helena.pk]},
    )
    assert set(boreal.consulta.professionals.all()) == {boreal.helena, boreal.marcos}


def test_the_search_of_patients_and_times_stays_in_the_clinic(carla: Client, aurora: Aurora) -> None:
    found = carla.post(reverse("admin:clinics_appointment_patients"), {"term": "Paciente"})
    assert "Paciente 1" not in found.content.decode()
    # As a service that does not exist: not even «no free time».
    asked = {"offering": aurora.consulta.pk, "day": "2030-01-07"}
    times = carla.post(reverse("admin:clinics_appointment_times"), asked)
    assert "Escolha o serviço e a data" in times.content.decode()


def test_a_link_with_another_clinics_patient_shows_nobody(carla: Client, aurora: Aurora) -> None:
    answer = carla.get(reverse("admin:clinics_appointment_add"), {"patient": aurora.dalva.pk})
    assert "Dalva" not in answer.content.decode().replace("Dalva Nogueira (Boreal)", "") or (
        answer.context["patient"] is None
    )


def test_choosing_a_clinic_where_one_does_not_work_is_refused(carla: Client, aurora: Aurora, boreal: Aurora) -> None:
    assert carla.post(reverse("admin:choose_clinic"), {"clinic": aurora.clinic.pk}).status_code == 404
    assert carla.get(reverse("admin:index")).context["clinic"] == boreal.clinic


def test_who_works_in_two_clinics_chooses_by_post(ana: Client, aurora: Aurora, boreal: Aurora) -> None:
    from atendeai.testing.factories import make_membership

    make_membership(boreal.clinic, aurora.owner, "receptionist")
    assert ana.get(reverse("admin:choose_clinic")).status_code == 405
    assert ana.post(reverse("admin:choose_clinic"), {"clinic": boreal.clinic.pk}).status_code == 302
    assert ana.get(reverse("admin:index")).context["clinic"] == boreal.clinic
    # The role of that clinic counts, not that of the other.
    assert ana.get(reverse("admin:clinics_apikey_changelist")).status_code == 403
    for model in (Patient, Professional, Offering):
        row = model.objects.for_clinic(aurora.clinic).first()
        assert row is not None
        assert refused(ana.get(reverse(f"admin:clinics_{model._meta.model_name}_change", args=[row.pk])))
