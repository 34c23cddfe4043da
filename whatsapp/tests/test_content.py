"""Every limit of Meta's, one step inside and one outside, before any call."""

from collections.abc import Callable
from typing import Any

import pytest

from atendeai.common.errors import Rejected
from whatsapp.cloud_api import (
    Audio,
    Button,
    Buttons,
    Card,
    CardEmail,
    CardName,
    CardPhone,
    CardUrl,
    ContactRequest,
    Contacts,
    ContentError,
    CopyCode,
    CtaUrl,
    Document,
    Flow,
    FlowStart,
    Image,
    ListMessage,
    Location,
    LocationRequest,
    Named,
    OutboundContent,
    QuickReply,
    Reaction,
    Row,
    Section,
    Sticker,
    Template,
    Text,
    UrlPart,
    Video,
)

URL = "https://x.example/"


def buttons(**parts: Any) -> Buttons:
    return Buttons(**{"body": "b", "buttons": (Button("1", "Sim"),), **parts})


def rows(number: int) -> tuple[Row, ...]:
    return tuple(Row(str(index), f"Row {index}") for index in range(number))


def lists(**parts: Any) -> ListMessage:
    return ListMessage(**{"body": "b", "button": "Ver", "sections": (Section(rows(1)),), **parts})


def one_row(**parts: Any) -> ListMessage:
    return lists(sections=(Section((Row(**{"id": "1", "title": "t", **parts}),)),))


def cta(**parts: Any) -> CtaUrl:
    return CtaUrl(**{"body": "b", "display_text": "Abrir", "url": URL, **parts})


def flow(**parts: Any) -> Flow:
    return Flow(**{"body": "b", "cta": "Abrir", "flow_id": "1", **parts})


def card(**parts: Any) -> Contacts:
    return Contacts((Card(**{"name": CardName("Ana"), **parts}),))


LIMITS: list[tuple[str, int, Callable[[str], OutboundContent]]] = [
    ("body", 4096, Text),
    ("body", 1024, lambda text: buttons(body=text)),
    ("header", 60, lambda text: buttons(header=text)),
    ("footer", 60, lambda text: buttons(footer=text)),
    ("buttons.id", 256, lambda text: buttons(buttons=(Button(text, "Sim"),))),
    ("buttons.title", 20, lambda text: buttons(buttons=(Button("1", text),))),
    ("body", 4096, lambda text: lists(body=text)),
    ("button", 20, lambda text: lists(button=text)),
    ("header", 60, lambda text: lists(header=text)),
    ("footer", 60, lambda text: lists(footer=text)),
    ("sections.title", 24, lambda text: lists(sections=(Section(rows(1), text),))),
    ("rows.id", 200, lambda text: one_row(id=text)),
    ("rows.title", 24, lambda text: one_row(title=text)),
    ("rows.description", 72, lambda text: one_row(description=text)),
    ("caption", 1024, lambda text: Image(id="1", caption=text)),
    ("caption", 1024, lambda text: Video(id="1", caption=text)),
    ("caption", 1024, lambda text: Document(id="1", caption=text)),
    ("body", 1024, lambda text: cta(body=text)),
    ("header", 60, lambda text: cta(header=text)),
    ("footer", 60, lambda text: cta(footer=text)),
    ("display_text", 20, lambda text: cta(display_text=text)),
    ("body", 1024, LocationRequest),
    ("body", 1024, ContactRequest),
    ("body", 1024, lambda text: flow(body=text)),
    ("header", 60, lambda text: flow(header=text)),
    ("footer", 60, lambda text: flow(footer=text)),
    ("cta", 30, lambda text: flow(cta=text)),
    ("parameters", 1024, lambda text: Template("t", (text,))),
    ("parameters.text", 1024, lambda text: Template("t", (Named("nome", text),))),
    ("header", 60, lambda text: Template("t", header=text)),
    ("buttons.payload", 256, lambda text: Template("t", buttons=(QuickReply(0, text),))),
    ("contacts.name.formatted_name", 1000, lambda text: card(name=CardName(text))),
]


@pytest.mark.parametrize(("field", "most", "make"), LIMITS)
def test_a_text_may_be_as_long_as_the_limit(field: str, most: int, make: Callable[[str], OutboundContent]) -> None:
    make("ã" * most)
    with pytest.raises(ContentError) as caught:
        make("ã" * (most + 1))
    assert caught.value.field == field
    assert str(most) in caught.value.limit
    assert isinstance(caught.value, Rejected)


def test_a_templates_name_may_be_as_long_as_the_limit() -> None:
    Template("a" * 512)
    with pytest.raises(ContentError, match="name: is longer than 512"):
        Template("a" * 513)


