"""Every limit of a message, on both sides: ours refuses before any call, and Meta's stand-in refuses the same.

Each row makes a content that is exactly at its limit, and names where one more character breaks it. At the limit both
sides take it; beyond it our content cannot be made (field and limit named), and the simulator answers with Meta's code.
"""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from sandbox.tests.world import DALVA, World
from whatsapp.cloud_api import (
    Button,
    Buttons,
    Card,
    CardName,
    ContactRequest,
    Contacts,
    ContentError,
    CtaUrl,
    Document,
    Flow,
    Image,
    ListMessage,
    Location,
    LocationRequest,
    Named,
    OutboundContent,
    QuickReply,
    Reaction,
    Recipient,
    Row,
    Section,
    Sticker,
    Template,
    Text,
    Video,
    check_context,
    from_json,
    to_json,
)

URL = "https://files.example/a.png"
SIM = (Button("1", "Sim"),)
INTERACTIVE = ("interactive",)
ACTION = (*INTERACTIVE, "action")
FRAME: dict[str, tuple[Any, ...]] = {
    "body": (*INTERACTIVE, "body", "text"),
    "header": (*INTERACTIVE, "header", "text"),
    "footer": (*INTERACTIVE, "footer", "text"),
}


@dataclass(frozen=True)
class Limit:
    """`field` of ours holds `most` characters; in Meta's shape it stands at `path`, and breaking it is `code`."""

    field: str
    most: int
    make: Callable[[str], OutboundContent]
    path: tuple[Any, ...]
    code: int = 131009


def buttons(**parts: Any) -> Buttons:
    return Buttons(**{"body": "b", "buttons": SIM, **parts})


def lists(**parts: Any) -> ListMessage:
    return ListMessage(**{"body": "b", "button": "Ver", "sections": (Section((Row("1", "t"),)),), **parts})


def cta(**parts: Any) -> CtaUrl:
    return CtaUrl(**{"body": "b", "display_text": "Abrir", "url": URL, **parts})


def flow(**parts: Any) -> Flow:
    return Flow(**{"body": "b", "cta": "Abrir", "flow_id": "1", **parts})


