"""What does Meta post, and where to? Envelopes, escaping, signature and the callback of a number.

Non-ASCII goes out as \\uXXXX in lowercase and "/" as "\\/", and the signature covers exactly those bytes:
a receiver that signs re-dumped JSON must fail here as it would with Meta.
"""

from __future__ import annotations

import hashlib
import hmac
import json

from sandbox.delivery import Post
from sandbox.simulator import Simulator
from sandbox.store import Json, Row


def encode(payload: Json) -> bytes:
    return json.dumps(payload, separators=(",", ":")).replace("/", "\\/").encode("ascii")


def sign(body: bytes, app_secret: str) -> str:
    return "sha256=" + hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()


def callback_of(simulator: Simulator, number: Row) -> str:
    """The URL by Meta's precedence: number, then account, then app; '' while the app is not subscribed."""
    if not number["is_subscribed"]:
        return ""
    own = number["phone_callback"] or number["waba_callback"] or number["app_callback"]
    return own or f"{simulator.settings.webhook_base}/webhooks/whatsapp/{number['slug']}/"


def envelope(number: Row, value: Json, field: str = "messages") -> Json:
    metadata = {
        "display_phone_number": "".join(filter(str.isdigit, number["display"])),
        "phone_number_id": number["phone_number_id"],
    }
    value = {"messaging_product": "whatsapp", "metadata": metadata, **value}
    changes = [{"value": value, "field": field}]
    return {"object": "whatsapp_business_account", "entry": [{"id": number["waba_id"], "changes": changes}]}


def app_callback_of(simulator: Simulator, number: Row) -> str:
    """Overrides hold for `messages` only: every other field goes to the app's own address."""
    plain = {**dict(number), "phone_callback": None, "waba_callback": None}
    return callback_of(simulator, plain)  # type: ignore[arg-type]  # same keys as the row


def notice_post(simulator: Simulator, number: Row, field: str, value: Json, *, entry_id: str, at: int) -> Post:
    """A webhook of an account-level field."""
    entry = {"id": entry_id, "time": at, "changes": [{"value": value, "field": field}]}
    body = encode({"object": "whatsapp_business_account", "entry": [entry]})
    return Post(app_callback_of(simulator, number), body, _headers(simulator, body))


def signed_post(
    simulator: Simulator, number: Row, value: Json, *, field: str = "messages", delay_seconds: float = 0.0
) -> Post:
    """A webhook about one number; it carries that number's metadata."""
    body = encode(envelope(number, value, field))
    url = callback_of(simulator, number) if field == "messages" else app_callback_of(simulator, number)
    return Post(url, body, _headers(simulator, body), delay_seconds=delay_seconds)


def _headers(simulator: Simulator, body: bytes) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "User-Agent": "facebookexternalua",
        "X-Hub-Signature-256": sign(body, simulator.settings.app_secret),
    }
