"""How does a content wait in a column? As plain JSON with its `kind`, without what is left at its default.

Rows that older versions stored still load.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from whatsapp.cloud_api.content.asking import ContactRequest, LocationRequest
from whatsapp.cloud_api.content.base import OutboundContent
from whatsapp.cloud_api.content.buttons import Buttons, CtaUrl
from whatsapp.cloud_api.content.cards import Contacts
from whatsapp.cloud_api.content.checks import ContentError
from whatsapp.cloud_api.content.flows import Flow
from whatsapp.cloud_api.content.lists import ListMessage
from whatsapp.cloud_api.content.media import Audio, Document, Image, Sticker, Video
from whatsapp.cloud_api.content.places import Location
from whatsapp.cloud_api.content.reactions import Reaction
from whatsapp.cloud_api.content.reading import read
from whatsapp.cloud_api.content.templates import Template
from whatsapp.cloud_api.content.text import Text

_SHAPES: tuple[type[OutboundContent], ...] = (
    *(Text, Buttons, ListMessage, Template),
    *(Image, Document, Audio, Video, Sticker),
    *(Location, Contacts, Reaction),
    *(CtaUrl, LocationRequest, ContactRequest, Flow),
)
KINDS: dict[str, type[OutboundContent]] = {shape.kind: shape for shape in _SHAPES}


def to_json(content: OutboundContent) -> dict[str, Any]:
    """The content as plain JSON values with its `kind`, for a column."""
    plain: dict[str, Any] = _frozen(content)
    return plain


def from_json(stored: Mapping[str, Any]) -> OutboundContent:
    """The content of such an object, ours or a caller's; ContentError names the field that does not fit."""
    kind = stored.get("kind")
    shape = KINDS.get(kind) if isinstance(kind, str) else None
    if shape is None:
        raise ContentError("type", "must be one of %(words)s", words=", ".join(KINDS))
    if shape is Template and "button_payloads" in stored:
        stored = _with_buttons(stored)
    return read(shape, stored)


def _with_buttons(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Until November 2026 a template held one payload per quick-reply button."""
    rest = {key: value for key, value in stored.items() if key != "button_payloads"}
    payloads = stored["button_payloads"]
    if not isinstance(payloads, list | tuple):
        raise ContentError("button_payloads", "must be a list")
    buttons = [{"kind": "quick_reply", "index": at, "payload": one} for at, one in enumerate(payloads)]
    return {**rest, "buttons": buttons}


def _frozen(part: Any) -> Any:
    if isinstance(part, tuple):
        return [_frozen(one) for one in part]
    if not is_dataclass(part):
        return part
    kind = getattr(part, "kind", None)
    plain: dict[str, Any] = {"kind": kind} if kind else {}
    for field in fields(part):
        value = getattr(part, field.name)
        if field.default is MISSING or value != field.default:
            plain[field.name] = _frozen(value)
    return plain
