"""Who gets in, how often, and what do they read when they do not?"""

import socket
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import Settings

from atendeai.common import clock
from atendeai.testing.factories import MONDAY, make_clinic
from atendeai.testing.people import Aurora, make_aurora
from atendeai.testing.programs import Program
from clinics import api_keys
from clinics.audit import SYSTEM
from clinics.models import ApiKey, AuditEntry, Clinic

pytestmark = pytest.mark.django_db


@pytest.fixture
def aurora() -> Aurora:
    return make_aurora()


@pytest.fixture
def own_counts(settings: Settings) -> None:
    """Nobody else's calls count."""
    cache = settings.CACHES["default"]
    settings.CACHES = {"default": {**cache, "KEY_PREFIX": f"test-{uuid4().hex}"}}


def with_header(value: str) -> tuple[int, Any]:
    program = Program(None)
    program.client.credentials(HTTP_AUTHORIZATION=value)
    return program.get("/professionals/")


def test_without_a_key_nobody_gets_in(aurora: Aurora) -> None:
    status, body = Program(None).get("/professionals/")
    assert (status, body["error"]["code"]) == (401, "not_authenticated")


def test_every_wrong_key_gets_the_same_answer(aurora: Aurora) -> None:
    revoked = Program(aurora.clinic)
    api_keys.revoke(clinic=aurora.clinic, key=ApiKey.objects.get(name="test aurora"), by=SYSTEM, now=MONDAY)
    closed = Program(make_clinic("fechada", is_active=False))
    answers = [
        with_header("Bearer atd_unknown"),
        with_header("Bearer "),
        with_header("Basic YTpi"),
        with_header(f"Token {revoked.key}"),
        revoked.get("/professionals/"),
        closed.get("/professionals/"),
    ]
    assert {status for status, _ in answers} == {401}
    assert len({str(body) for _, body in answers}) == 1


def test_what_ends_a_key_ends_it_at_once(aurora: Aurora) -> None:
    """Also in a process that has let it in a moment ago: nothing of an answer about keys is kept."""
    revoked, closed = Program(aurora.clinic), Program(make_clinic("fechada"))
    assert [program.get("/professionals/")[0] for program in (revoked, closed)] == [200, 200]
    api_keys.revoke(clinic=aurora.clinic, key=ApiKey.objects.get(name="test aurora"), by=SYSTEM, now=MONDAY)
    assert [program.get("/professionals/")[0] for program in (revoked, closed)] == [401, 200]
    Clinic.objects.filter(slug="fechada").update(is_active=False)
    assert [program.get("/professionals/")[0] for program in (revoked, closed)] == [401, 401]


def test_a_refusal_names_the_scheme(aurora: Aurora) -> None:
    response = Program(None).client.get("/api/v1/professionals/")
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_the_key_alone_decides_the_clinic(aurora: Aurora) -> None:
    boreal = make_aurora("boreal", "100000000000002")
    program = Program(boreal.clinic)
    program.client.credentials(HTTP_AUTHORIZATION=f"Bearer {program.key}", HTTP_X_CLINIC=str(aurora.clinic.pk))
    _status, body = program.get("/professionals/", clinic=aurora.clinic.pk)
    assert {person["id"] for person in body["results"]} == {boreal.helena.pk, boreal.marcos.pk}


def test_the_use_of_a_key_is_noted_once_a_minute(aurora: Aurora, monkeypatch: pytest.MonkeyPatch) -> None:
    program = Program(aurora.clinic)
    noted = []
    for seconds in (0, 59, 61):
        monkeypatch.setattr(clock, "now", lambda seconds=seconds: MONDAY + timedelta(seconds=seconds))
        program.get("/professionals/")
        noted.append(ApiKey.objects.get().last_used_at)
    assert noted == [MONDAY, MONDAY, MONDAY + timedelta(seconds=61)]


def test_a_clinic_over_its_limit_is_told_when_to_come_back(aurora: Aurora, own_counts: None) -> None:
    Clinic.objects.update(api_rate_limit="2/m")
    program = Program(aurora.clinic)
    assert [program.get("/professionals/")[0] for _ in range(2)] == [200, 200]
    response = program.client.get("/api/v1/professionals/")
    assert response.status_code == 429
    assert 1 <= int(response.headers["Retry-After"]) <= 60
    error = response.json()["error"]
    assert error["code"] == "rate_limited"
    assert response.headers["Retry-After"] in error["message"]


def test_a_limit_is_one_clinics_own(aurora: Aurora, own_counts: None, settings: Settings) -> None:
    settings.RATE_LIMIT_API = "1/m"
    boreal = make_clinic("boreal")
    programs = [Program(aurora.clinic), Program(boreal)]
    Clinic.objects.update(api_rate_limit="")
    answers = [program.get("/professionals/")[0] for program in programs for _ in range(2)]
    assert answers == [200, 429, 200, 429]


def test_without_redis_calls_pass(aurora: Aurora, settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        dead = f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": dead}}
    assert Program(aurora.clinic).get("/professionals/")[0] == 200


def test_a_bug_of_ours_shows_nothing(aurora: Aurora, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr("clinics.api.catalogue.free_slots", fail)
    program = Program(aurora.clinic)
    status, body = program.get("/availability/", offering=aurora.consulta.pk)
    assert (status, body["error"]["code"]) == (500, "internal_error")
    assert "secret" not in str(body)


def test_keys_are_kept_as_hashes_and_audited(aurora: Aurora) -> None:
    key, plain = api_keys.create(clinic=aurora.clinic, name="Agenda", by=SYSTEM, now=MONDAY)
    assert plain.startswith("atd_")
    assert len(plain) == 47
    assert plain not in (key.key_hash, key.prefix)
    with pytest.raises(api_keys.NameTaken):
        api_keys.create(clinic=aurora.clinic, name="Agenda", by=SYSTEM, now=MONDAY)
    assert api_keys.revoke(clinic=aurora.clinic, key=key, by=SYSTEM, now=MONDAY)
    assert not api_keys.revoke(clinic=aurora.clinic, key=key, by=SYSTEM, now=MONDAY)
    api_keys.create(clinic=aurora.clinic, name="Agenda", by=SYSTEM, now=MONDAY)
    actions = AuditEntry.objects.order_by("id").values_list("action", flat=True)
    assert list(actions) == ["api_key_created", "api_key_revoked", "api_key_created"]


def test_another_clinics_key_cannot_be_revoked(aurora: Aurora) -> None:
    key, _plain = api_keys.create(clinic=aurora.clinic, name="Agenda", by=SYSTEM, now=MONDAY)
    assert not api_keys.revoke(clinic=make_clinic("boreal"), key=key, by=SYSTEM, now=MONDAY)
