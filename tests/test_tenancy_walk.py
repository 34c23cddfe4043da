"""Every model, every query and every API route: what belongs to a clinic is reached through that clinic only."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from atendeai.testing import factories
from atendeai.testing.people import Aurora, make_aurora
from clinics import api_keys
from clinics.audit import SYSTEM
from whatsapp.models import Author, Direction, MediaFile, MediaState, Message, MessageState

ROOT = Path(__file__).resolve().parent.parent
OURS = ("clinics", "whatsapp", "calendar_sync")
# These belong to no clinic, or to several.
SHARED_MODELS = {"Clinic", "User", "KeySentinel", "Delivery", "AllowedNetwork"}
# Rows are made with their clinic; these calls cannot read another one's.
MAKING = {"for_clinic", "none", "create", "bulk_create", "get_or_create", "update_or_create"}
# Queries across clinics, each with its reason.
ACROSS_CLINICS = {
    "atendeai/portal/readiness.py": "a number id is unique in the installation: another clinic's is told",
    "calendar_sync/api/": "the base view narrows its rows and every choice to the key's clinic",
    "calendar_sync/linking/letting_go.py": "whether another clinic shares the Google account decides about revoking",
    "calendar_sync/service.py": "events of appointments that the caller has found through its clinic",
    "calendar_sync/connect_views.py": "a link made in this very browser session, by somebody without a login",
    "calendar_sync/linking/inviting.py": "the code decides the professional, and so the clinic",
    "calendar_sync/push_view.py": "a channel's id names one link of the whole installation",
    "calendar_sync/reconciling/runs.py": "the claim and the sweep serve all clinics; the claimed row names its clinic",
    "calendar_sync/timetable.py": "the claim and the sweep serve all clinics; the claimed row names its clinic",
    "calendar_sync/touched/looking.py": "the claim and the sweep serve all clinics; the claimed row names its clinic",
    "calendar_sync/linking/attempts.py": "a state's hash names one attempt of the whole installation",
    "calendar_sync/writes/rewriting.py": "the sweep serves all clinics; the link names its clinic",
    "calendar_sync/writes/queue.py": "the claim and the sweep serve all clinics; the claimed row names its clinic",
    "clinics/admin/professionals.py": "prefetched for rows that the page has narrowed to its clinic",
    "clinics/alerts.py": "mails of all clinics are sent in one sweep; each row names its clinic",
    "clinics/api/": "the base view narrows its rows and every choice to the key's clinic",
    "clinics/api_keys.py": "the key decides the clinic",
    "clinics/credentials.py": "rotation re-encrypts everything",
    "clinics/invitations.py": "the token decides the clinic",
    "clinics/outages.py": "the sweep and the purge serve all clinics; each row names its clinic",
    "clinics/trials.py": "the claim serves all clinics; the claimed row names its clinic",
    "clinics/rights.py": "a person's memberships decide their clinics",
    "whatsapp/admin/deliveries.py": "the operator sees what reached no clinic",
    "whatsapp/admin/inbox.py": "a subquery of conversations that are narrowed to the clinic",
    "whatsapp/api/": "the base view narrows its rows and every choice to the key's clinic",
    "whatsapp/handling.py": "claims conversations of all clinics; each item names its own",
    "whatsapp/settling.py": "claims statuses of all clinics; each item names its own",
    "whatsapp/inbox.py": "claims deliveries and inserts items, before their clinic is known",
    "whatsapp/notices.py": "claims notices of all clinics; each item names its own",
    "whatsapp/media/erasing.py": "bytes of all clinics are looked for; each key is one row's",
    "whatsapp/media/jobs.py": "claims, sweeps and fenced results by primary key; the claimed row names its clinic",
    "whatsapp/media/uploading.py": "the row of a message that its sender has claimed",
    "whatsapp/number_health/": "an account's notice speaks for all its numbers; the check's claim serves all clinics",
    "whatsapp/numbers.py": "a number id is unique in the installation; another clinic's is refused",
    "whatsapp/outcomes.py": "fenced results by primary key and attempt; the claimed row names its clinic",
    "whatsapp/outbox.py": "claims and fenced results by primary key; the claimed row names its clinic",
    "whatsapp/read_marks.py": "a hint names the conversation, which names its clinic",
    "whatsapp/routing.py": "the number id decides the clinic; conversations are marked by primary key",
    "whatsapp/reminders.py": "the sweep serves all clinics; the locked appointment names its clinic",
    "whatsapp/set_aside/deliveries.py": "the operator's: a call may speak for several clinics, or for none",
    "whatsapp/sweeping.py": "looks for due rows of all clinics",
    "whatsapp/template_sync.py": "the claim serves all clinics; the claimed row names its clinic",
}


def tenant_models() -> set[str]:
    return {
        model.__name__
        for model in apps.get_models()
        if model._meta.app_label in OURS and any(field.name == "clinic" for field in model._meta.fields)
    }


def test_every_model_belongs_to_a_clinic_or_is_known_not_to() -> None:
    models = {model.__name__ for model in apps.get_models() if model._meta.app_label in OURS and model.__module__}
    assert models - tenant_models() == SHARED_MODELS


def product_modules() -> Iterator[Path]:
    for top in (*OURS, "atendeai"):
        for path in sorted((ROOT / top).rglob("*.py")):
            if not {"tests", "migrations", "testing"} & set(path.relative_to(ROOT).parts):
                yield path


def unscoped_queries(path: Path, models: set[str]) -> Iterator[str]:
    """Uses of `Model.objects` of a tenant model that are followed by anything but the clinic or making a row."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    scoped = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in MAKING}
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Attribute) and node.attr == "objects" and isinstance(node.value, ast.Name)):
            continue
        if node.value.id in models and id(node) not in scoped:
            yield f"{path.relative_to(ROOT)}:{node.lineno} {node.value.id}"