REFUSED: list[tuple[str, Callable[[], object]]] = [
    ("body", lambda: Text(" \n")),
    ("body", lambda: buttons(body="")),
    ("buttons", lambda: buttons(buttons=())),
    ("buttons", lambda: buttons(buttons=tuple(Button(str(n), str(n)) for n in range(4)))),
    ("buttons.title", lambda: buttons(buttons=(Button("1", "Sim"), Button("2", "Sim")))),
    ("buttons.id", lambda: buttons(buttons=(Button("1", "Sim"), Button("1", "Não")))),
    ("buttons.title", lambda: buttons(buttons=(Button("1", ""),))),
    ("header.caption", lambda: buttons(header=Image(id="1", caption="c"))),
    ("sections", lambda: lists(sections=())),
    ("rows", lambda: lists(sections=(Section(()),))),
    ("rows", lambda: lists(sections=(Section(rows(11)),))),
    ("rows", lambda: lists(sections=(Section(rows(6), "a"), Section(rows(5), "b")))),
    ("rows.id", lambda: lists(sections=(Section(rows(1), "a"), Section(rows(1), "b")))),
    ("sections", lambda: lists(sections=tuple(Section((Row(str(n), "t"),), "a") for n in range(11)))),
    ("sections.rows", lambda: lists(sections=(Section(rows(1), "a"), Section((), "b")))),
    ("sections.title", lambda: lists(sections=(Section(rows(1), "a"), Section((Row("x", "x"),))))),
    ("id or link", lambda: Image()),
    ("id or link", lambda: Sticker(id="1", link=URL)),
    ("link", lambda: Audio(link="file:///etc/passwd")),
    ("link", lambda: Video(link="https://x.example/a b.mp4")),
    ("filename", lambda: Document(id="1", filename="f" * 241)),
    ("latitude", lambda: Location(90.1, 0)),
    ("latitude", lambda: Location(float("nan"), 0)),
    ("longitude", lambda: Location(0, -180.1)),
    ("contacts", lambda: Contacts(())),
    ("contacts", lambda: Contacts((Card(CardName("Ana")),) * 258)),
    ("contacts.name.formatted_name", lambda: card(name=CardName(""))),
    ("contacts.phones.phone", lambda: card(phones=(CardPhone(""),))),
    ("contacts.emails.email", lambda: card(emails=(CardEmail(""),))),
    ("contacts.urls.url", lambda: card(urls=(CardUrl("aurora.example"),))),
    ("contacts.birthday", lambda: card(birthday="29/02/1980")),
    ("message_id", lambda: Reaction("", "👍")),
    ("emoji", lambda: Reaction("wamid.x", "ok")),
    ("emoji", lambda: Reaction("wamid.x", "👍 👍")),
    ("emoji", lambda: Reaction("wamid.x", "👍" * 21)),
    ("url", lambda: cta(url="tel:190")),
    ("url", lambda: cta(url=URL + "a" * 2000)),
    ("display_text", lambda: cta(display_text="")),
    ("body", lambda: LocationRequest("")),
    ("body", lambda: ContactRequest("")),
    ("cta", lambda: flow(cta="Abrir 📋")),
    ("cta", lambda: flow(cta="")),
    ("flow_id or flow_name", lambda: flow(flow_id="")),
    ("flow_id or flow_name", lambda: flow(flow_name="triagem")),
    ("mode", lambda: flow(mode="live")),
    ("action", lambda: flow(action="jump")),
    ("data", lambda: flow(screen="A", data={})),
    ("screen", lambda: flow(data={"a": 1})),
    ("screen", lambda: flow(action="data_exchange", screen="A")),
    ("name", lambda: Template("")),
    ("name", lambda: Template("Lembrete")),
    ("parameters", lambda: Template("t", ("",))),
    ("parameters", lambda: Template("t", ("a\nb",))),
    ("parameters", lambda: Template("t", ("a\tb",))),
    ("parameters", lambda: Template("t", ("a     b",))),
    ("parameters", lambda: Template("t", ("a", Named("b", "c")))),
    ("parameters.name", lambda: Template("t", (Named("a", "1"), Named("a", "2")))),
    ("parameters.name", lambda: Template("t", (Named("A B", "1"),))),
    ("header.caption", lambda: Template("t", header=Document(id="1", caption="c"))),
    ("buttons", lambda: Template("t", buttons=tuple(QuickReply(n, "x") for n in range(11)))),
    ("buttons.index", lambda: Template("t", buttons=(QuickReply(0, "x"), QuickReply(0, "y")))),
    ("buttons.index", lambda: Template("t", buttons=(QuickReply(10, "x"),))),
    ("buttons.text", lambda: Template("t", buttons=(UrlPart(0, ""),))),
    ("buttons.code", lambda: Template("t", buttons=(CopyCode(0, "x" * 21),))),
    ("buttons.data", lambda: Template("t", buttons=(FlowStart(0, data={}),))),
]


@pytest.mark.parametrize(("field", "make"), REFUSED)
def test_what_meta_would_refuse_is_refused_here(field: str, make: Callable[[], object]) -> None:
    with pytest.raises(ContentError) as caught:
        make()
    assert caught.value.field == field


@pytest.mark.parametrize("emoji", ["👍", "❤️", "👨‍👩‍👧‍👦", "🇧🇷", "👍🏽", "3️⃣", "✅"])
def test_one_emoji_however_it_is_made(emoji: str) -> None:
    assert Reaction("wamid.x", emoji).emoji == emoji


def test_ten_rows_in_two_sections_are_allowed() -> None:
    lists(sections=(Section(rows(6), "a"), Section(tuple(Row(f"x{n}", "y") for n in range(4)), "b")))
