"""Would Meta take this message? Every documented limit, repeated here on purpose.

The product has its own copy: sharing one would hide the same mistake on both sides.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sandbox.graph.errors import GraphError
from sandbox.graph.interactive_limits import check_interactive, list_of, node_of, text_of
from sandbox.store import Json

CAPTION_CHARS = 1024
TEMPLATE_NAME = re.compile(r"^[a-z0-9_]{1,512}$")
MEDIA = ("image", "video", "document", "audio", "sticker")


def check_message(message: Json) -> str:
    """The message's type; raises GraphError for the first limit that is broken."""
    check_envelope(message)
    kind = message.get("type", "text")
    check = CHECKS.get(kind) if isinstance(kind, str) else None
    if check is None:
        raise GraphError(100, f"Param type must be one of {{{', '.join(CHECKS).upper()}}} - got {kind!r}.")
    if kind == "contacts":
        _check_contacts(message)
    else:
        check(node_of(message, kind, kind))
    _check_context(message, kind)
    return str(kind)


def check_envelope(message: Json) -> None:
    if message.get("messaging_product") != "whatsapp":
        raise GraphError(100, "The parameter messaging_product is required.")
    if message.get("recipient_type", "individual") != "individual":
        raise GraphError(131009, "recipient_type must be 'individual'")
    tracker = message.get("biz_opaque_callback_data")
    if tracker is not None and (not isinstance(tracker, str) or len(tracker) > 512):
        raise GraphError(100, "Param biz_opaque_callback_data must be at most 512 characters long.")


def _check_context(message: Json, kind: str) -> None:
    if message.get("context") is None:
        return
    if kind == "reaction":
        raise GraphError(131009, "A reaction cannot be a contextual reply")
    text_of(node_of(message, "context", "context"), "message_id", 1000, "context.message_id")


def _check_text(text: Json) -> None:
    body = text.get("body")
    if body is None:
        raise GraphError(131008, "Parameter 'text.body' is mandatory for type 'text'")
    if not isinstance(body, str) or not body.strip():
        raise GraphError(100, "Param text['body'] must be a non-empty string.")
    if len(body) > 4096:
        raise GraphError(100, "Param text['body'] must be at most 4096 characters long.")


def _check_media(kind: str) -> Callable[[Json], None]:
    def check(media: Json) -> None:
        if ("id" in media) == ("link" in media):
            raise GraphError(131009 if "id" in media else 131008, f"{kind} needs exactly one of id or link")
        if "link" in media and not str(media["link"]).startswith(("http://", "https://")):
            raise GraphError(131009, f"{kind}.link must start with http:// or https://")
        if media.get("caption") is not None:
            if kind in ("audio", "sticker"):
                raise GraphError(100, f'Unexpected key "caption" on param {kind}.')
            text_of(media, "caption", CAPTION_CHARS, f"{kind}.caption")

    return check


def _check_reaction(reaction: Json) -> None:
    text_of(reaction, "message_id", 1000, "reaction.message_id")
    if not isinstance(reaction.get("emoji", ""), str):
        raise GraphError(131009, "reaction.emoji must be one emoji or empty")


def _check_location(location: Json) -> None:
    for name, most in (("latitude", 90), ("longitude", 180)):
        value = location.get(name)
        if value is None:
            raise GraphError(131008, f"Parameter 'location.{name}' is mandatory")
        try:
            is_on_earth = abs(float(value)) <= most
        except (TypeError, ValueError):
            is_on_earth = False
        if not is_on_earth:
            raise GraphError(131009, f"location.{name} must be a number between -{most} and {most}")


def _check_contacts(message: Json) -> None:
    for contact in list_of(message, "contacts", "contacts", 257):
        name = node_of(contact, "name", "contacts.name")
        text_of(name, "formatted_name", 1000, "contacts.name.formatted_name")


def _check_template(template: Json) -> None:
    name = template.get("name")
    if name is None:
        raise GraphError(131008, "Parameter 'template.name' is mandatory")
    if not isinstance(name, str) or not TEMPLATE_NAME.match(name):
        raise GraphError(131009, "template.name must be 1 to 512 of a-z, 0-9 and _")
    text_of(node_of(template, "language", "template.language"), "code", 20, "template.language.code")
    for component in template.get("components") or []:
        _check_component(component)


def _check_component(component: Json) -> None:
    if component.get("type") not in ("header", "body", "button"):
        raise GraphError(132012, "component type must be header, body or button")
    if component["type"] == "button" and not {"sub_type", "index"} <= set(component):
        raise GraphError(131008, "Parameters 'sub_type' and 'index' are mandatory for a button")
    for parameter in component.get("parameters") or []:
        kind = parameter.get("type")
        if kind == "text":
            _check_parameter_text(parameter)
        elif kind not in parameter:
            raise GraphError(131008, f"template parameter of type {kind!r} lacks its value")


def _check_parameter_text(parameter: Json) -> None:
    text = text_of(parameter, "text", 32768, "template parameter text")
    if re.search(r"\n|\t| {5,}", text):
        details = "Param text cannot have new-line/tab characters or more than 4 consecutive spaces"
        raise GraphError(132012, details)


CHECKS: dict[str, Callable[[Json], None]] = {
    "text": _check_text,
    **{kind: _check_media(kind) for kind in MEDIA},
    "reaction": _check_reaction,
    "location": _check_location,
    "contacts": _check_contacts,
    "interactive": check_interactive,
    "template": _check_template,
}
