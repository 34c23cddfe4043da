"""Webhook bodies as Meta writes them, signed as Meta signs them."""

import json
from itertools import count
from typing import Any

from whatsapp.signature import sign

_ids = count(1)


def text_message(sender: str, body: str, *, wamid: str = "", timestamp: int = 1_795_000_000) -> dict[str, Any]:
    """A message object of type text."""
    return {
        "from": sender,
        "id": wamid or f"wamid.test{next(_ids)}",
        "timestamp": str(timestamp),
        "type": "text",
        "text": {"body": body},
    }


def choice_message(sender: str, choice_id: str, title: str, *, kind: str = "button", wamid: str = "") -> dict[str, Any]:
    """A pressed button (`kind="button"`) or a chosen row (`kind="list"`)."""
    reply = {"type": f"{kind}_reply", f"{kind}_reply": {"id": choice_id, "title": title}}
    message = text_message(sender, "", wamid=wamid)
    del message["text"]
    return {**message, "type": "interactive", "interactive": reply}


def status(wamid: str, name: str, *, tracker: str = "", timestamp: int = 1_795_000_100) -> dict[str, Any]:
    """A status object."""
    extra = {"biz_opaque_callback_data": tracker} if tracker else {}
    return {
        "id": wamid,
        "status": name,
        "timestamp": str(timestamp),
        "recipient_id": "5511987650001",
        **extra,
    }


def change(
    phone_number_id: str,
    *,
    messages: list[dict[str, Any]] | None = None,
    statuses: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """One entry of a delivery for this number, with a contact for every sender."""
    value: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "551130000001", "phone_number_id": phone_number_id},
    }
    if messages:
        senders = sorted({message["from"] for message in messages if message.get("from")})
        value["contacts"] = [{"wa_id": sender, "profile": {"name": "Fulana"}} for sender in senders]
        value["messages"] = messages
    if statuses:
        value["statuses"] = statuses
    return {"id": "200000000000001", "changes": [{"field": "messages", "value": value}]}


def body(*entries: dict[str, Any]) -> bytes:
    """A delivery's bytes: ASCII with escapes, as Meta sends."""
    delivery = {"object": "whatsapp_business_account", "entry": list(entries)}
    return json.dumps(delivery, ensure_ascii=True, separators=(",", ":")).replace("/", "\\/").encode()


def signature(payload: bytes, secret: str) -> str:
    """The header's value."""
    return f"sha256={sign(payload, secret)}"
