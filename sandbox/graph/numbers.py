"""Which number does a call speak for? Tokens, the number's own node and its webhook settings."""

from __future__ import annotations

import json
import secrets
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.graph import nodes
from sandbox.graph.errors import GraphError, refuse, unknown_object
from sandbox.graph.webhooks import callback_of
from sandbox.outcalls import Caller, NoAnswerError
from sandbox.simulator import Simulator, simulator_of
from sandbox.store import Json, Row


def number_of(request: Request, simulator: Simulator) -> Row:
    """The number in the path, which the bearer token must own. The path may name its account instead."""
    owner = owner_of(request, simulator)
    object_id = request.path_params["object_id"]
    sql = "SELECT * FROM numbers WHERE phone_number_id = ? OR waba_id = ?"
    number = simulator.store.find(sql, object_id, object_id)
    if number is None:
        raise unknown_object(object_id)
    if number["waba_id"] != owner["waba_id"]:
        raise GraphError(200, "The access token does not belong to this business account")
    if object_id == owner["waba_id"]:
        number = owner
    if nodes.number_facts(simulator.store, owner)["token_expired"]:
        raise GraphError(190, "Error validating access token: the session has expired")
    return number


def owner_of(request: Request, simulator: Simulator) -> Row:
    """The number whose token the call bears."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    token = token if scheme.lower() == "bearer" else ""
    owner = simulator.store.find("SELECT * FROM numbers WHERE access_token = ?", token)
    if owner is None:
        raise GraphError(190, "Error validating access token" if token else "An access token is required")
    return owner


async def json_body(request: Request) -> Json:
    """The body as an object, {} when empty."""
    raw = await request.body()
    if not raw:
        return {}
    try:
        body: Any = json.loads(raw)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise GraphError(100, "The request body is not a JSON object.")
    return body


async def get_number(request: Request) -> Response:
    """GET /<version>/<phone_number_id>, or the account's own node."""
    simulator = simulator_of(request)
    number = number_of(request, simulator)

    nodes.need_permission(simulator, number, nodes.MANAGE)
    is_account = request.path_params["object_id"] == number["waba_id"]
    operation = "account" if is_account else "phone_number"

    async def act() -> Response:
        if is_account:
            return JSONResponse(_chosen(nodes.account_node(simulator, number), request, ("id", "name", "currency")))
        return JSONResponse(_chosen(_node(simulator, number), request))

    return await simulator.guarded(request, ("graph", operation, number["slug"]), act, refuse)


async def list_numbers(request: Request) -> Response:
    """GET /<version>/<waba_id>/phone_numbers, in pages of `limit` (25) with `paging.cursors.after`."""
    simulator = simulator_of(request)
    number = number_of(request, simulator)
    nodes.need_permission(simulator, number, nodes.MANAGE)

    async def act() -> Response:
        sql = "SELECT * FROM numbers WHERE waba_id = ? ORDER BY rowid"
        rows = simulator.store.list(sql, number["waba_id"])
        limit, after = request.query_params.get("limit", ""), request.query_params.get("after", "")
        size = min(max(int(limit), 1), 100) if limit.isdigit() else 25
        first = int(after) if after.isdigit() else 0
        page = rows[first : first + size]
        answer: Json = {"data": [_chosen(_node(simulator, row), request) for row in page]}
        answer["paging"] = {"cursors": {"before": str(first), "after": str(first + len(page))}}
        if first + size < len(rows):
            answer["paging"]["next"] = f"{request.url.replace_query_params(after=first + len(page))}"
        return JSONResponse(answer)

    return await simulator.guarded(request, ("graph", "phone_numbers", number["slug"]), act, refuse)


def _node(simulator: Simulator, number: Row) -> Json:
    node = nodes.number_node(simulator, number)
    return {**node, "webhook_configuration": _webhook_configuration(simulator, number)}


