"""Does the demo come out as the contract says: once, with real logins, keys and linked calendars?"""

import json
import stat
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django import Settings

from atendeai.testing.factories import make_clinic
from atendeai.testing.programs import Program
from atendeai.testing.simulator import Simulator
from calendar_sync.models import Link
from clinics import credentials
from clinics.credentials import Name
from clinics.models import Clinic, Offering, Patient, Professional, User, WorkingHours
from whatsapp.models import Number

pytestmark = pytest.mark.django_db
CLIENT = ("client-of-the-demo", "secret-of-the-demo")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    google = {"SANDBOX_GOOGLE_CLIENT_ID": CLIENT[0], "SANDBOX_GOOGLE_CLIENT_SECRET": CLIENT[1]}
    with Simulator(tmp_path_factory.mktemp("demo"), **google) as simulator:
        yield simulator


@pytest.fixture
def simulator(running: Simulator, settings: Settings, tmp_path: Path) -> Simulator:
    running.reset()
    running.control("DELETE", "faults")
    settings.VAR_DIR = tmp_path
    settings.PUBLIC_BASE_URL = "http://127.0.0.1:8000"
    settings.GOOGLE_CLIENT_ID, settings.GOOGLE_CLIENT_SECRET = CLIENT
    settings.GRAPH_API_BASE_URL = settings.GOOGLE_API_BASE_URL = running.url
    settings.GOOGLE_OAUTH_AUTHORIZE_URL = f"{running.url}/o/oauth2/v2/auth"
    settings.GOOGLE_OAUTH_TOKEN_URL = f"{running.url}/token"
    settings.GOOGLE_OAUTH_REVOKE_URL = f"{running.url}/revoke"
    return running


def make() -> None:
    call_command("create_demo_clinic", stdout=StringIO())


def test_the_demo_is_what_the_contract_says(simulator: Simulator, settings: Settings) -> None:
    make()
    path = settings.VAR_DIR / "demo.json"
    told = json.loads(path.read_text())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (told["portal"], told["sandbox"]) == ("http://127.0.0.1:8000", simulator.url)
    assert {(user["clinic"], user["role"], user["email"]) for user in told["users"]} == {
        ("aurora", "owner", "ana@aurora.example"),
        ("aurora", "receptionist", "bruno@aurora.example"),
        ("boreal", "owner", "carla@boreal.example"),
        ("boreal", "receptionist", "daniel@boreal.example"),
    }
    for user in told["users"]:
        assert authenticate(username=user["email"], password=user["password"]) is not None
    assert len({user["password"] for user in told["users"]}) == 4
    for slug, key in told["api_keys"].items():
        program = Program(None)
        program.client.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
        Clinic.objects.update(api_rate_limit="1000000/m")
        names = {row["name"] for row in program.get("/professionals/")[1]["results"]}
        assert names == set(Professional.objects.filter(clinic__slug=slug).values_list("name", flat=True))


def test_the_clinics_can_book_and_speak(simulator: Simulator) -> None:
    make()
    for slug in ("aurora", "boreal"):
        clinic = Clinic.objects.get(slug=slug)
        assert clinic.time_zone == "America/Sao_Paulo"
        assert Professional.objects.for_clinic(clinic).count() == 2
        assert set(Offering.objects.for_clinic(clinic).values_list("name", "minutes")) == {
            ("Consulta", 30),
            ("Retorno", 20),
        }
        assert WorkingHours.objects.for_clinic(clinic).count() == 2 * 5 * 2
        assert credentials.find(clinic=clinic, name=Name.WHATSAPP_ACCESS_TOKEN) == f"sandbox-token-{slug}"
    assert Number.objects.get(phone_number_id="100000000000001").clinic.slug == "aurora"
    dalva = Patient.objects.get()
    assert (dalva.clinic.slug, dalva.name, dalva.phone_key) == ("aurora", "Dalva Nogueira", "5511987650001")


def test_auroras_calendars_are_linked_and_boreals_are_not(simulator: Simulator) -> None:
    make()
    linked = set(Link.objects.values_list("clinic__slug", "professional__name", "state", "email"))
    assert linked == {
        ("aurora", "Dra. Helena Prado", "linked", "helena.prado@aurora.example"),
        ("aurora", "Dr. Marcos Lima", "linked", "marcos.lima@aurora.example"),
    }
    known = {entry["id"] for entry in simulator.control("GET", "calendars")["calendars"]}
    assert set(Link.objects.values_list("calendar_id", flat=True)) <= known


def test_a_second_time_changes_nothing_but_moved_addresses(simulator: Simulator, settings: Settings) -> None:
    make()
    path = settings.VAR_DIR / "demo.json"
    first, people = path.read_text(), set(User.objects.values_list("pk", "password"))
    make()
    assert path.read_text() == first
    settings.PUBLIC_BASE_URL = "http://127.0.0.1:9000"
    make()
    assert json.loads(path.read_text()) == {**json.loads(first), "portal": "http://127.0.0.1:9000"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (set(User.objects.values_list("pk", "password")), Clinic.objects.count()) == (people, 2)


def test_a_database_with_a_clinic_is_left_alone(simulator: Simulator, settings: Settings) -> None:
    make_clinic("real")
    make()
    assert Clinic.objects.count() == 1
    assert not (settings.VAR_DIR / "demo.json").exists()


def test_outside_development_there_is_no_demo(simulator: Simulator, settings: Settings) -> None:
    settings.IS_DEVELOPMENT = False
    make()
    assert not Clinic.objects.exists()


def test_a_linking_that_fails_leaves_nothing_half_made(simulator: Simulator, settings: Settings) -> None:
    simulator.fault(target="google", operation="token", kind="status", status=500, count=5)
    with pytest.raises(CommandError):
        make()
    assert not Clinic.objects.exists()
    assert not (settings.VAR_DIR / "demo.json").exists()
    simulator.control("DELETE", "faults")
    make()
    assert Link.objects.count() == 2


def test_where_no_simulator_is_the_demo_has_no_calendars(simulator: Simulator, settings: Settings) -> None:
    settings.GOOGLE_API_BASE_URL = "http://127.0.0.1:9"
    make()
    assert (Clinic.objects.count(), Link.objects.count()) == (2, 0)
