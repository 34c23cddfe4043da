"""What happens when a clinic sends? POST /<version>/<phone_number_id>/messages, and who it reaches."""

from __future__ import annotations

import base64
import re
import secrets
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox import chats
from sandbox.flags import NO_MARKETING, STANDBY, has_flag, set_flag
from sandbox.graph.errors import GraphError, failure, refuse
from sandbox.graph.limits import check_envelope, check_message
from sandbox.graph.media import check_sent
from sandbox.graph.nodes import MESSAGE, need_permission, need_sendable
from sandbox.graph.numbers import json_body, number_of
from sandbox.graph.statuses import queue_failure, queue_statuses, start_sending
from sandbox.graph.template_sends import find_sendable, shown
from sandbox.patients import USER_ID, find_by_phone, find_by_user_id, match_key, shown_phone, user_id_of
from sandbox.simulator import Simulator, simulator_of
from sandbox.store import Json, Row

COUNTRY_CODE = "55"
REACTABLE_SECONDS = 30 * 24 * 3600
UNDELIVERABLE = failure(131026, "Message Undeliverable.")
NO_PROMOTIONS = failure(131050, "Recipient has chosen to stop receiving marketing messages from your business.")
NO_REACTION = failure(131009, "The message reacted to does not exist or is older than 30 days.")


@dataclass(frozen=True)
class Target:
    """Who a message is for. `answer` is the contact of the response; nobody has neither patient nor phone."""

    answer: Json
    patient: Row | None = None
    phone: str = ""


def new_wamid(phone: str = "") -> str:
    """Looks like Meta's: base64, so that it may hold "/", "+" and "="."""
    return "wamid." + base64.b64encode(f"\x1d\x18{phone}".encode() + secrets.token_bytes(18)).decode()


async def post_messages(request: Request) -> Response:
    """Sends, marks read or shows "typing": three operations behind one address, told apart for faults."""
    simulator = simulator_of(request)
    number = number_of(request, simulator)
    body = await json_body(request)
    need_permission(simulator, number, MESSAGE)
    is_mark = body.get("status") == "read"
    operation = ("typing" if "typing_indicator" in body else "mark_read") if is_mark else "messages"

    async def act() -> Response:
        if is_mark:
            return _mark_read(simulator, number, body)
        return _send(simulator, number, body, getattr(request.state, "fails_with", None))

    tracker = str(body.get("biz_opaque_callback_data") or "")
    return await simulator.guarded(request, ("graph", operation, number["slug"]), act, refuse, tracker)


def _mark_read(simulator: Simulator, number: Row, body: Json) -> Response:
    check_envelope(body)
    message_id = body.get("message_id")
    if not message_id:
        raise GraphError(131008, "Parameter 'message_id' is mandatory")
    with simulator.store.transaction():
        row = chats.mark_read(simulator.store, number=number["phone_number_id"], message_id=str(message_id))
        if row is None:
            raise GraphError(131009, "message_id is not a message received by this number")
        if "typing_indicator" in body:
            _set_typing(simulator, row, body["typing_indicator"])
    simulator.changed()
    return JSONResponse({"success": True})


def _set_typing(simulator: Simulator, row: Row, indicator: object) -> None:
    if indicator != {"type": "text"}:
        raise GraphError(131009, "typing_indicator must be {'type': 'text'}")
    until = simulator.clock.now() + chats.TYPING_SECONDS
    chats.set_typing(simulator.store, number=row["number"], patient=row["patient"], until=until)


def _send(simulator: Simulator, number: Row, body: Json, fails_with: int | None) -> Response:
    kind = check_message(body)
    need_sendable(simulator, number)
    check_sent(simulator, number, body)
    target = _find_target(simulator, number, body)
    if kind == "template":
        find_sendable(simulator, number, body["template"])
    else:
        _check_window(simulator, number, target)
    simulator.pace.take(number["phone_number_id"], target.patient["key"] if target.patient else target.phone)
    wamid = new_wamid(target.phone)
    with simulator.store.transaction():
        owed = _deliver(simulator, number, body, target, wamid, fails_with)
    start_sending(simulator, owed)
    simulator.changed()
    answer = {"messaging_product": "whatsapp", "contacts": [target.answer], "messages": [{"id": wamid}]}
    if kind == "template":
        answer["messages"] = [{"id": wamid, "message_status": "accepted"}]
    return JSONResponse(answer)


def _find_target(simulator: Simulator, number: Row, body: Json) -> Target:
    """`to` wins over `recipient`, as with Meta."""
    to, recipient = body.get("to"), body.get("recipient")
    if to is None and recipient is None:
        raise GraphError(100, "The parameter to is required.")
    if to is None:
        return _by_user_id(simulator, number, recipient)
    if not isinstance(to, str) or not to.strip():
        raise GraphError(100, "Param to must be a non-empty string.")
    if USER_ID.match(to):
        return Target({"input": to, "wa_id": re.sub(r"\D", "", to)})
    return _by_phone(simulator, number, to)