def _webhook_configuration(simulator: Simulator, number: Row) -> Json:
    application = {**dict(number), "phone_callback": None, "waba_callback": None, "is_subscribed": 1}
    levels = {
        "phone_number": number["phone_callback"],
        "whatsapp_business_account": number["waba_callback"],
        "application": callback_of(simulator, application),  # type: ignore[arg-type]  # same keys as the row
    }
    return {level: url for level, url in levels.items() if url}


BASIC = (
    "id",
    "display_phone_number",
    "verified_name",
    "quality_rating",
    "code_verification_status",
    "platform_type",
    "throughput",
)


def _chosen(node: Json, request: Request, basic: tuple[str, ...] = BASIC) -> Json:
    """Only the fields asked for, and the id."""
    fields = request.query_params.get("fields")
    wanted = ["id", *fields.split(",")] if fields else basic
    return {key: value for key, value in node.items() if key in wanted}


async def set_number_webhook(request: Request) -> Response:
    """POST /<version>/<phone_number_id> {"webhook_configuration": …}: an address of its own, "" clears it."""
    simulator = simulator_of(request)
    number = number_of(request, simulator)
    nodes.need_permission(simulator, number, nodes.MANAGE)
    body = await json_body(request)

    async def act() -> Response:
        configuration = body.get("webhook_configuration")
        if not isinstance(configuration, dict):
            raise GraphError(100, "The parameter webhook_configuration is required.")
        await _override(simulator, number, configuration, "phone_callback")
        return JSONResponse({"success": True})

    return await simulator.guarded(request, ("graph", "webhook_configuration", number["slug"]), act, refuse)


async def subscribed_apps(request: Request) -> Response:
    """POST (with or without an override), GET and DELETE of the app's subscription to the account."""
    simulator = simulator_of(request)
    number = number_of(request, simulator)
    nodes.need_permission(simulator, number, nodes.MANAGE)
    body = await json_body(request)

    async def act() -> Response:
        if request.method == "GET":
            return JSONResponse({"data": _subscriptions(number)})
        is_on = request.method == "POST"
        if is_on and body.get("override_callback_uri"):
            await _override(simulator, number, body, "waba_callback")
        else:
            sql = "UPDATE numbers SET is_subscribed = ?, waba_callback = NULL WHERE waba_id = ?"
            simulator.store.run(sql, is_on, number["waba_id"])
        return JSONResponse({"success": True})

    return await simulator.guarded(request, ("graph", "subscribed_apps", number["slug"]), act, refuse)


def _subscriptions(number: Row) -> list[Json]:
    if not number["is_subscribed"]:
        return []
    app: Json = {"whatsapp_business_api_data": {"id": "300000000000001", "name": "AtendeAí (simulador)"}}
    if number["waba_callback"]:
        app["override_callback_uri"] = number["waba_callback"]
    return [app]


async def _override(simulator: Simulator, number: Row, body: Json, column: str) -> None:
    """Meta calls the new address with a challenge before it believes in it."""
    if not number["is_subscribed"]:
        raise GraphError(100, "Before override the current callback uri, your app must be subscribed")
    url = str(body.get("override_callback_uri") or "")
    if len(url) > 200:
        raise GraphError(100, "override_callback_uri must be at most 200 characters long")
    if url:
        await _challenge(url, str(body.get("verify_token") or ""))
    owner = "waba_id" if column == "waba_callback" else "phone_number_id"
    sql = f"UPDATE numbers SET {column} = ? WHERE {owner} = ?"  # noqa: S608 - fixed column names
    simulator.store.run(sql, url or None, number[owner])


async def _challenge(url: str, verify_token: str) -> None:
    challenge = str(secrets.randbelow(10**9))
    query = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": verify_token}
    caller = Caller()
    try:
        answer = await caller.call("GET", f"{url}{'&' if '?' in url else '?'}{urlencode(query)}")
    except NoAnswerError as error:
        raise GraphError(2200, "Callback verification failed: the URL could not be reached") from error
    finally:
        caller.close()
    if answer.status != 200 or answer.body.decode(errors="replace") != challenge:
        raise GraphError(2200, f"Callback verification failed: HTTP Status Code = {answer.status}")