FRAMED: dict[str, tuple[Callable[..., OutboundContent], int]] = {
    "buttons": (buttons, 1024),
    "list": (lists, 4096),
    "cta_url": (cta, 1024),
    "flow": (flow, 1024),
}
LIMITS: dict[str, Limit] = {
    "text": Limit("body", 4096, Text, ("text", "body"), 100),
    **{
        f"{kind} {part}": Limit(
            part,
            most if part == "body" else 60,
            lambda text, make=make, part=part: make(**{part: text}),  # type: ignore[misc]
            FRAME[part],
        )
        for kind, (make, most) in FRAMED.items()
        for part in FRAME
    },
    "button id": Limit(
        "buttons.id",
        256,
        lambda text: buttons(buttons=(Button(text, "Sim"),)),
        (*ACTION, "buttons", 0, "reply", "id"),
    ),
    "button title": Limit(
        "buttons.title",
        20,
        lambda text: buttons(buttons=(Button("1", text),)),
        (*ACTION, "buttons", 0, "reply", "title"),
    ),
    "list button": Limit("button", 20, lambda text: lists(button=text), (*ACTION, "button")),
    "section title": Limit(
        "sections.title",
        24,
        lambda text: lists(sections=(Section((Row("1", "t"),), text),)),
        (*ACTION, "sections", 0, "title"),
    ),
    "row id": Limit(
        "rows.id",
        200,
        lambda text: lists(sections=(Section((Row(text, "t"),)),)),
        (*ACTION, "sections", 0, "rows", 0, "id"),
    ),
    "row title": Limit(
        "rows.title",
        24,
        lambda text: lists(sections=(Section((Row("1", text),)),)),
        (*ACTION, "sections", 0, "rows", 0, "title"),
    ),
    "row description": Limit(
        "rows.description",
        72,
        lambda text: lists(sections=(Section((Row("1", "t", text),)),)),
        (*ACTION, "sections", 0, "rows", 0, "description"),
    ),
    "link label": Limit(
        "display_text", 20, lambda text: cta(display_text=text), (*ACTION, "parameters", "display_text")
    ),
    "flow label": Limit("cta", 30, lambda text: flow(cta=text), (*ACTION, "parameters", "flow_cta")),
    "location request": Limit("body", 1024, LocationRequest, FRAME["body"]),
    "contact request": Limit("body", 1024, ContactRequest, FRAME["body"]),
    "image caption": Limit("caption", 1024, lambda text: Image(link=URL, caption=text), ("image", "caption")),
    "video caption": Limit("caption", 1024, lambda text: Video(link=URL, caption=text), ("video", "caption")),
    "document caption": Limit("caption", 1024, lambda text: Document(link=URL, caption=text), ("document", "caption")),
    "contact name": Limit(
        "contacts.name.formatted_name",
        1000,
        lambda text: Contacts((Card(CardName(text)),)),
        ("contacts", 0, "name", "formatted_name"),
    ),
    "template name": Limit("name", 512, lambda text: Template(text), ("template", "name")),
    "template value": Limit(
        "parameters",
        1024,
        lambda text: Template("filled", (text,)),
        ("template", "components", 0, "parameters", 0, "text"),
        132005,
    ),
    "template named value": Limit(
        "parameters.text",
        1024,
        lambda text: Template("named", (Named("nome", text),)),
        ("template", "components", 0, "parameters", 0, "text"),
        132005,
    ),
    "template header": Limit(
        "header",
        60,
        lambda text: Template("header", header=text),
        ("template", "components", 0, "parameters", 0, "text"),
        132005,
    ),
    "template payload": Limit(
        "buttons.payload",
        256,
        lambda text: Template("pressed", buttons=(QuickReply(0, text),)),
        ("template", "components", 0, "parameters", 0, "payload"),
    ),
}


def add_templates(world: World) -> None:
    """Approved ones, as Meta takes no others: one for each row that sends a template."""
    plain: dict[str, Any] = {"type": "BODY", "text": "Olá, tudo bem?"}
    filled = {"type": "BODY", "text": "Olá, {{1}}, até amanhã!", "example": {"body_text": [["Dalva"]]}}
    named = {
        "type": "BODY",
        "text": "Olá, {{nome}}, até amanhã!",
        "example": {"body_text_named_params": [{"param_name": "nome", "example": "Dalva"}]},
    }
    header = {"type": "HEADER", "format": "TEXT", "text": "Na {{1}}", "example": {"header_text": ["Aurora"]}}
    pressed = {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Confirmar"}]}
    for name, components in {
        "a" * 512: [plain],
        "plain": [plain],
        "filled": [filled],
        "header": [header, plain],
        "pressed": [plain, pressed],
    }.items():
        world.template(name, components=components)
    world.template("named", components=[named], parameter_format="NAMED")


@pytest.fixture(scope="module")
def meta(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("world"), "http://127.0.0.1:9")
    world.start()
    world.write(text="oi")
    add_templates(world)
    yield world
    world.stop()


@pytest.mark.parametrize("limit", LIMITS.values(), ids=LIMITS.keys())
def test_a_limit_holds_on_both_sides(meta: World, limit: Limit) -> None:
    at_limit = limit.make("a" * limit.most).payload()
    assert meta.send(**at_limit).status_code == 200
    with pytest.raises(ContentError) as refused:
        limit.make("a" * (limit.most + 1))
    assert refused.value.field == limit.field
    assert str(limit.most) in refused.value.limit
    answer = meta.send(**grown(at_limit, limit.path))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, limit.code)


def grown(payload: dict[str, Any], path: tuple[Any, ...]) -> dict[str, Any]:
    """The same with one more character at the path."""
    copied = copy.deepcopy(payload)
    node: Any = copied
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] += "a"
    return copied


