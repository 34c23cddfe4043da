"""Which templates does an account have? Lists, creates, edits and deletes them as the Graph API does."""

from __future__ import annotations

import base64
import json
import secrets
import sqlite3
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.graph import template_reviews
from sandbox.graph.errors import GraphError, refuse, unknown_object
from sandbox.graph.numbers import json_body, number_of
from sandbox.graph.template_limits import TemplateRefusedError, check_components, check_template
from sandbox.simulator import Simulator, simulator_of
from sandbox.store import Json, Row

MOST_TEMPLATES = 250
MOST_AN_HOUR = 100
PAGE = 25
LONGEST_PAGE = 250
BASIC = ("id", "name", "language", "status", "category", "components", "parameter_format")
Handler = Callable[[Request], Awaitable[Response]]
EDITABLE = ("APPROVED", "REJECTED", "PAUSED")


async def of_account(request: Request) -> Response:
    """GET, POST and DELETE of /<version>/<waba_id>/message_templates."""
    simulator = simulator_of(request)
    number = number_of(request, simulator)
    if request.path_params["object_id"] != number["waba_id"]:
        raise unknown_object(request.path_params["object_id"])
    body = await json_body(request)
    template_reviews.end_pauses(simulator)

    async def act() -> Response:
        if request.method == "GET":
            return _page(simulator, number, request)
        if request.method == "DELETE":
            return _delete(simulator, number, request)
        return _create(simulator, number, body)

    operation = {"GET": "list", "POST": "create", "DELETE": "delete"}[request.method]
    return await simulator.guarded(request, ("graph", f"message_templates.{operation}", number["slug"]), act, refuse)


def or_template(other: Handler) -> Handler:
    """/<version>/<id> belongs to many kinds: a template's own node, else the other's."""

    async def handle(request: Request) -> Response:
        found = template_reviews.find(simulator_of(request), request.path_params["object_id"])
        return await (other if found is None else node)(request)

    return handle


async def node(request: Request) -> Response:
    """GET and POST (edit) of /<version>/<template_id>."""
    simulator = simulator_of(request)
    row = template_reviews.find(simulator, request.path_params["object_id"])
    if row is None:
        raise unknown_object(request.path_params["object_id"])
    number = _number_of_template(request, simulator, row)
    body = await json_body(request)

    async def act() -> Response:
        if request.method == "POST":
            return _edit(simulator, row, body)
        return JSONResponse(_show(row, request.query_params.get("fields")))

    operation = "edit" if request.method == "POST" else "get"
    return await simulator.guarded(request, ("graph", f"message_templates.{operation}", number["slug"]), act, refuse)


def _number_of_template(request: Request, simulator: Simulator, row: Row) -> Row:
    """A template of another account looks like one that does not exist."""
    request.path_params["object_id"] = row["waba_id"]
    try:
        return number_of(request, simulator)
    except GraphError as error:
        if error.code == 200:
            raise unknown_object(row["id"]) from error
        raise
    finally:
        request.path_params["object_id"] = row["id"]


def _page(simulator: Simulator, number: Row, request: Request) -> Response:
    """Newest first. A cursor names the last row of its page."""
    query = request.query_params
    limit = _limit(query.get("limit"))
    after = _cursor(query.get("after"))
    sql = "SELECT * FROM templates WHERE waba_id = ? AND position < ?"
    values: list[object] = [number["waba_id"], after]
    for name in ("name", "language", "category", "status"):
        if query.get(name):
            sql += f" AND {name} = ?"
            values.append(query[name])
    rows = simulator.store.list(f"{sql} ORDER BY position DESC LIMIT ?", *values, limit + 1)
    answer: Json = {"data": [_show(row, query.get("fields")) for row in rows[:limit]]}
    if rows:
        answer["paging"] = {"cursors": {"before": _token(rows[0]), "after": _token(rows[:limit][-1])}}
    if len(rows) > limit:
        answer["paging"]["next"] = str(request.url.include_query_params(after=_token(rows[limit - 1])))
    return JSONResponse(answer)


def _limit(text: str | None) -> int:
    if text is None:
        return PAGE
    if not text.isdigit() or int(text) < 1:
        raise GraphError(100, "Param limit must be a number above 0")
    return min(int(text), LONGEST_PAGE)


def _cursor(text: str | None) -> int:
    if text is None:
        return 2**62
    try:
        return int(base64.b64decode(text, validate=True))
    except ValueError:
        raise GraphError(131059, "The cursor is not valid") from None


