"""A patient becomes another in the eyes of clinics: takes a user name, changes the number, gets a new id or phone."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.control.bodies import ControlError, control_json
from sandbox.graph.messages import new_wamid
from sandbox.graph.webhooks import signed_post
from sandbox.patients import (
    change_number,
    find_patient,
    hide_phone,
    keep_one_form,
    renew_user_ids,
    show_phone,
    shown_phone,
    user_id_of,
)
from sandbox.simulator import Simulator, simulator_of
from sandbox.store import Json, Row


@dataclass(frozen=True)
class Told:
    """What each clinic that knows the patient is told: a system message for the number's portfolio, if any."""

    patient: Row
    message_of: Callable[[Row], Json | None]


async def change_identity(request: Request) -> Response:
    """POST /control/patients/<who>/identity with one of `username` (hides the phone), `shows_phone`, `number`,
    `new_user_id`, `new_device`, `one_form`. Answers with the webhooks' HTTP statuses by clinic."""
    simulator = simulator_of(request)
    body = await control_json(request)
    if len(body) != 1 or next(iter(body)) not in CHANGES:
        raise ControlError(f"give exactly one of {', '.join(CHANGES)}")
    patient = find_patient(simulator.store, request.path_params["who"])
    if patient is None:
        raise ControlError("nobody has this phone or id", 404)
    name, value = next(iter(body.items()))
    try:
        with simulator.store.transaction():
            told = CHANGES[name](simulator, patient, value)
    except ValueError as error:
        raise ControlError(str(error)) from error
    simulator.changed()
    return JSONResponse({"webhooks": await _tell(simulator, told)})


def _username(simulator: Simulator, patient: Row, value: object) -> Told:
    if not isinstance(value, str) or not value:
        raise ValueError("username must be a text")
    hide_phone(simulator.store, patient, value)
    return _nothing(patient)


def _shows_phone(simulator: Simulator, patient: Row, _value: object) -> Told:
    show_phone(simulator.store, patient)
    return _nothing(patient)


def _one_form(simulator: Simulator, patient: Row, _value: object) -> Told:
    keep_one_form(simulator.store, patient)
    return _nothing(patient)


def _number(simulator: Simulator, patient: Row, value: object) -> Told:
    """The id goes with the number. Who hides the phone shows only that the id changed."""
    if not isinstance(value, str):
        raise ValueError("number must be digits")
    old_phone = shown_phone(simulator.store, patient)
    moved = change_number(simulator.store, patient, value)
    ids = renew_user_ids(simulator.store, moved)

    def message_of(number: Row) -> Json | None:
        if number["slug"] not in ids:
            return None
        before, after = ids[number["slug"]]
        if old_phone is None:
            return _id_changed(before, after)
        told = {
            "body": f"{patient['name']} changed from {old_phone} to {value}",
            "type": "user_changed_number",
            "wa_id": value,
            "previous_user_id": before,
            "user_id": after,
        }
        return {"from": old_phone, "type": "system", "system": told}

    return Told(moved, message_of)


def _new_user_id(simulator: Simulator, patient: Row, _value: object) -> Told:
    ids = renew_user_ids(simulator.store, patient)
    return Told(patient, lambda number: _id_changed(*ids[number["slug"]]) if number["slug"] in ids else None)


def _new_device(simulator: Simulator, patient: Row, _value: object) -> Told:
    """The app was installed anew, on a phone that might be somebody else's: the security code changed."""
    phone = shown_phone(simulator.store, patient)
    made_at = int(simulator.clock.now())
    identity = {"acknowledged": False, "created_timestamp": made_at, "hash": secrets.token_urlsafe(9)}

    def message_of(number: Row) -> Json:
        told = {"body": f"{patient['name']} changed", "type": "customer_identity_changed"}
        user_id = user_id_of(simulator.store, number["slug"], patient["key"])
        sender = {"from_user_id": user_id, **({"from": phone} if phone is not None else {})}
        return {**sender, "type": "system", "system": told, "identity": identity}

    return Told(patient, message_of)


def _id_changed(before: str, after: str) -> Json:
    told = {"body": "user id changed", "type": "user_changed_user_id", "previous_user_id": before, "user_id": after}
    return {"from_user_id": after, "type": "system", "system": told}


def _nothing(patient: Row) -> Told:
    return Told(patient, lambda _number: None)


CHANGES: dict[str, Callable[[Simulator, Row, object], Told]] = {
    "username": _username,
    "shows_phone": _shows_phone,
    "number": _number,
    "new_user_id": _new_user_id,
    "new_device": _new_device,
    "one_form": _one_form,
}


async def _tell(simulator: Simulator, told: Told) -> Json:
    """Clinics whose number has a chat with the patient. System messages come without contacts."""
    sql = "SELECT n.* FROM numbers n JOIN chats c ON c.number = n.phone_number_id WHERE c.patient = ? ORDER BY n.rowid"
    statuses: Json = {}
    for number in simulator.store.list(sql, told.patient["key"]):
        message = told.message_of(number)
        if message is None:
            continue
        common = {"id": new_wamid(), "timestamp": str(int(simulator.clock.now()))}
        post = signed_post(simulator, number, {"messages": [{**message, **common}]})
        if post.url:
            kept = simulator.poster.keep(post)
            statuses[number["slug"]] = await simulator.poster.send_now(kept)
    return statuses