def template_of(**component: Any) -> dict[str, Any]:
    """A template with one component."""
    node = {"name": "t", "language": {"code": "pt_BR"}, "components": [component]}
    return {"type": "template", "template": node}


def interactive(kind: str, action: dict[str, Any], **frame: Any) -> dict[str, Any]:
    """In Meta's shape."""
    return {"type": "interactive", "interactive": {"type": kind, "body": {"text": "b"}, "action": action, **frame}}


def form(**parameters: Any) -> dict[str, Any]:
    """A flow message in Meta's shape."""
    told = {"flow_message_version": "3", "flow_id": "1", "flow_cta": "Abrir", **parameters}
    return interactive("flow", {"name": "flow", "parameters": told})


def row(number: int) -> Row:
    return Row(str(number), f"Row {number}")


CARD = {"name": {"formatted_name": "A", "first_name": "A"}}


def listed(*sizes: int, **frame: Any) -> dict[str, Any]:
    """Sections of so many rows."""
    numbers = iter(range(100))
    sections = [
        {"title": "t", "rows": [{"id": str(next(numbers)), "title": "t"} for _ in range(size)]} for size in sizes
    ]
    return interactive("list", {"button": "c", "sections": sections}, **frame)


def pressed(*titles: str) -> dict[str, Any]:
    """Buttons with these titles."""
    replies = [{"type": "reply", "reply": {"id": str(at), "title": title}} for at, title in enumerate(titles)]
    return interactive("button", {"buttons": replies})


# What we refuse to make (with the field), and the same in Meta's shape with the code it is refused with there.
RULES: dict[str, tuple[str, Callable[[], object], dict[str, Any], int]] = {
    "four buttons": (
        "buttons",
        lambda: buttons(buttons=tuple(Button(str(n), str(n)) for n in range(4))),
        pressed("a", "b", "c", "d"),
        131009,
    ),
    "no button": ("buttons", lambda: buttons(buttons=()), pressed(), 131009),
    "titles alike": (
        "buttons.title",
        lambda: buttons(buttons=(Button("1", "a"), Button("2", "a"))),
        pressed("a", "a"),
        131009,
    ),
    "eleven rows": (
        "rows",
        lambda: lists(sections=(Section(tuple(row(n) for n in range(11))),)),
        listed(11),
        131009,
    ),
    "eleven rows in two sections": (
        "rows",
        lambda: lists(
            sections=(Section(tuple(row(n) for n in range(6)), "a"), Section(tuple(row(n) for n in range(6, 11)), "b"))
        ),
        listed(6, 5),
        131009,
    ),
    "eleven sections": (
        "sections",
        lambda: lists(sections=tuple(Section((row(n),), "a") for n in range(11))),
        listed(*(1,) * 11),
        131009,
    ),
    "a file above a list": (
        "header",
        lambda: from_json({**to_json(lists()), "header": {"kind": "image", "link": URL}}),
        listed(1, header={"type": "image", "image": {"link": URL}}),
        131009,
    ),
    "emoji on a form's button": ("cta", lambda: flow(cta="Abrir 📋"), form(flow_cta="Abrir 📋"), 131009),
    "no data for a form": (
        "data",
        lambda: flow(screen="A", data={}),
        form(flow_action_payload={"screen": "A", "data": {}}),
        131009,
    ),
    "a form by id and name": (
        "flow_id or flow_name",
        lambda: flow(flow_name="triagem"),
        form(flow_name="triagem"),
        131009,
    ),
    "a link that opens nothing": (
        "url",
        lambda: cta(url="tel:190"),
        interactive("cta_url", {"name": "cta_url", "parameters": {"display_text": "Abrir", "url": "tel:190"}}),
        131009,
    ),
    "off the earth": (
        "latitude",
        lambda: Location(90.5, 0),
        {"type": "location", "location": {"latitude": 90.5, "longitude": 0}},
        131009,
    ),
    "two emoji words": (
        "emoji",
        lambda: Reaction("wamid.x", "ok"),
        {"type": "reaction", "reaction": {"message_id": "wamid.x", "emoji": "ok"}},
        131009,
    ),
    "a file by id and link": (
        "id or link",
        lambda: Image(id="1", link=URL),
        {"type": "image", "image": {"id": "1", "link": URL}},
        131009,
    ),
    "a file from nowhere": ("id or link", lambda: Sticker(), {"type": "sticker", "sticker": {}}, 131008),
    "a link that is none": (
        "link",
        lambda: Image(link="ftp://x"),
        {"type": "image", "image": {"link": "ftp://x"}},
        131009,
    ),
    "258 contacts": (
        "contacts",
        lambda: Contacts((Card(CardName("A")),) * 258),
        {"type": "contacts", "contacts": [CARD] * 258},
        131009,
    ),
    "an eleventh button of a template": (
        "buttons.index",
        lambda: Template("t", buttons=(QuickReply(10, "x"),)),
        template_of(
            type="button", sub_type="quick_reply", index="10", parameters=[{"type": "payload", "payload": "x"}]
        ),
        131009,
    ),
    "a line break in a template": (
        "parameters",
        lambda: Template("t", ("a\nb",)),
        template_of(type="body", parameters=[{"type": "text", "text": "a\nb"}]),
        132012,
    ),
    "a template's name in capitals": (
        "name",
        lambda: Template("Lembrete"),
        {"type": "template", "template": {"name": "Lembrete", "language": {"code": "pt_BR"}}},
        131009,
    ),
    "an empty text": ("body", lambda: Text(" "), {"type": "text", "text": {"body": " "}}, 100),
}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_holds_on_both_sides(meta: World, name: str) -> None:
    field, make, raw, code = RULES[name]
    with pytest.raises(ContentError) as refused:
        make()
    assert refused.value.field == field
    answer = meta.send(**raw)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


