"""The clinic is served without the app: from a person's phone, or by Meta's agent; and what a patient wants to get."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.control.bodies import ControlError, control_json, only
from sandbox.control.numbers import number_of
from sandbox.control.people import message_of, number_by_slug
from sandbox.flags import NO_MARKETING, STANDBY, set_flag
from sandbox.graph.coexistence import echo, refuse_history, tell_history, tell_phone_book, tell_preference
from sandbox.graph.inbound import with_quote
from sandbox.patients import find_patient
from sandbox.simulator import Simulator, simulator_of
from sandbox.store import Json, Row

KINDS = ("text", "raw", "file")
PREFERENCES = ("stop", "resume")
OLD_LINES: list[Json] = [
    {"text": "Bom dia, vocês atendem sábado?", "hours_ago": 721},
    {"text": "Bom dia! Atendemos, sim, até o meio-dia.", "is_ours": True, "hours_ago": 720},
]


async def post_echo(request: Request) -> Response:
    """POST /control/numbers/<slug>/echoes {"to": <patient>, "text" | "raw" | "file", "reply_to"?}."""
    simulator = simulator_of(request)
    number = number_of(request, simulator)
    body = await control_json(request)
    only(body, "to", "reply_to", *KINDS)
    patient = _patient(simulator, body.get("to"))
    given = [kind for kind in KINDS if kind in body]
    if len(given) != 1:
        raise ControlError(f"give exactly one of {', '.join(KINDS)}")
    try:
        message = message_of(simulator, number, patient, given[0], body[given[0]])
        if body.get("reply_to") is not None:
            message = with_quote(simulator, number, patient, message, body["reply_to"])
    except ValueError as error:
        raise ControlError(str(error)) from error
    message_id, status = await echo(simulator, number, patient, message)
    return JSONResponse({"id": message_id, "webhook_status": status})


async def post_history(request: Request) -> Response:
    """POST /control/numbers/<slug>/history {"patient", "messages": [{"text", "is_ours"?, "hours_ago"?}]} or
    {"is_refused": true}."""
    simulator = simulator_of(request)
    number = number_of(request, simulator)
    body = await control_json(request)
    only(body, "patient", "messages", "is_refused")
    if body.get("is_refused"):
        return JSONResponse({"webhook_status": await refuse_history(simulator, number)})
    patient = _patient(simulator, body.get("patient"))
    given = body.get("messages", OLD_LINES)
    if not isinstance(given, list) or not given:
        raise ControlError("messages must be a list of lines")
    status = await tell_history(simulator, number, patient, [_line(one) for one in given])
    return JSONResponse({"webhook_status": status})


def _line(given: object) -> Json:
    line = given if isinstance(given, dict) else {}
    only(line, "text", "is_ours", "hours_ago")
    hours = line.get("hours_ago", 1)
    if not isinstance(line.get("text"), str) or isinstance(hours, bool) or not isinstance(hours, int | float):
        raise ControlError("a line is {text, is_ours?, hours_ago?}, hours_ago a number")
    return {"text": line["text"], "is_ours": bool(line.get("is_ours")), "hours_ago": hours}


async def change_phone_book(request: Request) -> Response:
    """POST /control/numbers/<slug>/phone-book {"patient", "name"} or {"patient", "is_removed": true}."""
    simulator = simulator_of(request)
    number = number_of(request, simulator)
    body = await control_json(request)
    only(body, "patient", "name", "is_removed")
    patient = _patient(simulator, body.get("patient"))
    name = str(body.get("name") or patient["name"])
    status = await tell_phone_book(simulator, number, patient, name, is_removed=bool(body.get("is_removed")))
    return JSONResponse({"webhook_status": status})


async def set_standby(request: Request) -> Response:
    """POST /control/patients/<who>/standby {"to": <slug>, "is_on"}: Meta's agent attends this chat until we write."""
    simulator = simulator_of(request)
    body = await control_json(request)
    only(body, "to", "is_on")
    number, patient = _place(request, simulator, body)
    is_on = body.get("is_on", True)
    if not isinstance(is_on, bool):
        raise ControlError("is_on must be true or false")
    _flag(simulator, STANDBY, number, patient, is_on=is_on)
    return JSONResponse({"is_on": is_on})


async def change_preference(request: Request) -> Response:
    """POST /control/patients/<who>/preferences {"to": <slug>, "value": "stop" | "resume"}: promotions or none."""
    simulator = simulator_of(request)
    body = await control_json(request)
    only(body, "to", "value")
    number, patient = _place(request, simulator, body)
    value = body.get("value")
    if value not in PREFERENCES:
        raise ControlError(f"value must be one of {', '.join(PREFERENCES)}")
    _flag(simulator, NO_MARKETING, number, patient, is_on=value == "stop")
    return JSONResponse({"webhook_status": await tell_preference(simulator, number, patient, str(value))})


def _flag(simulator: Simulator, flag: str, number: Row, patient: Row, *, is_on: bool) -> None:
    place = {"number": number["phone_number_id"], "patient": patient["key"]}
    set_flag(simulator.store, flag, is_on=is_on, **place)
    simulator.changed()


def _place(request: Request, simulator: Simulator, body: Json) -> tuple[Row, Row]:
    return number_by_slug(simulator, body.get("to")), _patient(simulator, request.path_params["who"])


def _patient(simulator: Simulator, who: object) -> Row:
    patient = find_patient(simulator.store, who) if isinstance(who, str) else None
    if patient is None:
        raise ControlError("nobody has this phone or id", 404)
    return patient
