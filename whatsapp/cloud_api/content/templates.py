"""An approved template with what is filled into it: header, body and buttons.

**Source**: Meta, Cloud API, Template messages, v24.0-v26.0.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from whatsapp.cloud_api.content.base import OutboundContent
from whatsapp.cloud_api.content.checks import ContentError, count, distinct, parameter, within
from whatsapp.cloud_api.content.media import Document, Image, Video
from whatsapp.cloud_api.content.places import Location

_NAME = re.compile(r"[a-z0-9_]+", re.ASCII)
MOST_BUTTONS = 10
LONGEST_HEADER = 60


@dataclass(frozen=True)
class Named:
    """A value for a template whose parameters have names."""

    name: str
    text: str


@dataclass(frozen=True)
class QuickReply:
    """`payload` comes back when the button at `index` (from 0) is pressed."""

    kind: ClassVar[str] = "quick_reply"
    index: int
    payload: str

    def parameters(self) -> list[dict[str, Any]]:
        return [{"type": "payload", "payload": self.payload}]

    def check(self) -> None:
        within("buttons.payload", self.payload, 256)


@dataclass(frozen=True)
class UrlPart:
    """What is put at the end of the button's address."""

    kind: ClassVar[str] = "url"
    index: int
    text: str

    def parameters(self) -> list[dict[str, Any]]:
        return [{"type": "text", "text": self.text}]

    def check(self) -> None:
        parameter("buttons.text", self.text, 2000)


@dataclass(frozen=True)
class CopyCode:
    """What is copied."""

    kind: ClassVar[str] = "copy_code"
    index: int
    code: str

    def parameters(self) -> list[dict[str, Any]]:
        return [{"type": "coupon_code", "coupon_code": self.code}]

    def check(self) -> None:
        within("buttons.code", self.code, 20)


@dataclass(frozen=True)
class FlowStart:
    """What the form behind the button is given."""

    kind: ClassVar[str] = "flow"
    index: int
    token: str = "unused"  # noqa: S105 - Meta's own default, no secret
    data: Mapping[str, Any] | None = field(default=None, hash=False)

    def parameters(self) -> list[dict[str, Any]]:
        data = {"flow_action_data": dict(self.data)} if self.data else {}
        return [{"type": "action", "action": {"flow_token": self.token, **data}}]

    def check(self) -> None:
        within("buttons.token", self.token, 200)
        if self.data is not None and not self.data:
            raise ContentError("buttons.data", "is empty: leave it out")


TemplateButton = QuickReply | UrlPart | CopyCode | FlowStart
TemplateHeader = str | Named | Image | Video | Document | Location


@dataclass(frozen=True)
class Template(OutboundContent):
    """`parameters`: texts in order, or all of them named. `header` only if the template's header takes something."""

    kind: ClassVar[str] = "template"
    name: str
    parameters: tuple[str | Named, ...] = ()
    buttons: tuple[TemplateButton, ...] = ()
    language: str = "pt_BR"
    header: TemplateHeader = ""

    def __post_init__(self) -> None:
        within("name", self.name, 512)
        if not _NAME.fullmatch(self.name):
            raise ContentError("name", "may hold a-z, 0-9 and _ only")
        within("language", self.language, 15)
        self._check_parameters()
        self._check_header()
        count("buttons", self.buttons, MOST_BUTTONS, optional=True)
        distinct("buttons.index", [button.index for button in self.buttons])
        for button in self.buttons:
            if not 0 <= button.index < MOST_BUTTONS:
                raise ContentError("buttons.index", "must be from 0 to %(most)s", most=MOST_BUTTONS - 1)
            button.check()

    def _check_parameters(self) -> None:
        for one in self.parameters:
            _check_parameter("parameters", one, 1024)
        names = [one.name for one in self.parameters if isinstance(one, Named)]
        if names and len(names) != len(self.parameters):
            raise ContentError("parameters", "are named all or none")
        distinct("parameters.name", names)

    def _check_header(self) -> None:
        if isinstance(self.header, str | Named):
            if self.header:
                _check_parameter("header", self.header, LONGEST_HEADER)
        elif isinstance(self.header, Image | Video | Document) and self.header.caption:
            raise ContentError("header.caption", "a file in a header has none")

    def payload(self) -> dict[str, Any]:
        components = [
            *_component("header", [_header(self.header)] if self.header else []),
            *_component("body", [_text(one) for one in self.parameters]),
            *(_button(button) for button in self.buttons),
        ]
        template = {"name": self.name, "language": {"code": self.language}, "components": components}
        return {"type": "template", "template": template}

    def words(self) -> str:
        """The values filled in: the text around them is the template's own."""
        values = (one.text if isinstance(one, Named) else one for one in self.parameters)
        return f"[{self.name}] {' · '.join(values)}".strip()


def _check_parameter(name: str, value: str | Named, most: int) -> None:
    if isinstance(value, str):
        parameter(name, value, most)
        return
    parameter(f"{name}.text", value.text, most)
    within(f"{name}.name", value.name, 512)
    if not _NAME.fullmatch(value.name):
        raise ContentError(f"{name}.name", "may hold a-z, 0-9 and _ only")


def _component(kind: str, parameters: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"type": kind, "parameters": parameters}] if parameters else []


def _text(value: str | Named) -> dict[str, Any]:
    if isinstance(value, Named):
        return {"type": "text", "parameter_name": value.name, "text": value.text}
    return {"type": "text", "text": value}


def _header(header: TemplateHeader) -> dict[str, Any]:
    if isinstance(header, str | Named):
        return _text(header)
    return {"type": header.kind, header.kind: header.node()}


def _button(button: TemplateButton) -> dict[str, Any]:
    return {
        "type": "button",
        "sub_type": button.kind,
        "index": str(button.index),
        "parameters": button.parameters(),
    }
