"""What do the operator's commands print and make?"""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from pytest_django import Settings

from atendeai.testing.factories import MONDAY, make_clinic, make_number, make_user
from atendeai.testing.people import make_aurora
from atendeai.testing.programs import Program
from atendeai.testing.simulator import Simulator
from calendar_sync.models import Link
from clinics import credentials
from clinics.audit import SYSTEM
from clinics.credentials import Name
from clinics.models import AuditEntry, Clinic, Membership
from whatsapp.models import Number

pytestmark = pytest.mark.django_db


def run(command: str, *words: str) -> str:
    out = StringIO()
    call_command(command, *words, stdout=out, stderr=StringIO())
    return out.getvalue()


def create(slug: str = "vila-nova", **options: str) -> str:
    told = {"name": "Vila Nova", "slug": slug, "owner-email": "ana@vila.example", **options}
    return run("create_clinic", *(f"--{name}={value}" for name, value in told.items()))


def test_a_clinic_comes_with_its_owners_link(client: Client, settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = "https://atende.example"
    link = create(state="AM", **{"time-zone": "America/Manaus"}).strip()
    clinic = Clinic.objects.get()
    assert (clinic.slug, clinic.state, clinic.time_zone) == ("vila-nova", "AM", "America/Manaus")
    assert link.startswith("https://atende.example/convite/?codigo=")
    answer = client.post(link.removeprefix("https://atende.example"), {"name": "Ana", "password": "uma-senha-bem-nova"})
    assert answer.status_code == 302
    membership = Membership.objects.get()
    assert (membership.user.email, membership.role) == ("ana@vila.example", "owner")


@pytest.mark.parametrize("slug", ["vila-nova", "Vila", "vila_nova", "1a"])
def test_a_slug_that_cannot_be(slug: str) -> None:
    create()
    with pytest.raises(CommandError, match="slug"):
        create(slug)
    assert Clinic.objects.count() == 1


@pytest.mark.parametrize("option", [{"owner-email": "x"}, {"state": "XX"}, {"time-zone": "Europe/Lisbon"}])
def test_options_that_cannot_be(option: dict[str, str]) -> None:
    with pytest.raises(CommandError):
        create(**option)
    assert not Clinic.objects.exists()


def test_the_number_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLINIC_VILA_NOVA_WHATSAPP_PHONE_NUMBER_ID", "111")
    create()
    assert Number.objects.get().phone_number_id == "111"


def test_a_number_of_another_clinic_makes_no_clinic(monkeypatch: pytest.MonkeyPatch) -> None:
    make_number(make_clinic("aurora"), "111")
    monkeypatch.setenv("CLINIC_VILA_NOVA_WHATSAPP_PHONE_NUMBER_ID", "111")
    with pytest.raises(CommandError):
        create()
    assert Clinic.objects.count() == 1
    assert AuditEntry.objects.get().action == "credential_refused"


def test_a_key_for_a_program() -> None:
    clinic = make_clinic("aurora", api_rate_limit="1000000/m")
    key = run("create_api_key", "--clinic=aurora", "--name=Agenda").strip()
    program = Program(None)
    program.client.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
    assert program.get("/professionals/")[0] == 200
    for wrong in (("--clinic=aurora", "--name=Agenda"), ("--clinic=nowhere", "--name=Agenda")):
        with pytest.raises(CommandError):
            run("create_api_key", *wrong)
    assert clinic.slug == "aurora"


def check(slug: str, *more: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("check_clinic", slug, *more, stdout=out)
    except SystemExit as stop:
        return int(stop.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_an_empty_clinic_cannot_go_live() -> None:
    make_clinic("vazia")
    code, said = check("vazia")
    assert code == 1
    assert len(said.splitlines()) == 5


def ready(monkeypatch: pytest.MonkeyPatch) -> Any:
    aurora = make_aurora()
    credentials.store(clinic=aurora.clinic, name=Name.WHATSAPP_ACCESS_TOKEN, value="t", by=SYSTEM, now=MONDAY)
    for person in (aurora.helena, aurora.marcos):
        Link.objects.create(
            clinic=aurora.clinic,
            professional=person,
            state="linked",
            google_sub=str(person.pk),
            email="x@aurora.example",
            client_id="c",
            calendar_id="c1",
            refresh_token="r",
            linked_at=MONDAY,
        )
    return aurora


def test_a_complete_clinic_can_go_live(monkeypatch: pytest.MonkeyPatch) -> None:
    ready(monkeypatch)
    assert check("aurora")[0] == 0


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda aurora: Clinic.objects.update(is_active=False), "active"),
        (lambda aurora: Membership.objects.filter(role="owner").delete(), "owner"),
        (lambda aurora: aurora.helena.working_hours.all().delete(), "Helena"),
        (lambda aurora: aurora.consulta.given_by.all().delete(), "Consulta"),
        (lambda aurora: Number.objects.update(blocked_code="190"), "100000000000001"),
        (lambda aurora: Number.objects.update(blocked_code="131031"), "bloqueou a conta"),
        (lambda aurora: Number.objects.update(account_id=""), "100000000000001"),
        (lambda aurora: Link.objects.filter(professional=aurora.marcos).update(state="needs_reconnect"), "Marcos"),
    ],
)
def test_each_missing_thing_is_named(monkeypatch: pytest.MonkeyPatch, spoil: Any, word: str) -> None:
    spoil(ready(monkeypatch))
    code, said = check("aurora")
    assert code == 1
    assert len(said.splitlines()) == 1
    assert word in said or word in {"active", "owner"}


