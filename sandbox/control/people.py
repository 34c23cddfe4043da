"""A patient takes the phone: writes, presses, reads the chat."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox import chats
from sandbox.control.bodies import ControlError, control_json, only
from sandbox.graph.inbound import choice_message, with_quote, write
from sandbox.graph.inbound_files import file_message
from sandbox.patients import create_patient, find_patient, user_id_of
from sandbox.simulator import Simulator, simulator_of
from sandbox.store import Json, Row

KINDS = ("text", "button", "list", "raw", "file")


def number_by_slug(simulator: Simulator, slug: object) -> Row:
    row = simulator.store.find("SELECT * FROM numbers WHERE slug = ?", slug if isinstance(slug, str) else "")
    if row is None:
        raise ControlError(f"no number has the slug {slug!r}; POST /control/numbers makes one")
    return row


async def post_message(request: Request) -> Response:
    """POST /control/patients/<who>/messages: the patient writes, the signed webhook goes out."""
    simulator = simulator_of(request)
    body = await control_json(request)
    only(body, "to", "name", "reply_to", "group", *KINDS)
    number = number_by_slug(simulator, body.get("to"))
    given = [kind for kind in KINDS if kind in body]
    if len(given) != 1:
        raise ControlError(f"give exactly one of {', '.join(KINDS)}")
    try:
        patient = _patient(simulator, request.path_params["who"], body, number)
        message = message_of(simulator, number, patient, given[0], body[given[0]])
        if body.get("reply_to") is not None:
            message = with_quote(simulator, number, patient, message, body["reply_to"])
        message = _in_group(message, body.get("group"))
    except ValueError as error:
        raise ControlError(str(error)) from error
    message_id, status = await write(simulator, number, patient, message)
    return JSONResponse({"id": message_id, "webhook_status": status})


def _in_group(message: Json, group: object) -> Json:
    """The message as one that is written in a group which the clinic is in, too."""
    if group is None:
        return message
    if not isinstance(group, str) or not group:
        raise ValueError("group must be the id of a group")
    return {**message, "group_id": group}


def _patient(simulator: Simulator, who: str, body: Json, number: Row) -> Row:
    name = body.get("name")
    if name is not None and (not isinstance(name, str) or not name):
        raise ValueError("name must be a text")
    patient = find_patient(simulator.store, who)
    if patient is None:
        return create_patient(simulator.store, who, slug=number["slug"], name=name)
    if name and name != patient["name"]:
        simulator.store.run("UPDATE patients SET name = ? WHERE key = ?", name, patient["key"])
        patient = find_patient(simulator.store, who)
    assert patient is not None  # noqa: S101 - found above
    return patient


def message_of(simulator: Simulator, number: Row, patient: Row, kind: str, value: object) -> Json:
    """The message object of one of KINDS. Raises ValueError in words."""
    if kind == "raw":
        if not isinstance(value, dict):
            raise ValueError("raw must be a message object")
        return value
    if kind == "file":
        return file_message(simulator, number, value)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{kind} must be a text")
    if kind == "text":
        return {"type": "text", "text": {"body": value}}
    return choice_message(simulator, number, patient, kind=kind, choice=value)


async def get_messages(request: Request) -> Response:
    """GET the same with ?with=<slug>: the chat, oldest first."""
    simulator = simulator_of(request)
    number = number_by_slug(simulator, request.query_params.get("with"))
    patient = find_patient(simulator.store, request.path_params["who"])
    if patient is None:
        return JSONResponse({"messages": []})
    place = {"number": number["phone_number_id"], "patient": patient["key"]}
    return JSONResponse({"messages": chats.list_messages(simulator.store, **place)})


async def list_patients(request: Request) -> Response:
    """`user_id` is the one in Aurora's portfolio; `user_ids` holds it for every clinic."""
    simulator = simulator_of(request)
    slugs = [row["slug"] for row in simulator.store.list("SELECT slug FROM numbers ORDER BY rowid")]
    rows = simulator.store.list("SELECT * FROM patients ORDER BY position")
    return JSONResponse({"patients": [_show(simulator, row, slugs) for row in rows]})


def _show(simulator: Simulator, row: Row, slugs: list[str]) -> Json:
    user_ids = {slug: user_id_of(simulator.store, slug, row["key"]) for slug in slugs}
    return {
        "phone": row["key"] if row["wa_id"] is not None else None,
        "wa_id": row["wa_id"],
        "user_id": row["key"] if row["wa_id"] is None else user_ids[slugs[0]],
        "user_ids": user_ids,
        "name": row["name"],
        "username": row["username"],
    }