def _token(row: Row) -> str:
    return base64.b64encode(str(row["position"]).encode()).decode()


def _show(row: Row, fields: str | None) -> Json:
    node: Json = {
        "id": row["id"],
        "name": row["name"],
        "language": row["language"],
        "status": row["status"],
        "category": row["category"],
        "previous_category": row["previous_category"],
        "components": json.loads(row["components"]),
        "parameter_format": row["parameter_format"],
        "quality_score": {"score": row["quality"], "date": int(row["created_at"])},
        "rejected_reason": row["reason"],
    }
    wanted = fields.split(",") if fields else BASIC
    return {name: value for name, value in node.items() if (name in wanted or name == "id") and value is not None}


def _create(simulator: Simulator, number: Row, body: Json) -> Response:
    told = check_template(body)
    with simulator.store.transaction():
        _check_room(simulator, number["waba_id"])
        template_id = insert(simulator, number["waba_id"], told, "PENDING")
        sql = "INSERT INTO template_creations VALUES (?, ?)"
        simulator.store.run(sql, number["waba_id"], simulator.clock.now())
    simulator.changed()
    template_reviews.schedule(simulator, template_id)
    return JSONResponse({"id": template_id, "status": "PENDING", "category": told["category"]})


def _check_room(simulator: Simulator, waba_id: str) -> None:
    count = "SELECT count(*) AS n FROM"
    hour_ago = simulator.clock.now() - 3600
    recent = simulator.store.find(f"{count} template_creations WHERE waba_id = ? AND at > ?", waba_id, hour_ago)
    if recent is not None and recent["n"] >= MOST_AN_HOUR:
        raise GraphError(80007, "There have been too many template creations for this account in the last hour")
    kept = simulator.store.find(f"{count} templates WHERE waba_id = ?", waba_id)
    if kept is not None and kept["n"] >= MOST_TEMPLATES:
        raise TemplateRefusedError(2388094, "Limit reached", f"The account has {MOST_TEMPLATES} templates already")


def insert(simulator: Simulator, waba_id: str, told: Json, status: str) -> str:
    """The new template's id; raises for a name and language that are there already."""
    template_id = str(10**15 + secrets.randbelow(9 * 10**15 - 10**15))
    try:
        simulator.store.run(
            "INSERT INTO templates (id, waba_id, name, language, category, parameter_format, components, status,"
            " created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(template_id, waba_id, told["name"], told["language"], told["category"], told["parameter_format"]),
            *(json.dumps(told["components"], ensure_ascii=False), status, simulator.clock.now()),
        )
    except sqlite3.IntegrityError:
        words = f"There is already {told['language']} content for the template {told['name']}"
        raise TemplateRefusedError(2388024, "Content in this language already exists", words) from None
    return template_id


def _edit(simulator: Simulator, row: Row, body: Json) -> Response:
    """New components or category; goes back into review."""
    if row["status"] not in EDITABLE:
        words = f"A template that is {row['status']} cannot be edited"
        raise TemplateRefusedError(2388025, "Template can't be edited", words)
    components = check_components(body.get("components"), row["parameter_format"])
    category = body.get("category", row["category"])
    if row["status"] == "APPROVED" and category != row["category"]:
        raise TemplateRefusedError(2388025, "Template can't be edited", "The category of an approved one stays")
    simulator.store.run(
        "UPDATE templates SET components = ?, category = ?, status = 'PENDING', reason = 'NONE' WHERE id = ?",
        *(json.dumps(components, ensure_ascii=False), category, row["id"]),
    )
    simulator.changed()
    template_reviews.schedule(simulator, row["id"])
    return JSONResponse({"success": True, "id": row["id"], "category": category})


def _delete(simulator: Simulator, number: Row, request: Request) -> Response:
    """By name: every language of it; with `hsm_id` only that one."""
    name, template_id = request.query_params.get("name"), request.query_params.get("hsm_id")
    if not name:
        raise GraphError(100, "The parameter name is required.")
    sql, values = "SELECT * FROM templates WHERE waba_id = ? AND name = ?", [number["waba_id"], name]
    if template_id:
        sql, values = f"{sql} AND id = ?", [*values, template_id]
    rows = simulator.store.list(sql, *values)
    if not rows:
        raise TemplateRefusedError(2593002, "Message template not found", f"No template is called {name}")
    for row in rows:
        simulator.store.run("DELETE FROM templates WHERE id = ?", row["id"])
        template_reviews.tell_deleted(simulator, row)
    simulator.changed()
    return JSONResponse({"success": True})
