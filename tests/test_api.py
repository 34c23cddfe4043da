"""Does every route of the API keep its promises: a key, one clinic, pages that stand still, a schema?"""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver

from atendeai.testing import factories
from atendeai.testing.factories import MONDAY
from atendeai.testing.people import Aurora, make_aurora
from atendeai.testing.programs import API, Program
from whatsapp import media
from whatsapp.models import MediaFile, Message

pytestmark = pytest.mark.django_db

METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")


def api_paths(patterns: list[Any] | None = None, prefix: str = "") -> Iterator[str]:
    """Every address under /api/v1, an id as {pk}."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        address = prefix + re.sub(r"<\w+:\w+>", "{pk}", str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from api_paths(pattern.url_patterns, address)
        elif isinstance(pattern, URLPattern) and address.startswith("api/v1/"):
            yield address.removeprefix("api/v1")


PATHS = sorted(set(api_paths()))


def test_the_walk_finds_routes_of_every_app() -> None:
    assert {"/appointments/", "/conversations/", "/messages/{pk}/", "/events/"} <= set(PATHS)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", METHODS)
def test_no_route_answers_without_a_key(path: str, method: str) -> None:
    program = Program(None)
    for header in ({}, {"HTTP_AUTHORIZATION": "Bearer atd_wrong"}):
        program.client.credentials(**header)
        status, body = program.call(method, path.format(pk=1))
        assert (status, body["error"]["code"]) == (401, "not_authenticated")


class Rows:
    """What a clinic has, one more of each at a call."""

    def __init__(self, aurora: Aurora) -> None:
        self.aurora = aurora
        self.count = 0

    def add(self) -> dict[str, int]:
        """The ids by the address that shows them."""
        clinic = self.aurora.clinic
        self.count += 1
        professional = factories.make_professional(clinic)
        offering = factories.make_offering(clinic, professional, self.aurora.helena)
        patient = factories.make_patient(clinic)
        starts_at = MONDAY + timedelta(hours=self.count)
        appointment = factories.make_appointment(clinic, professional, offering, patient, starts_at)
        contact = factories.make_contact(clinic, patient=patient)
        conversation = factories.make_conversation(self.aurora.number, contact)
        message = self._message(conversation)
        self._message(self._first_conversation(conversation))
        return {
            "appointments": appointment.pk,
            "patients": patient.pk,
            "conversations": conversation.pk,
            "messages": message.pk,
            "files": self._file().pk,
        }

    def _file(self) -> MediaFile:
        content = [b"%PDF-1.7 guia"]
        return media.keep(clinic=self.aurora.clinic, content=content, name="guia.pdf", declared="", now=MONDAY)

    def _first_conversation(self, conversation: Any) -> Any:
        self.conversation = getattr(self, "conversation", conversation)
        return self.conversation

    def _message(self, conversation: Any) -> Message:
        return Message.objects.create(
            clinic=conversation.clinic,
            conversation=conversation,
            direction="out",
            author="bot",
            type="text",
            body="oi",
            content="{}",
            state="sent",
            created_at=MONDAY,
            sent_at=MONDAY,
        )


@pytest.mark.parametrize("path", [path for path in PATHS if "{pk}" in path])
@pytest.mark.parametrize("method", METHODS)
def test_another_clinics_rows_are_not_found(path: str, method: str) -> None:
    ids = Rows(make_aurora()).add()
    program = Program(make_aurora("boreal", "100000000000002").clinic)
    status, body = program.call(method, path.format(pk=ids[path.split("/")[1]]))
    assert (status, body["error"]["code"]) in {(404, "not_found"), (405, "method_not_allowed")}


@pytest.mark.parametrize("path", [path for path in PATHS if "{pk}" in path])
def test_the_clinics_own_rows_are_found(path: str) -> None:
    aurora = make_aurora()
    ids = Rows(aurora).add()
    method = "POST" if path.endswith("/cancel/") else "GET"
    status, _body = Program(aurora.clinic).call(method, path.format(pk=ids[path.split("/")[1]]))
    assert status == 200


LISTS = ("appointments", "professionals", "offerings", "patients", "conversations", "messages")


def list_of(name: str, rows: Rows) -> str:
    """The address of a list."""
    return f"/conversations/{rows.conversation.pk}/messages/" if name == "messages" else f"/{name}/"


@pytest.mark.parametrize("name", LISTS)
def test_a_long_list_costs_no_more_queries_than_a_short_one(name: str) -> None:
    aurora = make_aurora()
    program, rows = Program(aurora.clinic), Rows(aurora)
    counts = []
    for more in (3, 27):
        for _ in range(more):
            rows.add()
        program.get("/offerings/", limit=1)  # the key's use is noted now and not while counting
        with CaptureQueriesContext(
            connection,
        ) as queries:
            _status, body = program.get(list_of(name, rows))
        assert len(body["results"]) >= rows.count
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= 5


@pytest.mark.parametrize("name", LISTS)
def test_pages_stand_still_while_rows_arrive(name: str) -> None:
    aurora = make_aurora()
    program, rows = Program(aurora.clinic), Rows(aurora)
    for _ in range(5):
        rows.add()
    _status, everything = program.get(list_of(name, rows))
    expected = [row["id"] for row in everything["results"]]
    address, seen = list_of(name, rows) + "?limit=2", []
    while address:
        status, page = program.get(address)
        assert status == 200
        seen += [row["id"] for row in page["results"]]
        rows.add()
        address = page["next"]
    assert seen == expected
    assert expected == sorted(expected, reverse=True)


def test_a_page_leads_back(db: None) -> None:
    aurora = make_aurora()
    program = Program(aurora.clinic)
    _status, first = program.get("/professionals/", limit=1)
    _status, second = program.get(first["next"])
    assert program.get(second["previous"])[1]["results"] == first["results"]


@pytest.mark.parametrize("limit", ["000000001999999", "0" * 400 + "50", "9" * 400, "1999999", "0", "-1", "²"])
def test_a_limit_is_judged_by_all_its_digits(limit: str) -> None:
    status, answer = Program(make_aurora().clinic).get("/patients/", limit=limit)
    assert (status, list(answer["error"]["fields"])) == (400, ["limit"])


def test_the_schema_is_complete_and_open(client: Client) -> None:
    from drf_spectacular.validation import validate_schema

    response = client.get("/api/schema/?format=json")
    assert response.status_code == 200
    schema = response.json()
    validate_schema(schema)  # type: ignore[no-untyped-call]
    assert {path.removeprefix(API) for path in schema["paths"]} == {path.format(pk="{id}") for path in PATHS}
    schemes = schema["components"]["securitySchemes"]
    assert schemes["ApiKey"]["scheme"] == "bearer"
    for operations in schema["paths"].values():
        assert all(operation["security"] == [{"ApiKey": []}] for operation in operations.values())
    assert client.get("/api/docs/").status_code == 200
