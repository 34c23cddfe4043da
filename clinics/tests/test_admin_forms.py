"""Do the portal's forms keep the clinic's rules, write the audit, and say errors in words?"""

import re
from datetime import time
from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from atendeai.testing import factories
from atendeai.testing.people import Aurora, make_aurora
from clinics import api_keys
from clinics.models import (
    ApiKey,
    AuditEntry,
    BusyPeriod,
    Clinic,
    HoursException,
    Invitation,
    Membership,
    Offering,
    Patient,
    Professional,
    Role,
    WorkingHours,
)


@pytest.fixture
def aurora(db: None) -> Aurora:
    return make_aurora()


@pytest.fixture
def ana(aurora: Aurora) -> Client:
    client = Client()
    client.force_login(aurora.owner)
    return client


@pytest.fixture
def bruno(aurora: Aurora) -> Client:
    client = Client()
    client.force_login(aurora.receptionist)
    return client


def rows(prefix: str, *given: dict[str, Any], initial: int = 0) -> dict[str, Any]:
    form = {f"{prefix}-TOTAL_FORMS": len(given), f"{prefix}-INITIAL_FORMS": initial}
    return form | {f"{prefix}-{i}-{key}": value for i, row in enumerate(given) for key, value in row.items()}


def professional(*, hours: Any = (), exceptions: Any = (), **fields: Any) -> dict[str, Any]:
    values = {"name": "Dra. Nova", "buffer_before_minutes": "0", "buffer_after_minutes": "0", "is_active": "on"}
    return values | rows("working_hours", *hours) | rows("hours_exceptions", *exceptions) | fields


def hour(weekday: int, opens: str, closes: str) -> dict[str, Any]:
    return {"weekday": weekday, "starts_at": opens, "ends_at": closes}


def last() -> AuditEntry:
    return AuditEntry.objects.latest("id")


def test_a_professional_with_hours_and_services(ana: Client, aurora: Aurora) -> None:
    data = professional(hours=[hour(0, "08:00", "12:00"), hour(0, "13:00", "17:00")], services=[aurora.consulta.pk])
    assert ana.post(reverse("admin:clinics_professional_add"), data).status_code == 302
    made = Professional.objects.get(name="Dra. Nova")
    assert made.clinic == aurora.clinic
    assert [row.clinic for row in made.working_hours.all()] == [aurora.clinic] * 2
    assert list(made.offerings.all()) == [aurora.consulta]
    assert last().action == "professional_created"
    assert "name" in last().fields
    assert "Dra. Nova" not in str(last().fields)


def test_new_hours_that_overlap_are_said_in_words(ana: Client) -> None:
    data = professional(hours=[hour(0, "08:00", "12:00"), hour(0, "11:00", "15:00")])
    answer = ana.post(reverse("admin:clinics_professional_add"), data)
    assert "se sobrepõem no mesmo dia" in answer.content.decode()
    assert not Professional.objects.filter(name="Dra. Nova").exists()


def test_hours_that_overlap_stored_ones_are_said_in_words(ana: Client, aurora: Aurora) -> None:
    stored = WorkingHours.objects.filter(professional=aurora.helena, weekday=0).earliest("id")
    data = professional(name=aurora.helena.name) | rows(
        "working_hours",
        {"id": stored.pk, **hour(0, "08:00", "12:00")},
        hour(0, "09:00", "10:00"),
        initial=1,
    )
    answer = ana.post(reverse("admin:clinics_professional_change", args=[aurora.helena.pk]), data)
    assert answer.status_code == 200
    assert WorkingHours.objects.filter(professional=aurora.helena, weekday=0).count() == 2


def test_a_name_taken_in_the_clinic_is_said_in_words(ana: Client, aurora: Aurora) -> None:
    answer = ana.post(reverse("admin:clinics_professional_add"), professional(name=aurora.helena.name))
    assert "Já existe um profissional com esse nome" in answer.content.decode()


