"""What does this message or status say? Meta's object to a few typed words.

Promises: never raises, whatever the object; unknown types keep their name in `type`.

**Source**: Meta, WhatsApp webhooks, messages and statuses reference, 2025-2026.
"""

from typing import Any

from whatsapp.payloads.contents import cards_of, cards_text, form_text, order_text, place_text
from whatsapp.payloads.items import Incoming, Reaction, Referral, StatusError, StatusUpdate
from whatsapp.payloads.parts import array, identifier, mapping, moment, text
from whatsapp.payloads.people import recipient_of

_REPLIES = frozenset({"button_reply", "list_reply"})


def incoming(payload: dict[str, Any]) -> Incoming:
    """What a person sent, from the payload of a message, echo or standby item."""
    return _incoming(payload, may_be_edited=True)


def _incoming(payload: dict[str, Any], *, may_be_edited: bool) -> Incoming:
    kind = text(payload.get("type"), 64)
    node = mapping(payload.get(kind))
    subtype = _subtype(kind, node)
    context = mapping(payload.get("context"))
    edited = node.get("message") if kind == "edit" and may_be_edited else None
    return Incoming(
        type=kind,
        text=_text(kind, subtype, payload, node),
        subtype=subtype,
        choice_id=_choice_id(kind, subtype, node),
        context_id=identifier(context.get("id")),
        media_id=identifier(node.get("id")),
        group_id=identifier(payload.get("group_id")),
        reaction=_reaction(kind, node),
        cards=cards_of(payload) if kind == "contacts" else (),
        target_id=identifier(node.get("original_message_id")) if kind in ("edit", "revoke") else "",
        edited=_incoming(edited, may_be_edited=False) if isinstance(edited, dict) else None,
        referral=_referral(payload.get("referral")),
        forwarded=_forwarded(context),
        errors=errors_of(payload),
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
        errors=errors_of(payload),
        pricing=pricing if isinstance(pricing, dict) else None,
    )


def errors_of(payload: dict[str, Any]) -> tuple[StatusError, ...]:
    """The errors that an object carries."""
    return tuple(error_of(mapping(error)) for error in array(payload.get("errors")))


def error_of(error: dict[str, Any]) -> StatusError:
    """One error as Meta writes it."""
    details = mapping(error.get("error_data")).get("details")
    return StatusError(
        code=identifier(error.get("code")),
        title=text(error.get("title"), 300) or text(error.get("message"), 300),
        details=text(details, 1000),
    )


def _subtype(kind: str, node: dict[str, Any]) -> str:
    return text(node.get("type"), 64) if kind in ("interactive", "unsupported", "system") else ""


def _text(kind: str, subtype: str, payload: dict[str, Any], node: dict[str, Any]) -> str:
    """What there is to read."""
    if kind == "location":
        return place_text(node)
    if kind == "contacts":
        return cards_text(cards_of(payload))
    if kind == "order":
        return order_text(node)
    if kind == "button":
        return text(node.get("text"))
    if kind == "interactive":
        reply = mapping(node.get(subtype))
        return form_text(reply) if subtype == "nfm_reply" else text(reply.get("title"))
    return text(node.get("body")) or text(node.get("caption"))


def _choice_id(kind: str, subtype: str, node: dict[str, Any]) -> str:
    """The id of what was pressed: a button, a list row or a template's quick reply."""
    if kind == "button":
        return text(node.get("payload"), 256)
    return text(mapping(node.get(subtype)).get("id"), 256) if subtype in _REPLIES else ""


def _reaction(kind: str, node: dict[str, Any]) -> Reaction | None:
    if kind != "reaction":
        return None
    return Reaction(identifier(node.get("message_id")), text(node.get("emoji"), 64))


def _referral(value: Any) -> Referral | None:
    if not isinstance(value, dict):
        return None
    return Referral(
        source_type=text(value.get("source_type"), 20),
        headline=text(value.get("headline"), 300),
        body=text(value.get("body"), 1000),
        url=text(value.get("source_url"), 2000),
    )


def _forwarded(context: dict[str, Any]) -> str:
    if context.get("frequently_forwarded") is True:
        return "often"
    return "once" if context.get("forwarded") is True else ""
