"""Does a searched name ever stand in an address?"""

import pytest
from django.test import Client
from django.urls import reverse

from atendeai.testing import factories
from atendeai.testing.people import Aurora, make_aurora

LIST = "admin:clinics_patient_changelist"


@pytest.fixture
def aurora(db: None) -> Aurora:
    return make_aurora()


@pytest.fixture
def ana(aurora: Aurora) -> Client:
    client = Client()
    client.force_login(aurora.owner)
    factories.make_patient(aurora.clinic, "Outra Pessoa")
    return client


def test_a_posted_term_finds_and_leaves_no_trace_in_the_address(ana: Client) -> None:
    answer = ana.post(reverse(LIST), {"search": "dalva"})
    assert answer.status_code == 302
    assert "dalva" not in answer["Location"].lower()
    text = ana.get(answer["Location"]).content.decode()
    assert "Dalva Nogueira" in text
    assert "Outra Pessoa" not in text


def test_an_address_with_a_term_is_left_at_once(ana: Client) -> None:
    answer = ana.get(reverse(LIST), {"q": "dalva"})
    assert answer.status_code == 302
    assert "dalva" not in answer["Location"]
    assert "Outra Pessoa" not in ana.get(answer["Location"]).content.decode()


def test_the_list_is_whole_again_from_the_menu(ana: Client) -> None:
    ana.post(reverse(LIST), {"search": "dalva"})
    assert "Outra Pessoa" in ana.get(reverse(LIST)).content.decode()


def test_an_empty_term_shows_everything(ana: Client) -> None:
    found = ana.post(reverse(LIST), {"search": "dalva"})
    answer = ana.post(found["Location"], {"search": ""})
    assert answer["Location"] == reverse(LIST)


def test_filters_stay_with_the_search(ana: Client, aurora: Aurora) -> None:
    address = reverse("admin:clinics_appointment_changelist")
    answer = ana.post(f"{address}?day=all&p=3", {"search": "dalva"})
    assert "day=all" in answer["Location"]
    assert "p=3" not in answer["Location"]


def test_the_form_posts(ana: Client) -> None:
    text = ana.get(reverse(LIST)).content.decode()
    form = text[text.index('<form class="p-search"') :][:200]
    assert 'method="post"' in form


def test_a_nul_in_the_term_is_no_error(ana: Client) -> None:
    answer = ana.post(reverse(LIST), {"search": "da\x00lva"})
    assert ana.get(answer["Location"]).status_code == 200