def test_the_same_name_at_another_clinic_is_free(ana: Client, aurora: Aurora) -> None:
    other = factories.make_clinic("boreal")
    factories.make_professional(other, "Dra. Nova")
    assert ana.post(reverse("admin:clinics_professional_add"), professional()).status_code == 302


def test_the_receptionist_adds_an_exception_only(bruno: Client, aurora: Aurora) -> None:
    data = professional(
        name="Outro nome",
        exceptions=[{"date": "24/12/2030", "reason": "Véspera"}],
        hours=[hour(6, "08:00", "12:00")],
    )
    address = reverse("admin:clinics_professional_change", args=[aurora.helena.pk])
    assert bruno.post(address, data).status_code == 302
    aurora.helena.refresh_from_db()
    assert aurora.helena.name == "Dra. Helena Prado"
    assert HoursException.objects.get().reason == "Véspera"
    assert not WorkingHours.objects.filter(professional=aurora.helena, weekday=6).exists()
    assert aurora.helena.offerings.count() == 2
    assert last().action == "professional_changed"
    assert last().fields == ["hoursexception.added"]


def test_a_service_and_who_gives_it(ana: Client, aurora: Aurora) -> None:
    address = reverse("admin:clinics_offering_change", args=[aurora.consulta.pk])
    data = {"name": "Consulta", "minutes": "40", "is_active": "on", "givers": [aurora.marcos.pk]}
    assert ana.post(address, data).status_code == 302
    aurora.consulta.refresh_from_db()
    assert aurora.consulta.minutes == 40
    assert list(aurora.consulta.professionals.all()) == [aurora.marcos]
    assert last().action == "offering_changed"
    assert set(last().fields) == {"minutes", "givers"}


def test_what_was_booked_is_not_deleted(ana: Client, aurora: Aurora) -> None:
    factories.make_appointment(aurora.clinic, aurora.helena, aurora.consulta, aurora.dalva)
    for page, row in (("offering", aurora.consulta), ("professional", aurora.helena)):
        answer = ana.post(reverse(f"admin:clinics_{page}_delete", args=[row.pk]), {"post": "yes"})
        assert answer.status_code == 403, page


def test_deleting_leaves_an_audit_row(ana: Client, aurora: Aurora) -> None:
    spare = factories.make_offering(aurora.clinic, name="Sobra")
    ana.post(reverse("admin:clinics_offering_delete", args=[spare.pk]), {"post": "yes"})
    assert not Offering.objects.filter(pk=spare.pk).exists()
    assert (last().action, last().object_id) == ("offering_deleted", str(spare.pk))


def test_a_patient_is_kept_with_key_and_audit_without_values(bruno: Client, aurora: Aurora) -> None:
    data = {"name": "Júlia Reis", "phone": "11 98765-4321", "notes": "alergia"}
    assert bruno.post(reverse("admin:clinics_patient_add"), data).status_code == 302
    made = Patient.objects.get(name="Júlia Reis")
    assert (made.phone, made.phone_key, made.clinic) == ("+5511987654321", "5511987654321", aurora.clinic)
    assert last().action == "patient_created"
    assert set(last().fields) == {"name", "phone", "notes"}


def test_a_phone_that_is_none_is_said_in_words(bruno: Client) -> None:
    answer = bruno.post(reverse("admin:clinics_patient_add"), {"name": "Júlia", "phone": "123"})
    assert "Escreva com DDD" in answer.content.decode()


def test_blocked_times_are_local_and_googles_stay_googles(bruno: Client, aurora: Aurora) -> None:
    data = {"professional": aurora.helena.pk, "starts_at_0": "07/01/2030", "starts_at_1": "09:00"}
    data |= {"ends_at_0": "07/01/2030", "ends_at_1": "10:00", "note": "Reunião"}
    assert bruno.post(reverse("admin:clinics_busyperiod_add"), data).status_code == 302
    made = BusyPeriod.objects.get()
    assert (made.clinic, made.starts_at.hour) == (aurora.clinic, 12)
    assert last().action == "busyperiod_created"
    BusyPeriod.objects.update(source="google")
    address = reverse("admin:clinics_busyperiod_delete", args=[made.pk])
    assert bruno.post(address, {"post": "yes"}).status_code == 403


