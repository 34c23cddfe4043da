"""What does this message or status say? Meta's object to a few typed words.

Promises: never raises, whatever the object; unknown types keep their name in `type`.

**Source**: Meta, WhatsApp webhooks, messages and statuses reference, 2025-2026.
"""

from typing import Any

from whatsapp.payloads.items import Incoming, Reaction, StatusError, StatusUpdate
from whatsapp.payloads.parts import array, identifier, mapping, moment, text
from whatsapp.payloads.people import recipient_of


def incoming(payload: dict[str, Any]) -> Incoming:
    """What a person sent, from the payload of a message, echo or standby item."""
    kind = text(payload.get("type"), 64)
    node = mapping(payload.get(kind))
    choice_id, words = _choice(kind, node)
    return Incoming(
        type=kind,
        text=words or text(node.get("body")) or text(node.get("caption")),
        choice_id=choice_id,
        context_id=identifier(mapping(payload.get("context")).get("id")),
        media_id=identifier(node.get("id")),
        group_id=identifier(payload.get("group_id")),
        reaction=_reaction(kind, node),
    )


def status_of(payload: dict[str, Any]) -> StatusUpdate:
    """What became of a message we sent, from the payload of a status item."""
    pricing = payload.get("pricing")
    return StatusUpdate(
        wamid=identifier(payload.get("id")),
        status=text(payload.get("status"), 32),
        at=moment(payload.get("timestamp")),
        tracker=text(payload.get("biz_opaque_callback_data"), 512),
        recipient=recipient_of(payload),
        errors=tuple(_error(mapping(error)) for error in array(payload.get("errors"))),
        pricing=pricing if isinstance(pricing, dict) else None,
    )


def _choice(kind: str, node: dict[str, Any]) -> tuple[str, str]:
    """The id and the words of what was pressed: a button, a list row or a template's quick reply."""
    if kind == "button":
        return text(node.get("payload"), 256), text(node.get("text"))
    if kind != "interactive":
        return "", ""
    reply = mapping(node.get(text(node.get("type"), 64)))
    return text(reply.get("id"), 256), text(reply.get("title")) or text(reply.get("body"))


def _reaction(kind: str, node: dict[str, Any]) -> Reaction | None:
    if kind != "reaction":
        return None
    return Reaction(identifier(node.get("message_id")), text(node.get("emoji"), 64))


def _error(error: dict[str, Any]) -> StatusError:
    details = mapping(error.get("error_data")).get("details")
    return StatusError(
        code=identifier(error.get("code")),
        title=text(error.get("title"), 300) or text(error.get("message"), 300),
        details=text(details, 1000),
    )
