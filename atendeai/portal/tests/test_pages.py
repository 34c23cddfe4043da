"""Does every page of the portal answer, for whom it should, with a bounded number of queries?"""

from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from atendeai.portal.tests.conftest import browser_of
from atendeai.portal.tests.world import fill
from atendeai.testing.people import Aurora
from clinics.admin.base import ClinicAdmin
from clinics.models import Clinic, User

# Registered when the module is imported by the test run; every one of them is walked.
PAGES = sorted(f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry)
OPERATORS_ONLY = {"clinics_user", "whatsapp_delivery"}
OWNERS_ONLY = {
    "clinics_apikey",
    "clinics_auditentry",
    "clinics_clinic",
    "clinics_invitation",
    "clinics_membership",
    "whatsapp_item",
    "whatsapp_messagecost",
    "whatsapp_number",
}
CLINIC_PAGES = [page for page in PAGES if page not in OPERATORS_ONLY]


def model_of(page: str) -> Any:
    return next(m for m in admin.site._registry if f"{m._meta.app_label}_{m._meta.model_name}" == page)


def row_of(page: str, clinic: Clinic) -> Any:
    model = model_of(page)
    return clinic if page == "clinics_clinic" else model.objects.for_clinic(clinic).order_by("pk").last()


def test_every_page_is_a_clinics_or_the_operators() -> None:
    others = [page for page in PAGES if not isinstance(admin.site._registry[model_of(page)], ClinicAdmin)]
    assert sorted(others) == sorted([*OPERATORS_ONLY, "clinics_clinic"])


@pytest.mark.parametrize("page", CLINIC_PAGES)
def test_the_owner_sees_list_and_row(page: str, ana: Client, aurora: Aurora) -> None:
    for address in (
        reverse(f"admin:{page}_changelist"),
        reverse(f"admin:{page}_change", args=[row_of(page, aurora.clinic).pk]),
    ):
        answer = ana.get(address, follow=True)
        assert answer.status_code == 200, address
        assert answer.redirect_chain == [] or answer.redirect_chain[-1][0] != reverse("admin:index"), address


@pytest.mark.parametrize("page", CLINIC_PAGES)
def test_the_owner_sees_the_form_to_add(page: str, ana: Client, aurora: Aurora) -> None:
    own: Any = admin.site._registry[model_of(page)]
    may = own.owner_may if page != "clinics_clinic" else ()
    assert ana.get(reverse(f"admin:{page}_add")).status_code == (200 if "add" in may else 403)


@pytest.mark.parametrize("page", sorted(OPERATORS_ONLY))
def test_what_is_the_operators_is_no_owners(page: str, ana: Client) -> None:
    assert ana.get(reverse(f"admin:{page}_changelist")).status_code == 403


@pytest.mark.parametrize("page", PAGES)
def test_the_receptionist_gets_only_what_is_theirs(page: str, bruno: Client) -> None:
    forbidden = page in OPERATORS_ONLY | OWNERS_ONLY
    assert bruno.get(reverse(f"admin:{page}_changelist")).status_code == (403 if forbidden else 200)


@pytest.mark.parametrize("page", ["clinics_professional", "clinics_offering", "calendar_sync_link"])
def test_the_receptionist_does_not_set_up_the_clinic(page: str, bruno: Client, aurora: Aurora) -> None:
    assert bruno.get(reverse(f"admin:{page}_add")).status_code == 403
    row = row_of(page, aurora.clinic)
    assert bruno.post(reverse(f"admin:{page}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403


def test_the_receptionist_cannot_rename_a_professional(bruno: Client, aurora: Aurora) -> None:
    bruno.post(
        reverse("admin:clinics_professional_change", args=[aurora.helena.pk]),
        {"name": "Outra", "working_hours-TOTAL_FORMS": "0", "working_hours-INITIAL_FORMS": "0"}
        | {"hours_exceptions-TOTAL_FORMS": "0", "hours_exceptions-INITIAL_FORMS": "0"},
    )
    aurora.helena.refresh_from_db()
    assert aurora.helena.name == "Dra. Helena Prado"


def queries_of(client: Client, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(address, follow=True).status_code == 200, address
    return len(captured)


@pytest.mark.parametrize("page", ["index", *(f"{page}_changelist" for page in CLINIC_PAGES)])
def test_more_rows_cost_no_more_queries(page: str, ana: Client, aurora: Aurora) -> None:
    address = reverse(f"admin:{page}")
    query = "?day=all" if page in {"clinics_appointment_changelist", "clinics_busyperiod_changelist"} else ""
    query = "?arrival=all" if page == "whatsapp_message_changelist" else query
    queries_of(ana, address + query)
    few = queries_of(ana, address + query)
    fill(aurora, 27, start=3)
    assert queries_of(ana, address + query) == few
    assert few <= 22


def test_the_operator_without_a_clinic_sees_the_installation_only(aurora: Aurora) -> None:
    operator = browser_of(User.objects.create_superuser("op@exemplo.test", "x", name="Operador"))
    for page in PAGES:
        allowed = page in {*OPERATORS_ONLY, "clinics_clinic", "whatsapp_item"}
        answer = operator.get(reverse(f"admin:{page}_changelist"))
        assert answer.status_code == (200 if allowed else 403), page
    assert "Paciente 0" not in operator.get(reverse("admin:index")).content.decode()


def test_somebody_without_a_clinic_sees_nothing(db: None, aurora: Aurora) -> None:
    nobody = browser_of(User.objects.create_user("ninguem@exemplo.test", "x", name="Ninguém"))
    assert nobody.get(reverse("admin:index")).status_code == 200
    for page in PAGES:
        assert nobody.get(reverse(f"admin:{page}_changelist")).status_code == 403, page


def test_nobody_comes_in_without_a_login(db: None) -> None:
    answer = Client().get(reverse("admin:index"))
    assert answer.status_code == 302
    login = Client().get(reverse("admin:login"))
    assert 'type="email"' in login.content.decode()
    assert "AtendeAí" in login.content.decode()
