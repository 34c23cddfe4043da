"""Booking, moving and closing appointments in the portal: through the use cases, with refusals in words."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from atendeai.common import clock
from atendeai.testing import factories
from atendeai.testing.people import Aurora, make_aurora
from clinics.models import Appointment, AuditEntry, Patient, Source, Status

ADD = "admin:clinics_appointment_add"
# A Monday: 09:00 in São Paulo is 12:00 UTC.
NINE = datetime(2030, 1, 7, 12, tzinfo=UTC)


@pytest.fixture
def aurora(db: None) -> Aurora:
    return make_aurora()


@pytest.fixture
def bruno(aurora: Aurora) -> Client:
    client = Client()
    client.force_login(aurora.receptionist)
    return client


def booking(aurora: Aurora, **changes: Any) -> dict[str, Any]:
    return {
        "professional": aurora.helena.pk,
        "offering": aurora.consulta.pk,
        "patient": aurora.dalva.pk,
        "day": "2030-01-07",
        "time": "09:00",
    } | changes


def appointment_of(aurora: Aurora, starts_at: datetime = NINE, **fields: Any) -> Appointment:
    return factories.make_appointment(aurora.clinic, aurora.helena, aurora.consulta, aurora.dalva, starts_at, **fields)


def actions(row: Appointment) -> list[str]:
    entries = AuditEntry.objects.filter(object_type="appointment", object_id=str(row.pk))
    return [entry.action for entry in entries.order_by("id")]


def test_booking_is_in_the_clinics_time_and_audited(bruno: Client, aurora: Aurora) -> None:
    answer = bruno.post(reverse(ADD), booking(aurora))
    made = Appointment.objects.get()
    assert answer["Location"] == reverse("admin:clinics_appointment_change", args=[made.pk])
    assert (made.starts_at, made.source, made.status) == (NINE, Source.PORTAL, Status.BOOKED)
    entry = AuditEntry.objects.get(action="appointment_booked")
    assert (entry.actor_kind, entry.actor_id) == ("user", aurora.receptionist.pk)


def test_a_new_patient_is_registered_with_the_booking(bruno: Client, aurora: Aurora) -> None:
    bruno.post(reverse(ADD), booking(aurora, patient="", new_name="Júlia Reis", new_phone="(11) 98765-4321"))
    patient = Patient.objects.get(name="Júlia Reis")
    assert patient.phone == "+5511987654321"
    assert Appointment.objects.get().patient == patient


def test_a_taken_time_is_said_in_words_and_leaves_no_new_patient(bruno: Client, aurora: Aurora) -> None:
    appointment_of(aurora)
    answer = bruno.post(reverse(ADD), booking(aurora, patient="", new_name="Júlia Reis"))
    assert answer.status_code == 200
    assert "Este profissional já tem um compromisso nesse horário" in answer.content.decode()
    assert Appointment.objects.count() == 1
    assert not Patient.objects.filter(name="Júlia Reis").exists()


def test_a_service_the_professional_does_not_give_is_said_in_words(bruno: Client, aurora: Aurora) -> None:
    other = factories.make_offering(aurora.clinic, aurora.marcos, name="Exame")
    answer = bruno.post(reverse(ADD), booking(aurora, offering=other.pk))
    assert "Este profissional não atende este serviço" in answer.content.decode()


def test_the_team_may_book_outside_the_hours(bruno: Client, aurora: Aurora) -> None:
    assert bruno.post(reverse(ADD), booking(aurora, time="20:00")).status_code == 302


@pytest.mark.parametrize(
    ("field", "value"), [("day", "amanhã"), ("time", "25:00"), ("new_phone", "12"), ("patient", "abc")]
)
def test_what_cannot_be_read_is_said_at_the_field(field: str, value: str, bruno: Client, aurora: Aurora) -> None:
    answer = bruno.post(reverse(ADD), booking(aurora, **{field: value}))
    assert answer.status_code == 200
    assert answer.context["form"].errors[field]
    assert not Appointment.objects.exists()


def test_nobody_to_book_for_is_said(bruno: Client, aurora: Aurora) -> None:
    answer = bruno.post(reverse(ADD), booking(aurora, patient=""))
    assert "Escolha um paciente" in answer.content.decode()


def test_moving(bruno: Client, aurora: Aurora) -> None:
    row = appointment_of(aurora)
    page = reverse("admin:clinics_appointment_move", args=[row.pk])
    assert 'value="09:00"' in bruno.get(page).content.decode()
    bruno.post(page, {"professional": aurora.marcos.pk, "day": "2030-01-08", "time": "10:30"})
    row.refresh_from_db()
    assert row.starts_at == NINE + timedelta(days=1, hours=1, minutes=30)
    assert row.professional == aurora.marcos
    assert actions(row) == ["appointment_rescheduled"]


def test_moving_onto_another_is_said_in_words(bruno: Client, aurora: Aurora) -> None:
    appointment_of(aurora, NINE + timedelta(hours=1))
    row = appointment_of(aurora)
    page = reverse("admin:clinics_appointment_move", args=[row.pk])
    answer = bruno.post(page, {"professional": aurora.helena.pk, "day": "2030-01-07", "time": "10:00"})
    assert "Este profissional já tem um compromisso nesse horário" in answer.content.decode()
    row.refresh_from_db()
    assert row.starts_at == NINE


def test_cancelling_keeps_the_reason(bruno: Client, aurora: Aurora) -> None:
    row = appointment_of(aurora)
    bruno.post(reverse("admin:clinics_appointment_cancel", args=[row.pk]), {"reason": "Viajou"})
    row.refresh_from_db()
    assert (row.status, row.cancel_reason) == (Status.CANCELLED, "Viajou")
    assert actions(row) == ["appointment_cancelled"]


@pytest.mark.parametrize(
    ("what", "status"),
    [("confirm", Status.CONFIRMED), ("no_show", Status.NO_SHOW), ("complete", Status.COMPLETED)],
)
def test_the_other_buttons(what: str, status: str, bruno: Client, aurora: Aurora) -> None:
    row = appointment_of(aurora, clock.now() - timedelta(minutes=5))
    page = bruno.get(reverse("admin:clinics_appointment_change", args=[row.pk])).content.decode()
    act = reverse("admin:clinics_appointment_act", args=[row.pk, what])
    assert act in page
    bruno.post(act)
    row.refresh_from_db()
    assert row.status == status
    assert len(actions(row)) == 1


def test_what_the_state_does_not_allow_is_said_and_not_done(bruno: Client, aurora: Aurora) -> None:
    row = appointment_of(aurora)
    answer = bruno.post(reverse("admin:clinics_appointment_act", args=[row.pk, "no_show"]), follow=True)
    assert "A situação atual da consulta não permite isso" in answer.content.decode()
    row.refresh_from_db()
    assert row.status == Status.BOOKED


def test_nothing_changes_by_get(bruno: Client, aurora: Aurora) -> None:
    row = appointment_of(aurora)
    assert bruno.get(reverse("admin:clinics_appointment_cancel", args=[row.pk])).status_code == 405
    assert bruno.get(reverse("admin:clinics_appointment_act", args=[row.pk, "confirm"])).status_code == 405
    row.refresh_from_db()
    assert row.status == Status.BOOKED


def test_an_appointment_is_never_deleted(bruno: Client, aurora: Aurora) -> None:
    row = appointment_of(aurora)
    answer = bruno.post(reverse("admin:clinics_appointment_delete", args=[row.pk]), {"post": "yes"})
    assert answer.status_code == 403
    assert Appointment.objects.filter(pk=row.pk).exists()


def test_free_times_are_the_clinics_local_ones(bruno: Client, aurora: Aurora) -> None:
    appointment_of(aurora)
    day = clock.now().astimezone(aurora.clinic.zone).date() + timedelta(days=7)
    while day.weekday() != 1:
        day += timedelta(days=1)
    asked = {"offering": aurora.consulta.pk, "professional": aurora.helena.pk, "day": day.isoformat()}
    text = bruno.post(reverse("admin:clinics_appointment_times"), asked).content.decode()
    assert 'data-time="08:00"' in text
    assert 'data-time="12:00"' not in text
    assert "Marcos" not in text


def test_patients_are_found_by_name_and_phone(bruno: Client, aurora: Aurora) -> None:
    address = reverse("admin:clinics_appointment_patients")
    for term in ("dalva", "98765-0001"):
        assert "Dalva Nogueira" in bruno.post(address, {"term": term}).content.decode()
    assert "Dalva" not in bruno.post(address, {"term": ""}).content.decode()
    assert bruno.get(address).status_code == 405


def test_the_list_shows_from_today_on(bruno: Client, aurora: Aurora) -> None:
    appointment_of(aurora, datetime(2020, 1, 6, 12, tzinfo=UTC))
    address = reverse("admin:clinics_appointment_changelist")
    assert "Dalva" not in bruno.get(address).content.decode()
    assert "Dalva" in bruno.get(address, {"day": "past"}).content.decode()
    assert "Dalva" in bruno.get(address, {"day": "2020-01-06"}).content.decode()
