"""Would Meta take this message? Every documented limit, repeated here on purpose.

The product has its own copy: sharing one would hide the same mistake on both sides.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sandbox.graph.errors import GraphError
from sandbox.graph.filled_limits import check_filled
from sandbox.graph.flow_limits import EMOJI
from sandbox.graph.interactive_limits import check_interactive
from sandbox.graph.parts import check_file, list_of, node_of, text_of
from sandbox.store import Json

CAPTION_CHARS = 1024
# Each kind of file, and the keys it may have beside id or link.
MEDIA: dict[str, tuple[str, ...]] = {
    "image": ("caption",),
    "video": ("caption",),
    "document": ("caption", "filename"),
    "audio": ("voice",),
    "sticker": (),
}
BIRTHDAY = re.compile(r"^\d{4}-\d\d-\d\d$")


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
        check_file(media, MEDIA[kind], kind)
        if media.get("caption") is not None:
            text_of(media, "caption", CAPTION_CHARS, f"{kind}.caption")
        if not isinstance(media.get("voice", False), bool):
            raise GraphError(100, "Param audio['voice'] must be a boolean.")

    return check


def _check_reaction(reaction: Json) -> None:
    text_of(reaction, "message_id", 1000, "reaction.message_id")
    emoji = reaction.get("emoji", "")
    if not isinstance(emoji, str) or (emoji and (not EMOJI.search(emoji) or re.search(r"\s|[^\W\d_]", emoji))):
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
        if len(name) < 2:
            raise GraphError(131008, "contacts.name needs one more part beside formatted_name")
        if "birthday" in contact and not BIRTHDAY.match(str(contact["birthday"])):
            raise GraphError(131009, "contacts.birthday must be YYYY-MM-DD")


CHECKS: dict[str, Callable[[Json], None]] = {
    "text": _check_text,
    **{kind: _check_media(kind) for kind in MEDIA},
    "reaction": _check_reaction,
    "location": _check_location,
    "contacts": _check_contacts,
    "interactive": check_interactive,
    "template": check_filled,
}
