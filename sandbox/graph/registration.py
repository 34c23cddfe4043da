"""Who may bring a number onto the Cloud API? Register with its PIN, take it off again; Meta's limits on trying."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.graph.errors import GraphError, refuse
from sandbox.graph.nodes import MANAGE, need_permission, number_facts, set_facts
from sandbox.graph.numbers import json_body, number_of
from sandbox.simulator import Simulator, simulator_of
from sandbox.store import Json, Row

ATTEMPTS, ATTEMPT_SECONDS = 10, 72 * 3600
WRONG_PINS, WRONG_PIN_SECONDS = 5, 24 * 3600
REST_SECONDS = 300


async def register(request: Request) -> Response:
    """POST /<phone_number_id>/register {"messaging_product", "pin"}; the first PIN becomes the number's own."""
    return await _guarded(request, "register", _register)


async def deregister(request: Request) -> Response:
    """POST /<phone_number_id>/deregister."""
    return await _guarded(request, "deregister", _deregister)


async def _guarded(request: Request, operation: str, change: object) -> Response:
    simulator = simulator_of(request)
    number = number_of(request, simulator)
    need_permission(simulator, number, MANAGE)
    if request.path_params["object_id"] != number["phone_number_id"]:
        raise GraphError(100, "Unsupported post request: the object is no phone number")
    body = await json_body(request)

    async def act() -> Response:
        facts = number_facts(simulator.store, number)
        _count(simulator, number, facts)
        change(simulator, number, facts, body)  # type: ignore[operator]  # one of the two below
        simulator.changed()
        return JSONResponse({"success": True})

    return await simulator.guarded(request, ("graph", operation, number["slug"]), act, refuse)


def _count(simulator: Simulator, number: Row, facts: Json) -> None:
    now = simulator.clock.now()
    recent = [at for at in facts["registrations"] if now - at < ATTEMPT_SECONDS]
    if len(recent) >= ATTEMPTS:
        raise GraphError(133016, "Account register or deregister rate limit exceeded: 10 attempts in 72 hours.")
    set_facts(simulator.store, number["phone_number_id"], registrations=[*recent, now])


def _register(simulator: Simulator, number: Row, facts: Json, body: Json) -> None:
    now, phone_number_id = simulator.clock.now(), number["phone_number_id"]
    if body.get("messaging_product") != "whatsapp":
        raise GraphError(100, "The parameter messaging_product is required.")
    if facts["is_on_biz_app"]:
        raise GraphError(100, "A number of the WhatsApp Business app is registered by its own onboarding.")
    if facts["code_verification_status"] != "VERIFIED":
        raise GraphError(133006, "Phone number needs to be verified before registering.")
    if now - facts["deregistered_at"] < REST_SECONDS:
        raise GraphError(133015, "The phone number was deregistered a moment ago: wait 5 minutes.")
    _check_pin(simulator, number, facts, body.get("pin"))
    set_facts(
        simulator.store,
        phone_number_id,
        platform_type="CLOUD_API",
        status="CONNECTED",
        pin=body["pin"],
        wrong_pins=[],
    )


def _check_pin(simulator: Simulator, number: Row, facts: Json, pin: object) -> None:
    now = simulator.clock.now()
    if not isinstance(pin, str) or len(pin) != 6 or not (pin.isascii() and pin.isdigit()):
        raise GraphError(100, "Param pin must be a string of 6 digits.")
    wrong = [at for at in facts["wrong_pins"] if now - at < WRONG_PIN_SECONDS]
    if len(wrong) >= WRONG_PINS:
        raise GraphError(133008, "Too many two-step verification PIN guesses for this phone number.")
    if facts["pin"] is not None and pin != facts["pin"]:
        set_facts(simulator.store, number["phone_number_id"], wrong_pins=[*wrong, now])
        raise GraphError(133005, "Two-step verification PIN mismatch.")


def _deregister(simulator: Simulator, number: Row, facts: Json, body: Json) -> None:  # noqa: ARG001 - one shape
    if facts["platform_type"] != "CLOUD_API":
        raise GraphError(133010, "Phone number is not registered.")
    now = simulator.clock.now()
    changed = {"platform_type": "NOT_APPLICABLE", "status": "DISCONNECTED", "deregistered_at": now}
    set_facts(simulator.store, number["phone_number_id"], **changed)