def test_the_last_owner_stays(ana: Client, aurora: Aurora) -> None:
    mine = Membership.objects.get(user=aurora.owner)
    address = reverse("admin:clinics_membership_change", args=[mine.pk])
    assert "precisa de um dono" in ana.post(address, {"role": Role.RECEPTIONIST}).content.decode()
    assert ana.post(reverse("admin:clinics_membership_delete", args=[mine.pk]), {"post": "yes"}).status_code == 403
    factories.make_membership(aurora.clinic, role=Role.OWNER)
    assert ana.post(address, {"role": Role.RECEPTIONIST}).status_code == 302


def test_an_invitations_link_is_shown_once(ana: Client, aurora: Aurora) -> None:
    answer = ana.post(reverse("admin:clinics_invitation_add"), {"email": "Nova@Exemplo.test", "role": "receptionist"})
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    found = re.search(r"/convite/\?codigo=([\w-]+)", answer.content.decode())
    assert found
    made = Invitation.objects.get()
    assert (made.email, made.clinic) == ("nova@exemplo.test", aurora.clinic)
    listed = ana.get(reverse("admin:clinics_invitation_changelist")).content.decode()
    assert found[1] not in listed
    assert last().action == "member_invited"


def test_somebody_of_the_team_is_not_invited(ana: Client, aurora: Aurora) -> None:
    data = {"email": aurora.receptionist.email.upper(), "role": "owner"}
    assert "já está na equipe" in ana.post(reverse("admin:clinics_invitation_add"), data).content.decode()
    assert not Invitation.objects.exists()


def test_a_key_is_shown_once_works_and_is_revoked(ana: Client, aurora: Aurora) -> None:
    answer = ana.post(reverse("admin:clinics_apikey_add"), {"name": "Site"})
    found = re.search(r"atd_[\w-]{43}", answer.content.decode())
    assert found
    key = ApiKey.objects.get()
    assert api_keys.find_live(found[0]) == key
    page = ana.get(reverse("admin:clinics_apikey_change", args=[key.pk])).content.decode()
    assert found[0] not in page
    again = ana.post(reverse("admin:clinics_apikey_add"), {"name": "Site"})
    assert "Já existe uma chave com esse nome" in again.content.decode()
    ana.post(reverse("admin:clinics_apikey_revoke", args=[key.pk]))
    assert api_keys.find_live(found[0]) is None
    assert last().action == "api_key_revoked"


def test_settings_of_the_own_clinic(ana: Client, aurora: Aurora) -> None:
    address = reverse("admin:clinics_clinic_change", args=[aurora.clinic.pk])
    assert ana.get(reverse("admin:clinics_clinic_changelist"))["Location"] == address
    data = {"name": "Aurora Nova", "slug": "roubado", "state": "SP", "time_zone": "America/Sao_Paulo"}
    data |= {"min_notice_minutes": "120", "horizon_days": "30", "calendar_detail": "minimal"}
    data |= {"api_rate_limit": "9999/s", "calendar_mode": "existing", "merge_undo_days": "30"}
    data |= {"calendar_title": "Consulta – {paciente}", "calendar_reminders": "calendar"}
    data |= {"google_moves": "ask", "google_deletes": "automatic"}
    data |= {"reminder_hours": "24", "reminders_from": "08:00", "reminders_until": "20:00"}
    assert ana.post(address, data).status_code == 302
    clinic = Clinic.objects.get(pk=aurora.clinic.pk)
    assert (clinic.name, clinic.slug, clinic.api_rate_limit) == ("Aurora Nova", "aurora", "")
    assert clinic.is_active
    assert last().action == "clinic_changed"
    assert last().clinic_id == clinic.pk


