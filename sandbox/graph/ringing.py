"""What does the app hear when a patient calls the clinic's number on WhatsApp? It rings; nobody takes it, or somebody
does on the clinic's own telephone, since the app takes none.

Shapes: field calls of Meta's webhooks reference, events connect and terminate. As a message does, a call opens the
24-hour window. Like every field but `messages` it goes to the app's own address.
"""

from __future__ import annotations

import secrets

from sandbox import chats
from sandbox.delivery import Post
from sandbox.graph.inbound import digits_of, owe, send_first
from sandbox.graph.messages import contact_of
from sandbox.graph.webhooks import signed_post
from sandbox.patients import shown_phone
from sandbox.simulator import Simulator
from sandbox.store import Json, Row

RING_SECONDS = 2.0
OFFER = {
    "sdp_type": "offer",
    "sdp": "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n",
}


async def ring(
    simulator: Simulator, number: Row, patient: Row, *, answered_seconds: int | None = None
) -> tuple[str, int]:
    """The call's id, and the HTTP status of the webhook that says it rings. That it ended follows, at once even when
    it is said to have lasted `answered_seconds`."""
    contact = contact_of(simulator, number, patient)
    call = _call(simulator, number, patient, contact)
    with simulator.store.transaction():
        _record(simulator, number, patient, call, answered_seconds)
        owed = owe(simulator, _post(simulator, number, contact, {**call, "event": "connect", "session": OFFER}))
        end = {**call, "event": "terminate", **_end(call, answered_seconds)}
        wait = RING_SECONDS / simulator.settings.times_divided_by
        ended = _post(simulator, number, contact, end, delay_seconds=wait)
        over = [simulator.poster.keep(ended)] if ended.url else []
    simulator.changed()
    status = await send_first(simulator, owed)
    simulator.poster.send_in_order(over, wait)
    return call["id"], status


def _call(simulator: Simulator, number: Row, patient: Row, contact: Json) -> Json:
    phone = shown_phone(simulator.store, patient)
    return {
        "id": f"wacid.{secrets.token_hex(16).upper()}",
        "to": digits_of(number),
        **({"from": phone} if phone is not None else {}),
        "from_user_id": contact["user_id"],
        "timestamp": str(int(simulator.clock.now())),
        "direction": "USER_INITIATED",
    }


def _end(call: Json, answered_seconds: int | None) -> Json:
    if answered_seconds is None:
        return {"status": "FAILED"}
    start = int(call["timestamp"])
    times = {"start_time": str(start), "end_time": str(start + answered_seconds), "duration": answered_seconds}
    return {"status": "COMPLETED", **times}


def _post(simulator: Simulator, number: Row, contact: Json, call: Json, *, delay_seconds: float = 0.0) -> Post:
    value = {"contacts": [contact], "calls": [call]}
    return signed_post(simulator, number, value, field="calls", delay_seconds=delay_seconds)


def _record(simulator: Simulator, number: Row, patient: Row, call: Json, answered_seconds: int | None) -> None:
    place = {"number": number["phone_number_id"], "patient": patient["key"]}
    now = simulator.clock.now()
    told: Json = {"status": "unanswered"}
    if answered_seconds is not None:
        told = {"status": "completed", "seconds": answered_seconds}
    content = {"type": "call", "call": told}
    chats.add_message(
        simulator.store, message_id=call["id"], direction="in", content=content, state="sent", at=now, **place
    )
    chats.note_written(simulator.store, at=now, **place)