def _by_user_id(simulator: Simulator, number: Row, recipient: object) -> Target:
    if not isinstance(recipient, str) or not USER_ID.match(recipient):
        raise GraphError(131009, "recipient must be a business-scoped user id")
    patient = find_by_user_id(simulator.store, number["slug"], recipient)
    if patient is None:
        raise GraphError(131009, "recipient does not belong to this business portfolio")
    return Target({"input": recipient, "user_id": recipient}, patient)


def _by_phone(simulator: Simulator, number: Row, to: str) -> Target:
    """Without "+" the business's country code is put in front, even of a number that already has it."""
    digits = re.sub(r"\D", "", to)
    phone = digits if to.strip().startswith("+") else COUNTRY_CODE + digits
    if not len(phone) >= 8:
        raise GraphError(131009, "to is not a phone number")
    if match_key(phone) == match_key(re.sub(r"\D", "", number["display"])):
        raise GraphError(131021, "Sender and recipient are the same number")
    patient = find_by_phone(simulator.store, phone)
    wa_id = patient["wa_id"] if patient is not None else phone
    return Target({"input": to, "wa_id": wa_id}, patient, wa_id)


def _check_window(simulator: Simulator, number: Row, target: Target) -> None:
    """A business-scoped id in `to` is lost silently, so it is not judged here."""
    if target.patient is None and not target.phone:
        return
    patient = target.patient["key"] if target.patient is not None else ""
    now = simulator.clock.now()
    if not chats.is_window_open(simulator.store, number=number["phone_number_id"], patient=patient, now=now):
        details = "More than 24 hours have passed since the customer last replied to this number"
        raise GraphError(131047, details)


def _deliver(
    simulator: Simulator, number: Row, body: Json, target: Target, wamid: str, fails_with: int | None
) -> list[tuple[int, float]]:
    """Writes the message down, unless it fails on its way; the statuses that are owed."""
    status: Json = {"id": wamid}
    if body.get("biz_opaque_callback_data") is not None:
        status["biz_opaque_callback_data"] = body["biz_opaque_callback_data"]
    if target.patient is not None and fails_with is None:
        return _reach(simulator, number, body, target.patient, status)
    if not target.phone and fails_with is None:
        return []
    error = UNDELIVERABLE if fails_with is None else failure(fails_with, "simulated failure")
    status["recipient_id"] = target.phone
    return queue_failure(simulator, status, number, {"wa_id": target.phone}, error)


def _reach(simulator: Simulator, number: Row, body: Json, patient: Row, status: Json) -> list[tuple[int, float]]:
    store, place = simulator.store, {"number": number["phone_number_id"], "patient": patient["key"]}
    template = find_sendable(simulator, number, body["template"]) if body.get("type") == "template" else None
    contact = contact_of(simulator, number, patient)
    if (phone := shown_phone(store, patient)) is not None:
        status["recipient_id"] = phone
    status["recipient_user_id"] = contact["user_id"]
    is_reaction = body.get("type") == "reaction"
    if is_reaction and not _can_react(simulator, body["reaction"]["message_id"], **place):
        return queue_failure(simulator, status, number, contact, NO_REACTION)
    category = template["category"].lower() if template else "service"
    if category == "marketing" and has_flag(store, NO_MARKETING, **place):
        return queue_failure(simulator, status, number, contact, NO_PROMOTIONS)
    if category == "service":  # whoever writes freely takes the chat from Meta's agent
        set_flag(store, STANDBY, is_on=False, **place)
    chats.add_message(
        store,
        message_id=status["id"],
        direction="out",
        content=body,
        state="delivered",
        at=simulator.clock.now(),
        shown=shown(template, body["template"]) if template else None,
        **place,
    )
    chats.set_typing(store, until=0, **place)
    return queue_statuses(simulator, status, number, contact, category=category, only_sent=is_reaction)


def _can_react(simulator: Simulator, message_id: str, *, number: str, patient: str) -> bool:
    """Accepted at first; what cannot be reacted to fails later, in a status."""
    sql = "SELECT at FROM messages WHERE id = ? AND number = ? AND patient = ?"
    row = simulator.store.find(sql, message_id, number, patient)
    return row is not None and simulator.clock.now() - row["at"] <= REACTABLE_SECONDS


def contact_of(simulator: Simulator, number: Row, patient: Row) -> Json:
    """A webhook's contact; without wa_id when the patient's phone is hidden."""
    contact: Json = {"profile": {"name": patient["name"]}}
    if patient["username"]:
        contact["profile"]["username"] = patient["username"]
    if (phone := shown_phone(simulator.store, patient)) is not None:
        contact["wa_id"] = phone
    contact["user_id"] = user_id_of(simulator.store, number["slug"], patient["key"])
    return contact