def test_variables_that_contradict_or_belong_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    aurora = ready(monkeypatch)
    monkeypatch.setenv("CLINIC_AURORA_WHATSAPP_ACCESS_TOKEN", "a")
    monkeypatch.setenv(f"CLINIC_{aurora.clinic.pk}_WHATSAPP_ACCESS_TOKEN", "b")
    monkeypatch.setenv("CLINIC_AUROA_WHATSAPP_ACCESS_TOKEN", "c")
    code, said = check("aurora")
    assert code == 1
    assert "WHATSAPP_ACCESS_TOKEN" in said
    assert "CLINIC_AUROA_WHATSAPP_ACCESS_TOKEN" in said
    assert len(said.splitlines()) == 2


def test_a_file_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    ready(monkeypatch)
    for name in ("ACCESS_TOKEN", "PHONE_NUMBER_ID"):
        monkeypatch.setenv(f"CLINIC_AURORA_WHATSAPP_{name}_FILE", "/nowhere/aurora")
    code, said = check("aurora")
    assert (code, said.count("não pode ser lida"), len(said.splitlines())) == (1, 2, 2)
    monkeypatch.setenv("CLINIC_CEDRO_WHATSAPP_PHONE_NUMBER_ID_FILE", "/nowhere/cedro")
    with pytest.raises(CommandError, match="WHATSAPP_PHONE_NUMBER_ID"):
        run("create_clinic", "--slug=cedro", "--name=Cedro", "--state=SP", "--owner-email=dona@cedro.example")
    assert not Clinic.objects.filter(slug="cedro").exists()


def test_a_variable_that_names_anothers_number(monkeypatch: pytest.MonkeyPatch) -> None:
    ready(monkeypatch)
    make_number(make_clinic("boreal"), "777")
    monkeypatch.setenv("CLINIC_AURORA_WHATSAPP_PHONE_NUMBER_ID", "777")
    code, said = check("aurora")
    assert (code, len(said.splitlines())) == (1, 1)


def test_an_unknown_clinic() -> None:
    make_user()
    with pytest.raises(CommandError):
        call_command("check_clinic", "nowhere")


def test_meta_is_asked_only_when_told_to(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any) -> None:
    aurora = ready(monkeypatch)
    credentials.store(
        clinic=aurora.clinic, name=Name.WHATSAPP_ACCESS_TOKEN, value="sandbox-token-aurora", by=SYSTEM, now=MONDAY
    )
    Number.objects.for_clinic(aurora.clinic).update(account_id="200000000000001")
    settings.PUBLIC_BASE_URL = "http://127.0.0.1:9"
    settings.GRAPH_API_BASE_URL = "http://127.0.0.1:1"
    assert check("aurora")[0] == 0, "nobody is asked"
    code, said = check("aurora", "--online")
    assert code == 1
    assert "não respondeu" in said
    with Simulator(tmp_path) as simulator:
        settings.GRAPH_API_BASE_URL = simulator.url
        assert check("aurora", "--online")[0] == 0
        simulator.control("POST", "numbers/aurora", {"name_status": "DECLINED", "account": {"payment_problem": True}})
        code, said = check("aurora", "--online")
        assert code == 1
        assert "recusou o nome" in said
        assert "problema de pagamento" in said
        assert check("aurora") == (code, said), "what Meta said is remembered"
