"""A patient does what is no message: calls the clinic, listens to its voice note."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.control.bodies import ControlError, control_json, only
from sandbox.control.people import number_by_slug
from sandbox.graph.messages import contact_of
from sandbox.graph.ringing import ring
from sandbox.graph.statuses import queue_played, start_sending
from sandbox.patients import find_patient
from sandbox.simulator import simulator_of

LONGEST_CALL = 3600


async def post_call(request: Request) -> Response:
    """POST /control/patients/<who>/calls {"to": <slug>, "answered_seconds"?}: it rings; nobody takes it, or somebody
    does, on the clinic's telephone, for so long."""
    simulator = simulator_of(request)
    body = await control_json(request)
    only(body, "to", "answered_seconds")
    seconds = body.get("answered_seconds")
    if seconds is not None and (type(seconds) is not int or not 1 <= seconds <= LONGEST_CALL):
        raise ControlError(f"answered_seconds must be a whole number from 1 to {LONGEST_CALL}")
    number = number_by_slug(simulator, body.get("to"))
    patient = find_patient(simulator.store, request.path_params["who"])
    if patient is None:
        raise ControlError("nobody has this phone or id", 404)
    call_id, status = await ring(simulator, number, patient, answered_seconds=seconds)
    return JSONResponse({"id": call_id, "webhook_status": status})


async def post_play(request: Request) -> Response:
    """POST /control/patients/<who>/plays {"to": <slug>, "message": <id>}: a voice note of the clinic is heard."""
    simulator = simulator_of(request)
    body = await control_json(request)
    only(body, "to", "message")
    number = number_by_slug(simulator, body.get("to"))
    patient = find_patient(simulator.store, request.path_params["who"])
    place = (number["phone_number_id"], patient["key"] if patient else None)
    sql = "SELECT id FROM messages WHERE id = ? AND number = ? AND patient = ? AND direction = 'out' AND type = 'audio'"
    if patient is None or simulator.store.find(sql, body.get("message"), *place) is None:
        raise ControlError("message must be the id of a voice note that this patient got", 404)
    contact = contact_of(simulator, number, patient)
    start_sending(simulator, queue_played(simulator, str(body["message"]), number, contact))
    return JSONResponse({"status": "played"})