def test_a_reaction_answers_nothing_on_either_side(meta: World) -> None:
    with pytest.raises(ContentError) as refused:
        check_context(Reaction("wamid.x", "👍"), "wamid.x")
    assert refused.value.field == "context"
    raw = {**Reaction("wamid.x", "👍").payload(), "context": {"message_id": "wamid.x"}}
    assert meta.send(**raw).json()["error"]["code"] == 131009


@pytest.mark.parametrize("node", ["audio", "sticker"])
def test_sound_and_stickers_have_no_caption(meta: World, node: str) -> None:
    """Ours have no such field at all."""
    raw: dict[str, Any] = {"type": node, node: {"link": URL, "caption": "c"}}
    assert meta.send(**raw).json()["error"]["code"] == 100
    del raw[node]["caption"]
    assert meta.send(**raw).status_code == 200


def test_a_tracker_of_513_characters(meta: World) -> None:
    assert meta.send(biz_opaque_callback_data="m" * 512).status_code == 200
    assert meta.send(biz_opaque_callback_data="m" * 513).json()["error"]["code"] == 100


def test_ours_never_puts_an_id_into_to_nor_leaves_out_the_plus(meta: World) -> None:
    """What the simulator does with those, as Meta does: the one is lost, the other gets the business's country code."""
    lost = "BR.9900000000000001"
    with pytest.raises(ContentError):
        Recipient(wa_id=lost)
    assert Recipient(user_id=lost).payload() == {"recipient": lost}
    assert Recipient(wa_id=DALVA).payload() == {"to": f"+{DALVA}"}
    assert meta.send(to=lost).json()["contacts"] == [{"input": lost, "wa_id": "9900000000000001"}]
    template = Template("plain").payload()
    assert meta.send(to=DALVA, **template).json()["contacts"][0]["wa_id"] == f"55{DALVA}"
