"""A text with buttons to press: one to three that answer, or one that opens an address.

**Source**: Meta, Cloud API, Interactive reply buttons and CTA URL button, v24.0-v26.0.
"""

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from whatsapp.cloud_api.content.base import OutboundContent
from whatsapp.cloud_api.content.checks import count, distinct, link, within
from whatsapp.cloud_api.content.framing import Header, check_frame, interactive


@dataclass(frozen=True)
class Button:
    """`id` comes back when it is pressed."""

    id: str
    title: str


@dataclass(frozen=True)
class Buttons(OutboundContent):
    """A text with one to three buttons under it."""

    kind: ClassVar[str] = "buttons"
    body: str
    buttons: tuple[Button, ...]
    header: Header = ""
    footer: str = ""

    def __post_init__(self) -> None:
        check_frame(self.body, self.header, self.footer)
        count("buttons", self.buttons, 3)
        for button in self.buttons:
            within("buttons.id", button.id, 256)
            within("buttons.title", button.title, 20)
        distinct("buttons.title", [button.title for button in self.buttons])
        distinct("buttons.id", [button.id for button in self.buttons])

    def payload(self) -> dict[str, Any]:
        action = {"buttons": [{"type": "reply", "reply": asdict(button)} for button in self.buttons]}
        return interactive("button", action, self.body, self.header, self.footer)

    def words(self) -> str:
        return self.body


@dataclass(frozen=True)
class CtaUrl(OutboundContent):
    """A text with one button that opens `url`."""

    kind: ClassVar[str] = "cta_url"
    body: str
    display_text: str
    url: str
    header: Header = ""
    footer: str = ""

    def __post_init__(self) -> None:
        check_frame(self.body, self.header, self.footer)
        within("display_text", self.display_text, 20)
        link("url", self.url)

    def payload(self) -> dict[str, Any]:
        action = {"name": "cta_url", "parameters": {"display_text": self.display_text, "url": self.url}}
        return interactive("cta_url", action, self.body, self.header, self.footer)

    def words(self) -> str:
        return self.body
