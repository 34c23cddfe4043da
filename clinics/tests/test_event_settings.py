"""What events show, as an owner sets it: errors that name the field, a preview, and who is told."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from atendeai.testing.people import Aurora, make_aurora
from clinics import signals
from clinics.models import Clinic, Offering, Patient

BASE = {
    "name": "Clínica Aurora",
    "state": "SP",
    "time_zone": "America/Sao_Paulo",
    "min_notice_minutes": "60",
    "horizon_days": "60",
    "closes_on_holidays": "on",
    "calendar_detail": "minimal",
    "calendar_title": "Consulta – {paciente}",
    "calendar_description": "Detalhes no AtendeAí: {link}",
    "calendar_reminders": "calendar",
    "calendar_mode": "existing",
    "merge_undo_days": "30",
    "google_moves": "automatic",
    "google_deletes": "ask",
    "reminder_hours": "24",
    "reminders_from": "08:00",
    "reminders_until": "20:00",
}


@pytest.fixture
def aurora(db: None) -> Aurora:
    return make_aurora()


@pytest.fixture
def ana(aurora: Aurora) -> Client:
    client = Client()
    client.force_login(aurora.owner)
    return client


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    heard: list[Any] = []
    monkeypatch.setattr(signals.appearance_changed, "send", lambda **about: heard.append(about["patient"]))
    return heard


def save(client: Client, aurora: Aurora, **changes: str) -> Any:
    address = reverse("admin:clinics_clinic_change", args=[aurora.clinic.pk])
    return client.post(address, {**BASE, **changes})


def test_the_words_are_kept_and_the_calendars_told(ana: Client, aurora: Aurora, told: list[Any]) -> None:
    answer = save(
        ana, aurora, calendar_title="{serviço}", calendar_reminders="own", calendar_reminder_minutes="30, 1440"
    )
    assert answer.status_code == 302
    clinic = Clinic.objects.get(pk=aurora.clinic.pk)
    assert (clinic.calendar_title, clinic.calendar_reminder_minutes) == ("{serviço}", [1440, 30])
    assert told == [None]
    assert save(ana, aurora, calendar_title="{serviço}", calendar_reminders="own", calendar_reminder_minutes="1440,30")
    assert told == [None]  # nothing that events show was changed


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"calendar_title": "Consulta de {nome}"}, "Não existe o campo {nome}"),
        ({"calendar_description": "{telefone}"}, "Não existe o campo {telefone}"),
        ({"calendar_title": "Consulta {paciente"}, "sem o seu par"),
        ({"calendar_title": "x" * 201}, "200"),
        ({"calendar_reminders": "own"}, "quantos minutos antes"),
        ({"calendar_reminders": "own", "calendar_reminder_minutes": "1,2,3,4,5,6"}, "No máximo cinco lembretes"),
        ({"calendar_reminders": "own", "calendar_reminder_minutes": "40321"}, "de 0 a 40320 minutos"),
        ({"calendar_reminders": "own", "calendar_reminder_minutes": "amanhã"}, "números separados por vírgulas"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(
    ana: Client, aurora: Aurora, told: list[Any], change: dict[str, str], words: str
) -> None:
    answer = save(ana, aurora, address="Rua das Flores, 10", **change)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert words in page
    assert "Rua das Flores, 10" in page
    assert told == []


def preview(client: Client, aurora: Aurora, **changes: str) -> Any:
    address = reverse("admin:clinics_clinic_preview", args=[aurora.clinic.pk])
    return client.post(address, {**BASE, **changes})


def test_the_preview_shows_what_is_typed_and_saves_nothing(ana: Client, aurora: Aurora) -> None:
    page = preview(
        ana,
        aurora,
        calendar_title="{serviço} – {paciente}",
        calendar_detail="initials",
        calendar_reminders="own",
        calendar_reminder_minutes="1440, 90, 120",
        calendar_invites="on",
        address="Rua das Flores, 10",
    ).content.decode()
    for words in (
        "Consulta – M. L.",
        "1 dia antes, 90 minutos antes, 2 horas antes",
        "Rua das Flores, 10",
        "Convidado",
    ):
        assert words in page
    assert Clinic.objects.get(pk=aurora.clinic.pk).calendar_title == "Consulta – {paciente}"
    assert "Não existe o campo {nome}" in preview(ana, aurora, calendar_title="{nome}").content.decode()


def test_a_preview_of_a_text_without_end_is_cut(ana: Client, aurora: Aurora) -> None:
    address = reverse("admin:clinics_clinic_preview", args=[aurora.clinic.pk])
    page = ana.post(address, {**BASE, "calendar_description": "x " * 50_000 + "{paciente}"}).content.decode()
    assert 1000 < len(page) < 6000


def test_only_the_owner_sees_a_preview_and_only_of_the_own_clinic(ana: Client, aurora: Aurora) -> None:
    boreal = make_aurora("boreal", "100000000000002")
    bruno = Client()
    bruno.force_login(aurora.receptionist)
    assert preview(ana, boreal).status_code == 404
    assert preview(bruno, aurora).status_code in (403, 404)
    page = ana.get(reverse("admin:clinics_clinic_change", args=[aurora.clinic.pk])).content.decode()
    assert "data-event-preview" in page
    assert "{situação}" in page


def test_a_colour_is_chosen_by_seeing_it(ana: Client, aurora: Aurora) -> None:
    Offering.objects.filter(pk=aurora.consulta.pk).update(calendar_color="7")
    address = reverse("admin:clinics_offering_change", args=[aurora.consulta.pk])
    page = ana.get(address).content.decode()
    assert page.count('class="p-color ') == 12
    assert re.search(r'value="7" checked[^>]*>\s*<i class="p-color p-color--7"[^>]*></i>\s*Pavão', page)
    answer = ana.post(address, {"name": "Consulta", "minutes": "30", "is_active": "on", "calendar_color": "99"})
    assert "não é uma das" in answer.content.decode()


def test_a_colour_and_a_name_are_told(ana: Client, aurora: Aurora, told: list[Any]) -> None:
    address = reverse("admin:clinics_offering_change", args=[aurora.consulta.pk])
    assert "Mirtilo" in ana.get(address).content.decode()
    data = {"name": "Consulta", "minutes": "30", "is_active": "on", "calendar_color": "9"}
    assert ana.post(address, data).status_code == 302
    assert (Offering.objects.get(pk=aurora.consulta.pk).calendar_color, told) == ("9", [None])
    patient = reverse("admin:clinics_patient_change", args=[aurora.dalva.pk])
    wrong = ana.post(patient, {"name": "Dalva Nogueira", "phone": "", "email": "dalva"})
    assert (wrong.status_code, told) == (200, [None])
    assert ana.post(patient, {"name": "Dalva Nogueira", "phone": "", "email": "d@exemplo.test"}).status_code == 302
    assert (Patient.objects.get(pk=aurora.dalva.pk).email, told) == ("d@exemplo.test", [None, aurora.dalva])
