"""How does Meta call? Bodies and signatures of our own making, beside those of the simulator."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

from faults.house import Place
from faults.run import Person, Run


def envelope(place: Place, value: dict[str, Any], *, phone_number_id: str = "") -> dict[str, Any]:
    """One entry that speaks of a clinic's number."""
    metadata = {"display_phone_number": "551130000000", "phone_number_id": phone_number_id or place.phone_number_id}
    change = {"field": "messages", "value": {"messaging_product": "whatsapp", "metadata": metadata, **value}}
    return {"id": place.account_id, "changes": [change]}


def text(person: Person, words: str, wamid: str, at: int | None = None) -> dict[str, Any]:
    """What stands in `value` when somebody writes."""
    message = {
        "from": person.phone,
        "id": wamid,
        "timestamp": str(at or int(time.time())),
        "type": "text",
        "text": {"body": words},
    }
    return {"contacts": [{"wa_id": person.phone, "profile": {"name": person.name}}], "messages": [message]}


def status(wamid: str, name: str, person: Person, at: int) -> dict[str, Any]:
    """What stands in `value` when a message got somewhere."""
    told = {"id": wamid, "status": name, "timestamp": str(at), "recipient_id": person.phone}
    if name == "failed":
        told |= {"errors": [{"code": 131026, "title": "Message undeliverable"}]}  # type: ignore[dict-item]
    return {"statuses": [told]}


def body(*entries: dict[str, Any]) -> bytes:
    """A delivery's bytes."""
    return json.dumps({"object": "whatsapp_business_account", "entry": list(entries)}).encode()


def signature(payload: bytes, secret: str) -> str:
    """The header's value."""
    return "sha256=" + hmac.new(secret.encode(), payload, hashlib.sha256).hexdigest()


def post(run: Run, payload: bytes, *, path: str, signed: str | None = None) -> int:
    """One try; the HTTP status, 0 without an answer. Signed by the installation's secret unless told otherwise."""
    house = run.house
    secret = house.stack.environ["WHATSAPP_APP_SECRET"].split(",")[0]
    value = signature(payload, secret) if signed is None else signed
    headers = {"Content-Type": "application/json", **({"X-Hub-Signature-256": value} if value else {})}
    try:
        url = f"{house.stack.web_url}/webhooks/whatsapp/{path}"
        code = house.session.post(url, data=payload, headers=headers, timeout=15).status_code
    except OSError:
        return 0
    if code == 200:
        run.posted.append(hashlib.sha256(payload).hexdigest())
    return code


def post_until_taken(run: Run, payload: bytes, *, path: str, seconds: float = 60) -> None:
    """As Meta does."""
    until = time.monotonic() + seconds
    while post(run, payload, path=path) != 200:
        if time.monotonic() > until:
            raise TimeoutError("nobody took the delivery")
        time.sleep(0.1)