def test_the_audit_is_read_only_and_names_people(ana: Client, aurora: Aurora) -> None:
    ana.post(reverse("admin:clinics_patient_add"), {"name": "Júlia Reis"}, follow=True)
    text = ana.get(reverse("admin:clinics_auditentry_changelist")).content.decode()
    assert "Ana Souza" in text
    assert "Júlia" not in text
    entry = last()
    assert ana.post(reverse("admin:clinics_auditentry_delete", args=[entry.pk]), {"post": "yes"}).status_code == 403
    assert ana.post(reverse("admin:clinics_auditentry_change", args=[entry.pk]), {}).status_code == 403


def exception(day: str, opens: str, closes: str) -> dict[str, Any]:
    return {"date": day, "starts_at": opens, "ends_at": closes}


def test_new_exceptions_that_overlap_are_said_in_words(ana: Client) -> None:
    days = [exception("2026-12-14", "08:00", "18:00"), exception("2026-12-14", "13:00", "18:00")]
    answer = ana.post(reverse("admin:clinics_professional_add"), professional(exceptions=days))
    assert "se sobrepõem na mesma data" in answer.content.decode()
    assert not Professional.objects.filter(name="Dra. Nova").exists()


def test_an_exception_over_a_stored_one_is_said_in_words(ana: Client, aurora: Aurora) -> None:
    HoursException.objects.create(
        clinic=aurora.clinic, professional=aurora.helena, date="2026-12-14", starts_at="08:00", ends_at="18:00"
    )
    fields = rows("hours_exceptions", exception("2026-12-14", "13:00", "18:00"))
    data = professional(name=aurora.helena.name) | fields
    answer = ana.post(reverse("admin:clinics_professional_change", args=[aurora.helena.pk]), data)
    assert "se sobrepõem na mesma data" in answer.content.decode()
    assert HoursException.objects.count() == 1


def test_a_break_and_a_closed_day_are_no_overlap(ana: Client) -> None:
    days = [
        exception("2026-12-14", "08:00", "12:00"),
        exception("2026-12-14", "12:00", "18:00"),
        exception("2026-12-15", "08:00", "18:00"),
        exception("2026-12-16", "", ""),
    ]
    answer = ana.post(reverse("admin:clinics_professional_add"), professional(exceptions=days))
    assert answer.status_code == 302
    assert HoursException.objects.count() == 4


def test_exceptions_stored_overlapping_before_are_joined_by_the_migration(aurora: Aurora) -> None:
    table, name = "clinics_hoursexception", "clinics_hoursexception_no_overlap"
    migration = import_module("clinics.migrations.0013_exceptions_apart").Migration
    stored = [
        ("2026-12-14", "08:00", "18:00", "mutirão"),
        ("2026-12-14", "13:00", "14:00", "tarde"),
        ("2026-12-14", "17:00", "19:00", ""),
        ("2026-12-14", "19:00", "20:00", "noite"),
        ("2026-12-15", "08:00", "12:00", ""),
        ("2026-12-15", None, None, "fechado"),
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for day, opens, closes, reason in stored:
            HoursException.objects.create(
                clinic=aurora.clinic,
                professional=aurora.helena,
                date=day,
                starts_at=opens,
                ends_at=closes,
                reason=reason,
            )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(migration.operations[0].sql)
        with connection.schema_editor() as editor:
            editor.add_constraint(HoursException, migration.operations[1].constraint)
    left = HoursException.objects.order_by("date", "starts_at").values_list("starts_at", "ends_at", "reason")
    assert list(left) == [
        (time(8), time(19), "mutirão / tarde"),
        (time(19), time(20), "noite"),
        (time(8), time(12), ""),
        (None, None, "fechado"),
    ]
