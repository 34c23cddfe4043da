"""Meta decides about a template: approves, rejects, pauses, disables, judges its quality, moves its category."""

from __future__ import annotations

import json
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.control.bodies import ControlError, control_json, only
from sandbox.control.people import number_by_slug
from sandbox.graph import template_reviews, templates
from sandbox.graph.errors import GraphError
from sandbox.graph.template_limits import CATEGORIES, check_template
from sandbox.simulator import Simulator, simulator_of
from sandbox.store import Json, Row

STATUSES = ("PENDING", "APPROVED", "REJECTED", "PAUSED", "DISABLED")
SCORES = ("GREEN", "YELLOW", "RED", "UNKNOWN")
OUTCOMES = ("approve", "reject", "hold")
PLAIN: dict[str, Callable[[Simulator, Row], None]] = {
    "approve": template_reviews.approve,
    "pause": template_reviews.pause,
    "unpause": template_reviews.unpause,
    "disable": template_reviews.disable,
    "flag_deletion": template_reviews.flag_deletion,
    "tell_components": template_reviews.tell_components,
}
ACTIONS = (*PLAIN, "reject", "quality", "announce_category", "recategorise", "delete")


async def of_slug(request: Request) -> Response:
    """GET ?slug= lists; POST puts a template there at once, without review; DELETE ?slug= empties the account."""
    simulator = simulator_of(request)
    if request.method == "POST":
        return _add(simulator, await control_json(request))
    number = number_by_slug(simulator, request.query_params.get("slug"))
    if request.method == "DELETE":
        for table in ("templates", "template_creations"):
            simulator.store.run(f"DELETE FROM {table} WHERE waba_id = ?", number["waba_id"])  # noqa: S608 - fixed
        simulator.changed()
    sql = "SELECT * FROM templates WHERE waba_id = ? ORDER BY position"
    rows = simulator.store.list(sql, number["waba_id"])
    return JSONResponse({"templates": [_show(row) for row in rows]})


def _add(simulator: Simulator, body: Json) -> Response:
    only(body, "slug", "status", "name", "language", "category", "components", "parameter_format")
    number = number_by_slug(simulator, body.get("slug"))
    status = body.get("status", "APPROVED")
    if status not in STATUSES:
        raise ControlError(f"status must be one of {', '.join(STATUSES)}")
    try:
        told = check_template({"language": "pt_BR", "category": "UTILITY", **body})
        template_id = templates.insert(simulator, number["waba_id"], told, status)
    except GraphError as error:
        raise ControlError(error.details) from error
    simulator.changed()
    return JSONResponse(_show(_get(simulator, template_id)), 201)


def _show(row: Row) -> Json:
    return {**dict(row), "components": json.loads(row["components"])}


def _get(simulator: Simulator, template_id: str) -> Row:
    row = template_reviews.find(simulator, template_id)
    if row is None:
        raise ControlError(f"no template has the id {template_id!r}", 404)
    return row


async def decide(request: Request) -> Response:
    """POST /control/templates/<id> {"action", "reason" | "score" | "category"}: changes it and tells by webhook."""
    simulator = simulator_of(request)
    row = _get(simulator, request.path_params["template_id"])
    body = await control_json(request)
    only(body, "action", "reason", "score", "category")
    action = body.get("action")
    if action not in ACTIONS:
        raise ControlError(f"action must be one of {', '.join(ACTIONS)}")
    if action in PLAIN:
        PLAIN[action](simulator, row)
    else:
        _decide_about(simulator, row, action, body)
    kept = template_reviews.find(simulator, row["id"])
    return JSONResponse(_show(kept) if kept is not None else {"deleted": row["id"]})


def _decide_about(simulator: Simulator, row: Row, action: str, body: Json) -> None:
    if action == "reject":
        template_reviews.reject(simulator, row, str(body.get("reason") or "INVALID_FORMAT"))
    elif action == "delete":
        simulator.store.run("DELETE FROM templates WHERE id = ?", row["id"])
        template_reviews.tell_deleted(simulator, row)
    elif action == "quality":
        template_reviews.change_quality(simulator, row, _one_of(body, "score", SCORES))
    elif action == "announce_category":
        template_reviews.announce_category(simulator, row, _one_of(body, "category", CATEGORIES))
    else:
        template_reviews.recategorise(simulator, row, _one_of(body, "category", CATEGORIES))


def _one_of(body: Json, name: str, allowed: tuple[str, ...]) -> str:
    value = body.get(name)
    if value not in allowed:
        raise ControlError(f"{name} must be one of {', '.join(allowed)}")
    return str(value)


async def reviews(request: Request) -> Response:
    """How reviews go from now on: {"seconds", "outcome": approve | reject | hold, "reason"}; {} restores."""
    simulator = simulator_of(request)
    if request.method == "POST":
        body = await control_json(request)
        only(body, *template_reviews.USUAL)
        seconds = body.get("seconds", 0)
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= 3600:
            raise ControlError("seconds must be a number from 0 to 3600")
        if "outcome" in body:
            _one_of(body, "outcome", OUTCOMES)
        simulator.store.write_note(template_reviews.NOTE, body)
        simulator.changed()
    return JSONResponse(template_reviews.settings_of(simulator))