def test_every_query_goes_through_the_clinic_or_is_a_listed_exception() -> None:
    models = tenant_models()
    found = [query for path in product_modules() for query in unscoped_queries(path, models)]
    assert [query for query in found if not query.startswith(tuple(ACROSS_CLINICS))] == []
    used = {exception for exception in ACROSS_CLINICS if any(query.startswith(exception) for query in found)}
    assert set(ACROSS_CLINICS) - used == set()


def wide_locks(path: Path) -> Iterator[str]:
    """Functions that join and lock, but do not say which rows they lock."""
    for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(function, ast.FunctionDef):
            continue
        calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
        named = [(call.func.attr, call) for call in calls if isinstance(call.func, ast.Attribute)]
        is_joined = any(name == "select_related" for name, _ in named)
        for name, call in named:
            if is_joined and name == "select_for_update" and "of" not in {keyword.arg for keyword in call.keywords}:
                yield f"{path.relative_to(ROOT)}:{call.lineno} {function.name}"


def test_a_lock_takes_no_clinic_along() -> None:
    """A clinic's row that is locked with another's stops every insert that names the clinic."""
    assert [lock for path in product_modules() for lock in wide_locks(path)] == []


def api_routes(patterns: list[Any], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from api_routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and route.startswith("api/v1/"):
            yield route


ROUTES = sorted(set(api_routes(get_resolver().url_patterns)))
DETAIL_ROUTES = [route for route in ROUTES if "<" in route]


@pytest.fixture
def rows(db: None) -> dict[str, int]:
    """One row of Aurora's for every kind of id in a route, by the route's first word."""
    aurora = make_aurora()
    appointment = factories.make_appointment(aurora.clinic, aurora.helena, aurora.consulta, aurora.dalva)
    conversation = factories.make_conversation(aurora.number)
    message = Message.objects.create(
        clinic=aurora.clinic,
        conversation=conversation,
        direction=Direction.OUT,
        author=Author.BOT,
        type="text",
        content="{}",
        state=MessageState.SENT,
        created_at=factories.MONDAY,
    )
    file = MediaFile.objects.create(
        clinic=aurora.clinic, kind="image", state=MediaState.WANTED, created_at=factories.MONDAY
    )
    return {
        "appointments": appointment.pk,
        "conversations": conversation.pk,
        "files": file.pk,
        "messages": message.pk,
        "offerings": aurora.consulta.pk,
        "patients": aurora.dalva.pk,
        "professionals": aurora.helena.pk,
    }


def client_of(people: Aurora) -> dict[str, Any]:
    _, key = api_keys.create(clinic=people.clinic, name="walk", by=SYSTEM, now=factories.MONDAY)
    return {"HTTP_AUTHORIZATION": f"Bearer {key}"}


def test_there_are_routes_to_walk() -> None:
    assert len(ROUTES) >= 12
    assert len(DETAIL_ROUTES) >= 4


@pytest.mark.parametrize("route", ROUTES)
def test_no_route_answers_without_a_key(route: str, rows: dict[str, int]) -> None:
    url = concrete(route, rows)
    for method in ("get", "post", "patch", "delete"):
        answer = getattr(Client(), method)(url)
        assert answer.status_code in {401, 405}, (method, url)
    assert Client().get(url, HTTP_AUTHORIZATION="Bearer atd_wrong").status_code in {401, 405}


@pytest.mark.parametrize("route", DETAIL_ROUTES)
def test_another_clinic_s_row_does_not_exist(route: str, rows: dict[str, int]) -> None:
    boreal = client_of(make_aurora("boreal", "100000000000002"))
    url = concrete(route, rows)
    for method in ("get", "post", "patch", "delete"):
        answer = Client().generic(method.upper(), url, "{}", content_type="application/json", **boreal)
        assert answer.status_code in {404, 405}, (method, url)


@pytest.mark.parametrize("route", [route for route in ROUTES if "<" not in route])
def test_lists_of_another_clinic_hold_nothing_of_this_one(route: str, rows: dict[str, int]) -> None:
    boreal = client_of(make_aurora("boreal", "100000000000002"))
    answer = Client().get(f"/{route}", **boreal)
    if answer.status_code != 200:
        assert answer.status_code in {400, 405, 409}
        return
    for row in answer.json()["results"]:
        word = route.removeprefix("api/v1/").split("/")[0]
        assert row.get("id") != rows.get(word, -1)


def concrete(route: str, rows: dict[str, int]) -> str:
    """The route with Aurora's id in place of its parameter."""
    word = route.removeprefix("api/v1/").split("/")[0]
    head, _, tail = route.partition("<")
    return f"/{head}{rows[word]}{tail.partition('>')[2]}" if tail else f"/{head}"
