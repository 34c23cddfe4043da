"""Every limit of Meta's, one step inside and one outside; and what the API is given."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from atendeai.common.errors import Rejected
from whatsapp.cloud_api import (
    Button,
    Buttons,
    ContentError,
    ListMessage,
    OutboundContent,
    Row,
    Section,
    Template,
    Text,
    from_json,
    to_json,
)


def buttons(**parts: Any) -> Buttons:
    return Buttons(**{"body": "b", "buttons": (Button("1", "Sim"),), **parts})


def rows(number: int) -> tuple[Row, ...]:
    return tuple(Row(str(index), f"Row {index}") for index in range(number))


def lists(**parts: Any) -> ListMessage:
    return ListMessage(**{"body": "b", "button": "Ver", "sections": (Section(rows(1)),), **parts})


def one_row(**parts: Any) -> ListMessage:
    return lists(sections=(Section((Row(**{"id": "1", "title": "t", **parts}),)),))


LIMITS: list[tuple[str, int, Callable[[str], OutboundContent]]] = [
    ("text.body", 4096, Text),
    ("body", 1024, lambda text: buttons(body=text)),
    ("header", 60, lambda text: buttons(header=text)),
    ("footer", 60, lambda text: buttons(footer=text)),
    ("buttons.id", 256, lambda text: buttons(buttons=(Button(text, "Sim"),))),
    ("buttons.title", 20, lambda text: buttons(buttons=(Button("1", text),))),
    ("body", 4096, lambda text: lists(body=text)),
    ("button", 20, lambda text: lists(button=text)),
    ("header", 60, lambda text: lists(header=text)),
    ("footer", 60, lambda text: lists(footer=text)),
    ("section.title", 24, lambda text: lists(sections=(Section(rows(1), text),))),
    ("rows.id", 200, lambda text: one_row(id=text)),
    ("rows.title", 24, lambda text: one_row(title=text)),
    ("rows.description", 72, lambda text: one_row(description=text)),
    ("template.name", 512, Template),
    ("template.parameters", 1024, lambda text: Template("t", (text,))),
    ("template.button_payloads", 256, lambda text: Template("t", (), (text,))),
]


@pytest.mark.parametrize(("field", "most", "make"), LIMITS)
def test_a_text_may_be_as_long_as_the_limit(field: str, most: int, make: Callable[[str], OutboundContent]) -> None:
    make("ã" * most)
    with pytest.raises(ContentError) as caught:
        make("ã" * (most + 1))
    assert caught.value.field == field
    assert isinstance(caught.value, Rejected)


@pytest.mark.parametrize(
    ("field", "make"),
    [
        ("text.body", lambda: Text(" \n")),
        ("body", lambda: buttons(body="")),
        ("buttons", lambda: buttons(buttons=())),
        ("buttons", lambda: buttons(buttons=tuple(Button(str(n), str(n)) for n in range(4)))),
        ("buttons.title", lambda: buttons(buttons=(Button("1", "Sim"), Button("2", "Sim")))),
        ("buttons.id", lambda: buttons(buttons=(Button("1", "Sim"), Button("1", "Não")))),
        ("buttons.title", lambda: buttons(buttons=(Button("1", ""),))),
        ("sections", lambda: lists(sections=())),
        ("rows", lambda: lists(sections=(Section(()),))),
        ("rows", lambda: lists(sections=(Section(rows(11)),))),
        ("rows", lambda: lists(sections=(Section(rows(6), "a"), Section(rows(5), "b")))),
        ("rows.id", lambda: lists(sections=(Section(rows(1), "a"), Section(rows(1), "b")))),
        ("section.rows", lambda: lists(sections=(Section(rows(1), "a"), Section((), "b")))),
        ("section.title", lambda: lists(sections=(Section(rows(1), "a"), Section((Row("x", "x"),))))),
        ("template.name", lambda: Template("")),
        ("template.parameters", lambda: Template("t", ("",))),
        ("template.button_payloads", lambda: Template("t", (), ("x",) * 11)),
    ],
)
def test_what_meta_would_refuse_is_refused_here(field: str, make: Callable[[], OutboundContent]) -> None:
    with pytest.raises(ContentError) as caught:
        make()
    assert caught.value.field == field


def test_ten_rows_in_two_sections_are_allowed() -> None:
    lists(sections=(Section(rows(6), "a"), Section(tuple(Row(f"x{n}", "y") for n in range(4)), "b")))


CONTENTS: list[tuple[OutboundContent, dict[str, Any]]] = [
    (Text("Olá"), {"type": "text", "text": {"body": "Olá", "preview_url": False}}),
    (
        Buttons("Confirma?", (Button("confirm:1", "Sim"), Button("change", "Mudar")), "Consulta", "Aurora"),
        {
            "type": "interactive",
            "interactive": {
                "type": "button",
                "body": {"text": "Confirma?"},
                "header": {"type": "text", "text": "Consulta"},
                "footer": {"text": "Aurora"},
                "action": {
                    "buttons": [
                        {"type": "reply", "reply": {"id": "confirm:1", "title": "Sim"}},
                        {"type": "reply", "reply": {"id": "change", "title": "Mudar"}},
                    ]
                },
            },
        },
    ),
    (
        ListMessage("Horários", "Ver", (Section((Row("slot:1", "08:00", "Dra. Lia"), Row("slot:2", "09:00"))),)),
        {
            "type": "interactive",
            "interactive": {
                "type": "list",
                "body": {"text": "Horários"},
                "action": {
                    "button": "Ver",
                    "sections": [
                        {
                            "rows": [
                                {"id": "slot:1", "title": "08:00", "description": "Dra. Lia"},
                                {"id": "slot:2", "title": "09:00"},
                            ]
                        }
                    ],
                },
            },
        },
    ),
    (
        Template("lembrete", ("Dalva", "terça, 8h"), ("confirm:1", "cancel:1")),
        {
            "type": "template",
            "template": {
                "name": "lembrete",
                "language": {"code": "pt_BR"},
                "components": [
                    {
                        "type": "body",
                        "parameters": [
                            {"type": "text", "text": "Dalva"},
                            {"type": "text", "text": "terça, 8h"},
                        ],
                    },
                    {
                        "type": "button",
                        "sub_type": "quick_reply",
                        "index": "0",
                        "parameters": [{"type": "payload", "payload": "confirm:1"}],
                    },
                    {
                        "type": "button",
                        "sub_type": "quick_reply",
                        "index": "1",
                        "parameters": [{"type": "payload", "payload": "cancel:1"}],
                    },
                ],
            },
        },
    ),
    (
        Template("aviso", language="pt_PT"),
        {
            "type": "template",
            "template": {"name": "aviso", "language": {"code": "pt_PT"}, "components": []},
        },
    ),
]


@pytest.mark.parametrize(("content", "payload"), CONTENTS)
def test_what_the_api_is_given(content: OutboundContent, payload: dict[str, Any]) -> None:
    assert content.payload() == payload


@pytest.mark.parametrize(("content", "_payload"), CONTENTS)
def test_a_content_survives_the_outbox(content: OutboundContent, _payload: dict[str, Any]) -> None:
    assert from_json(json.loads(json.dumps(to_json(content)))) == content


@pytest.mark.parametrize("stored", [{}, {"kind": "fax"}, {"kind": "text"}, {"kind": "text", "nothing": 1}])
def test_what_was_not_stored_by_us_is_a_content_error(stored: dict[str, Any]) -> None:
    with pytest.raises(ContentError):
        from_json(stored)
