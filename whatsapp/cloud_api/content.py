"""What we send: typed content within Meta's limits, as the JSON that the Graph API takes.

Promises: a content that exists can be sent: the limits are checked when it is made, and breaking one raises
`ContentError`, which names the field. `to_json`/`from_json` keep a content in the outbox between the two.

**Source**: Meta, Cloud API, Messages (text, interactive buttons, interactive list, template), v24.0-v26.0.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from atendeai.common.errors import Rejected


class ContentError(Rejected):
    """This content can never be sent: `field` breaks `limit`. Nothing went out."""

    def __init__(self, field: str, limit: str) -> None:
        super().__init__("whatsapp", "messages", code="content", detail=f"{field}: {limit}")
        self.field = field
        self.limit = limit


@dataclass(frozen=True)
class Text:
    body: str
    preview_url: bool = False

    def __post_init__(self) -> None:
        _within("text.body", self.body, 4096)

    def payload(self) -> dict[str, Any]:
        return {"type": "text", "text": {"body": self.body, "preview_url": self.preview_url}}


@dataclass(frozen=True)
class Button:
    id: str
    title: str


@dataclass(frozen=True)
class Buttons:
    """A text with one to three buttons under it."""

    body: str
    buttons: tuple[Button, ...]
    header: str = ""
    footer: str = ""

    def __post_init__(self) -> None:
        _within("body", self.body, 1024)
        _frame(self.header, self.footer)
        _count("buttons", self.buttons, 3)
        _distinct("buttons.title", [button.title for button in self.buttons])
        _distinct("buttons.id", [button.id for button in self.buttons])
        for button in self.buttons:
            _within("buttons.id", button.id, 256)
            _within("buttons.title", button.title, 20)

    def payload(self) -> dict[str, Any]:
        action = {"buttons": [{"type": "reply", "reply": asdict(button)} for button in self.buttons]}
        return _interactive("button", self.body, self.header, self.footer, action)


@dataclass(frozen=True)
class Row:
    id: str
    title: str
    description: str = ""

    def payload(self) -> dict[str, str]:
        return {key: value for key, value in asdict(self).items() if value}


@dataclass(frozen=True)
class Section:
    rows: tuple[Row, ...]
    title: str = ""


@dataclass(frozen=True)
class ListMessage:
    """A text with one button that opens up to ten rows, over all sections together."""

    body: str
    button: str
    sections: tuple[Section, ...]
    header: str = ""
    footer: str = ""

    def __post_init__(self) -> None:
        _within("body", self.body, 4096)
        _within("button", self.button, 20)
        _frame(self.header, self.footer)
        _count("sections", self.sections, 10)
        rows = [row for section in self.sections for row in section.rows]
        _count("rows", rows, 10)
        _distinct("rows.id", [row.id for row in rows])
        for section in self.sections:
            _count("section.rows", section.rows, 10)
            # Meta asks for titles as soon as there are two sections to tell apart.
            _within("section.title", section.title, 24, optional=len(self.sections) == 1)
        for row in rows:
            _within("rows.id", row.id, 200)
            _within("rows.title", row.title, 24)
            _within("rows.description", row.description, 72, optional=True)

    def payload(self) -> dict[str, Any]:
        sections = [
            ({"title": section.title} if section.title else {}) | {"rows": [row.payload() for row in section.rows]}
            for section in self.sections
        ]
        action = {"button": self.button, "sections": sections}
        return _interactive("list", self.body, self.header, self.footer, action)


@dataclass(frozen=True)
class Template:
    """An approved template with positional body parameters, and one payload per quick-reply button."""

    name: str
    parameters: tuple[str, ...] = ()
    button_payloads: tuple[str, ...] = ()
    language: str = "pt_BR"

    def __post_init__(self) -> None:
        _within("template.name", self.name, 512)
        _within("template.language", self.language, 15)
        for parameter in self.parameters:
            _within("template.parameters", parameter, 1024)
        _count("template.button_payloads", self.button_payloads, 10, optional=True)
        for payload in self.button_payloads:
            _within("template.button_payloads", payload, 256)

    def payload(self) -> dict[str, Any]:
        body = [{"type": "text", "text": parameter} for parameter in self.parameters]
        components: list[dict[str, Any]] = [{"type": "body", "parameters": body}] if body else []
        components += [
            {
                "type": "button",
                "sub_type": "quick_reply",
                "index": str(index),
                "parameters": [{"type": "payload", "payload": payload}],
            }
            for index, payload in enumerate(self.button_payloads)
        ]
        template = {"name": self.name, "language": {"code": self.language}, "components": components}
        return {"type": "template", "template": template}


OutboundContent = Text | Buttons | ListMessage | Template
_KINDS: dict[str, type[OutboundContent]] = {
    "text": Text,
    "buttons": Buttons,
    "list": ListMessage,
    "template": Template,
}


def to_json(content: OutboundContent) -> dict[str, Any]:
    """The content as plain JSON values with its `kind`, for a column."""
    kind = next(name for name, shape in _KINDS.items() if isinstance(content, shape))
    return {"kind": kind, **asdict(content)}


def from_json(stored: dict[str, Any]) -> OutboundContent:
    """The content that `to_json` wrote; ContentError when it is something else."""
    fields = {key: value for key, value in stored.items() if key != "kind"}
    try:
        return _KINDS[stored["kind"]](**{key: _thawed(key, value) for key, value in fields.items()})
    except (KeyError, TypeError) as error:
        raise ContentError("content", "is not one that was stored by to_json") from error


def _thawed(key: str, value: Any) -> Any:
    if not isinstance(value, list | tuple):
        return value
    shapes: dict[str, Any] = {"buttons": Button, "rows": Row, "sections": Section}
    if key not in shapes:
        return tuple(value)
    return tuple(shapes[key](**{inner: _thawed(inner, part) for inner, part in one.items()}) for one in value)


def _interactive(kind: str, body: str, header: str, footer: str, action: dict[str, Any]) -> dict[str, Any]:
    interactive: dict[str, Any] = {"type": kind, "body": {"text": body}, "action": action}
    if header:
        interactive["header"] = {"type": "text", "text": header}
    if footer:
        interactive["footer"] = {"text": footer}
    return {"type": "interactive", "interactive": interactive}


def _frame(header: str, footer: str) -> None:
    _within("header", header, 60, optional=True)
    _within("footer", footer, 60, optional=True)


def _within(field: str, text: str, most: int, *, optional: bool = False) -> None:
    if not optional and not text.strip():
        raise ContentError(field, "is empty")
    if len(text) > most:
        raise ContentError(field, f"is longer than {most} characters")


def _count(field: str, parts: Sequence[object], most: int, *, optional: bool = False) -> None:
    if not optional and not parts:
        raise ContentError(field, "has none")
    if len(parts) > most:
        raise ContentError(field, f"has more than {most}")


def _distinct(field: str, texts: Sequence[str]) -> None:
    if len(set(texts)) != len(texts):
        raise ContentError(field, "repeats")
