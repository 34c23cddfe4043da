"""What the API is given for each kind, how a content waits in the outbox, and what a caller's object may hold."""

import json
from typing import Any

import pytest

from whatsapp.cloud_api import (
    KINDS,
    Buttons,
    ContentError,
    OutboundContent,
    QuickReply,
    Template,
    Text,
    from_json,
    to_json,
)
from whatsapp.tests.contents import CONTENTS, IDS, ONE_OF_EACH, SIM


@pytest.mark.parametrize(("content", "payload"), CONTENTS, ids=IDS)
def test_what_the_api_is_given(content: OutboundContent, payload: dict[str, Any]) -> None:
    assert content.payload() == payload


@pytest.mark.parametrize(("content", "_payload"), CONTENTS, ids=IDS)
def test_a_content_survives_the_outbox(content: OutboundContent, _payload: dict[str, Any]) -> None:
    assert from_json(json.loads(json.dumps(to_json(content)))) == content


def test_there_is_an_example_of_every_kind() -> None:
    assert set(ONE_OF_EACH) == set(KINDS)
    assert " ".join(KINDS) == (
        "text buttons list template image document audio video sticker location contacts reaction cta_url"
        " location_request contact_request flow"
    )


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("text", "Olá"),
        ("buttons", "Confirma?"),
        ("list", "Horários"),
        ("template", "[lembrete] Dalva · terça, 8h"),
        ("image", "Entrada"),
        ("document", "Leia antes"),
        ("audio", ""),
        ("video", "Como chegar"),
        ("sticker", ""),
        ("location", ""),
        ("contacts", "Clínica Aurora"),
        ("reaction", "👍"),
        ("cta_url", "Prepare-se"),
        ("location_request", "Onde você está?"),
        ("contact_request", "Qual é o seu telefone?"),
        ("flow", "Conte um pouco"),
    ],
)
def test_the_words_of_each_kind(kind: str, words: str) -> None:
    assert ONE_OF_EACH[kind].words() == words


OLD_ROWS: list[tuple[dict[str, Any], OutboundContent]] = [
    ({"kind": "text", "body": "Olá", "preview_url": False}, Text("Olá")),
    (
        {
            "kind": "buttons",
            "body": "Confirma?",
            "buttons": [{"id": "confirm:1", "title": "Sim"}, {"id": "change", "title": "Mudar"}],
            "header": "",
            "footer": "",
        },
        Buttons("Confirma?", SIM),
    ),
    (
        {
            "kind": "list",
            "body": "Horários",
            "button": "Ver",
            "sections": [
                {
                    "rows": [
                        {"id": "slot:1", "title": "08:00", "description": "Dra. Lia"},
                        {"id": "slot:2", "title": "09:00", "description": ""},
                    ],
                    "title": "",
                }
            ],
            "header": "",
            "footer": "",
        },
        ONE_OF_EACH["list"],
    ),
    (
        {
            "kind": "template",
            "name": "lembrete",
            "parameters": ["Dalva"],
            "button_payloads": ["confirm:1", "cancel:1"],
            "language": "pt_BR",
        },
        Template("lembrete", ("Dalva",), (QuickReply(0, "confirm:1"), QuickReply(1, "cancel:1"))),
    ),
]


@pytest.mark.parametrize(("stored", "content"), OLD_ROWS)
def test_rows_of_the_first_version_still_load(stored: dict[str, Any], content: OutboundContent) -> None:
    assert from_json(stored) == content


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({}, "type"),
        ({"kind": "fax"}, "type"),
        ({"kind": ["text"]}, "type"),
        ({"kind": "text"}, "body"),
        ({"kind": "text", "body": 7}, "body"),
        ({"kind": "text", "body": "a\x00b"}, "body"),
        ({"kind": "text", "body": "a", "colour": 1}, "colour"),
        ({"kind": "text", "body": "a", "preview_url": 1}, "preview_url"),
        ({"kind": "buttons", "body": "b", "buttons": "no"}, "buttons"),
        ({"kind": "buttons", "body": "b", "buttons": [7]}, "buttons"),
        ({"kind": "buttons", "body": "b", "buttons": [{"id": "1"}]}, "buttons.title"),
        ({"kind": "buttons", "body": "b", "buttons": [{"id": "1", "title": "t", "x": 1}]}, "buttons.x"),
        ({"kind": "buttons", "body": "b", "buttons": [{"id": "1", "title": "t"}], "header": 7}, "header"),
        (
            {"kind": "buttons", "body": "b", "buttons": [{"id": "1", "title": "t"}], "header": {"id": "1"}},
            "header.kind",
        ),
        ({"kind": "list", "body": "b", "button": "c", "sections": [{"rows": [{"id": 1}]}]}, "sections.rows.id"),
        ({"kind": "location", "latitude": "1", "longitude": 2}, "latitude"),
        ({"kind": "location", "latitude": True, "longitude": 2}, "latitude"),
        ({"kind": "contacts", "contacts": [{"name": "Ana"}]}, "contacts.name"),
        ({"kind": "flow", "body": "b", "cta": "c", "flow_id": "1", "screen": "A", "data": [1]}, "data"),
        ({"kind": "template", "name": "t", "buttons": [{"kind": "phone", "index": 0}]}, "buttons.kind"),
        ({"kind": "template", "name": "t", "buttons": [{"kind": "url", "index": "0", "text": "x"}]}, "buttons.index"),
        ({"kind": "template", "name": "t", "parameters": [7]}, "parameters"),
        ({"kind": "template", "name": "t", "button_payloads": 7}, "button_payloads"),
    ],
)
def test_an_object_that_does_not_fit_is_refused_with_the_field(told: dict[str, Any], field: str) -> None:
    with pytest.raises(ContentError) as caught:
        from_json(told)
    assert caught.value.field == field
