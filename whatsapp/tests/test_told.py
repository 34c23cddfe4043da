"""What a caller may tell: our short fields, or Meta's own shape; and which field is named when it does not fit."""

from typing import Any

import pytest

from whatsapp.cloud_api import (
    ContactRequest,
    ContentError,
    LocationRequest,
    OutboundContent,
    Template,
    Text,
    from_told,
    to_json,
)
from whatsapp.tests.contents import CONTENTS, IDS


@pytest.mark.parametrize(("content", "_payload"), CONTENTS, ids=IDS)
def test_every_kind_by_our_fields(content: OutboundContent, _payload: dict[str, Any]) -> None:
    told = {name: value for name, value in to_json(content).items() if name != "kind"}
    assert from_told(told, content.kind) == content


@pytest.mark.parametrize(("content", "payload"), CONTENTS, ids=IDS)
def test_every_kind_in_metas_shape(content: OutboundContent, payload: dict[str, Any]) -> None:
    kind = payload["type"]
    assert from_told(payload[kind], kind).payload() == content.payload()


def test_a_plain_text_is_enough_for_some() -> None:
    assert from_told("Oi", "text") == Text("Oi")
    assert from_told("Onde?", "location_request") == LocationRequest("Onde?")
    assert from_told("Qual?", "contact_request") == ContactRequest("Qual?")


def test_named_values_as_an_object() -> None:
    told = from_told({"name": "aviso", "parameters": {"nome": "Dalva"}}, "template")
    assert isinstance(told, Template)
    assert told.payload()["template"]["components"][0]["parameters"] == [
        {"type": "text", "parameter_name": "nome", "text": "Dalva"}
    ]


INTERACTIVE = {"type": "button", "body": {"text": "b"}, "action": {"buttons": []}}


@pytest.mark.parametrize(
    ("told", "kind", "field"),
    [
        ("Oi", "image", "message"),
        (7, "text", "message"),
        ({"body": "b"}, "fax", "type"),
        ({"body": "b", "colour": "red"}, "text", "colour"),
        ({"id": "1", "captions": "c"}, "image", "captions"),
        ({"id": "1", "caption": "c"}, "sticker", "caption"),
        ([], "contacts", "contacts"),
        ([{"name": {}}], "contacts", "contacts.name.formatted_name"),
        ({**INTERACTIVE, "type": "carousel"}, "interactive", "interactive.type"),
        ({**INTERACTIVE, "x": 1}, "interactive", "interactive.x"),
        ({**INTERACTIVE, "action": 7}, "interactive", "interactive.action"),
        ({**INTERACTIVE, "action": {"buttons": [], "y": 1}}, "interactive", "interactive.action.y"),
        (INTERACTIVE, "interactive", "buttons"),
        ({**INTERACTIVE, "header": {"type": "audio", "audio": {"id": "1"}}}, "interactive", "header.kind"),
        ({"name": "t", "components": [{"type": "feet"}]}, "template", "components.type"),
        ({"name": "t", "components": [{"type": "button", "index": "x"}]}, "template", "components.index"),
        ({"name": "t", "language": {"code": "pt_BR", "x": 1}}, "template", "language.x"),
        ({"name": "t", "colour": "red"}, "template", "colour"),
    ],
)
def test_what_does_not_fit_is_named(told: Any, kind: str, field: str) -> None:
    with pytest.raises(ContentError) as caught:
        from_told(told, kind)
    assert caught.value.field == field
