"""How much does a list cost, and what does it say of rows that it does not count?"""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from atendeai.testing import factories
from atendeai.testing.people import Aurora, make_aurora
from clinics.admin.paging import MOST, BoundedPaginator
from clinics.models import Patient

LIST = reverse("admin:clinics_patient_changelist")


@pytest.fixture
def aurora(db: None) -> Aurora:
    people = make_aurora()
    for number in range(60):
        factories.make_patient(people.clinic, f"Pessoa {number:02}")
    return people


@pytest.fixture
def ana(aurora: Aurora) -> Client:
    client = Client()
    client.force_login(aurora.owner)
    return client


def test_no_list_counts_further_than_somebody_would_turn_pages(ana: Client) -> None:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        text = ana.get(LIST).content.decode()
    (counting,) = [one["sql"] for one in asked if "COUNT(" in one["sql"] and "clinics_patient" in one["sql"]]
    assert f"LIMIT {MOST}" in counting
    assert "61" in text
    assert "ou mais" not in text


def test_a_list_that_is_longer_says_so(ana: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BoundedPaginator, "most", 55)
    text = ana.get(LIST).content.decode()
    assert "55" in text
    assert "ou mais: filtre ou busque" in text
    assert "Pessoa 10" in text
    assert ana.get(f"{LIST}?p=2").status_code == 200


def test_the_order_is_that_of_all_rows(ana: Client, aurora: Aurora, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BoundedPaginator, "most", 51)
    pages = ana.get(LIST).content.decode() + ana.get(f"{LIST}?p=2").content.decode()
    first = Patient.objects.for_clinic(aurora.clinic).order_by("name")[:51]
    assert all(one.name in pages for one in first)
