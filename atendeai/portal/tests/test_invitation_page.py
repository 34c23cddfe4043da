"""What does an invited person meet on the page, and what can go wrong there?"""

from typing import Any

import pytest
from django.test import Client

from atendeai.common import clock
from atendeai.testing.factories import MONDAY, PASSWORD, make_clinic, make_user
from clinics import invitations
from clinics.audit import SYSTEM
from clinics.models import Clinic, Membership, Role, User

pytestmark = pytest.mark.django_db
GOOD = {"name": "Ana Souza", "password": "uma-senha-bem-nova"}


@pytest.fixture(autouse=True)
def _monday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: MONDAY)


@pytest.fixture
def clinic() -> Clinic:
    return make_clinic("aurora")


def invite(clinic: Clinic, email: str = "ana@aurora.example") -> str:
    _row, path = invitations.invite(clinic=clinic, email=email, role=Role.OWNER, by=SYSTEM, now=MONDAY)
    return path


def test_the_page_shows_clinic_and_address(client: Client, clinic: Clinic) -> None:
    page = client.get(invite(clinic))
    assert page.status_code == 200
    assert "Clínica Aurora" in page.content.decode()
    assert "ana@aurora.example" in page.content.decode()
    assert "no-store" in page.headers["Cache-Control"]


def test_joining_logs_in_and_leads_to_the_portal(client: Client, clinic: Clinic) -> None:
    path = invite(clinic)
    answer: Any = client.post(path, GOOD)
    assert (answer.status_code, answer.url) == (302, "/admin/")
    assert client.session["_auth_user_id"] == str(User.objects.get().pk)
    assert client.session["active_clinic"] == clinic.pk
    assert Client().post(path, GOOD).status_code == 410
    assert Client().get(path).status_code == 410


@pytest.mark.parametrize("path", ["/convite/", "/convite/?codigo=x"])
def test_a_link_that_is_none(client: Client, path: str) -> None:
    assert client.get(path).status_code == 410


@pytest.mark.parametrize(
    "told",
    [
        {"name": "", "password": GOOD["password"]},
        {"name": "Ana", "password": "curta"},
        {"name": "Ana", "password": "password123"},
        {"name": "Ana", "password": "ana@aurora.example"},
        {},
    ],
)
def test_a_weak_password_leaves_the_link_alive(client: Client, clinic: Clinic, told: dict[str, str]) -> None:
    path = invite(clinic)
    page = client.post(path, told)
    assert page.status_code == 200
    assert 'aria-invalid="true"' in page.content.decode()
    assert not User.objects.exists()
    assert client.post(path, GOOD).status_code == 302


def test_somebody_known_gives_their_own_password(client: Client, clinic: Clinic) -> None:
    carla = make_user("carla@boreal.example")
    path = invite(clinic, "carla@boreal.example")
    assert 'name="name"' not in client.get(path).content.decode()
    assert client.post(path, {"password": "not hers at all"}).status_code == 200
    assert not Membership.objects.exists()
    assert client.post(path, {"password": PASSWORD}).status_code == 302
    assert Membership.objects.get().user == carla


def test_the_form_is_guarded_against_other_sites(clinic: Clinic) -> None:
    assert Client(enforce_csrf_checks=True).post(invite(clinic), GOOD).status_code == 403
