"""What does the API answer to JSON that is well formed and that nothing behind it can keep?"""

from typing import Any

import pytest

from atendeai.testing import factories
from atendeai.testing.factories import MONDAY
from atendeai.testing.people import Aurora, make_aurora
from atendeai.testing.programs import API, Program
from whatsapp.models import Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def aurora() -> Aurora:
    return make_aurora()


@pytest.fixture
def program(aurora: Aurora) -> Program:
    return Program(aurora.clinic)


def send(program: Program, method: str, path: str, body: str) -> tuple[int, Any]:
    """The body as it is written here: a client of Python would not send these."""
    answer = program.client.generic(method, f"{API}{path}", body, content_type="application/json")
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/messages/", r'{"to": "+5511987650001", "type": "text", "text": {"body": "oi \ud83d"}}'),
        ("/messages/", r'{"to": "+5511987650001", "body": "oi", "type": "\ud800"}'),
        ("/messages/", r'{"to": "+5511987650001", "body": "oi", "\ud800": 1}'),
        ("/patients/", r'{"name": "oi \ud83d"}'),
        ("/patients/search/", r'{"name": "oi \ud83d"}'),
        ("/appointments/", '{"professional": 1e400, "offering": 1, "patient": 1, "starts_at": "2026-11-24T12:00:00Z"}'),
        ("/appointments/", '{"professional": 1, "offering": -1e400, "patient": [1e400]}'),
        ("/messages/", '{"conversation": 1e400, "body": "oi"}'),
    ],
)
def test_half_a_character_and_a_number_beyond_all_are_refused_in_words(program: Program, path: str, body: str) -> None:
    status, answer = send(program, "POST", path, body)
    assert (status, answer["error"]["code"], list(answer["error"]["fields"])) == (400, "invalid", ["body"])
    assert "caractere" in answer["error"]["fields"]["body"][0]
    assert not Message.objects.exists()


def test_a_change_of_an_appointment_is_refused_alike(aurora: Aurora, program: Program) -> None:
    booked = factories.make_appointment(aurora.clinic, aurora.helena, aurora.consulta, aurora.dalva, MONDAY)
    status, answer = send(program, "PATCH", f"/appointments/{booked.pk}/", r'{"status": "\ud800"}')
    assert (status, list(answer["error"]["fields"])) == (400, ["body"])


def test_a_whole_emoji_is_as_welcome_as_ever(program: Program) -> None:
    status, answer = send(program, "POST", "/patients/", r'{"name": "Z\u00e9 \ud83d\ude00"}')
    assert (status, answer["name"]) == (201, "Zé 😀")


def test_a_body_too_deep_to_be_read_is_refused(program: Program) -> None:
    depth = 200_000
    status, answer = send(program, "POST", "/patients/", '{"name": ' + "[" * depth + "]" * depth + "}")
    assert (status, answer["error"]["code"]) == (400, "invalid")


def test_a_form_whose_header_names_no_encoding_is_refused(program: Program) -> None:
    form = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename*=nobody''%41.pdf\r\n\r\n%PDF\r\n--b--\r\n"
    answer = program.client.generic("POST", f"{API}/files/", form, content_type="multipart/form-data; boundary=b")
    assert answer.status_code == 400


def test_a_form_of_more_fields_than_anybody_sends_is_refused(program: Program) -> None:
    status, _answer = program.upload("/files/", "guia.pdf", b"%PDF-1.7", **{f"f{n}": "1" for n in range(1001)})
    assert status == 400


def test_a_question_of_more_parameters_than_anybody_asks_is_refused(program: Program) -> None:
    for path in ("/patients/", "/availability/"):
        status, answer = program.get(path, **{f"p{n}": "1" for n in range(1001)})
        assert (status, answer["error"]["code"]) == (400, "invalid")
