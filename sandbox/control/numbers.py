"""What becomes of a number at Meta? Its facts are set silently, or something happens and a webhook tells of it."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.control.bodies import ControlError, control_json, only
from sandbox.graph.happenings import EVENTS, OPTIONS, Change
from sandbox.graph.nodes import ACCOUNT, NUMBER, account_facts, number_facts, set_facts
from sandbox.graph.webhooks import notice_post
from sandbox.simulator import Simulator, simulator_of
from sandbox.store import Json, Row

PARTNER_PORTFOLIO = "500000000000001"


async def change_number(request: Request) -> Response:
    """GET: everything the simulator knows of the number and its account. POST: sets facts, tells nobody."""
    simulator = simulator_of(request)
    number = number_of(request, simulator)
    if request.method == "POST":
        body = await control_json(request)
        account = body.pop("account", {})
        only(body, *NUMBER)
        if not isinstance(account, dict):
            raise ControlError("account must be an object")
        only(account, *ACCOUNT)
        _set(simulator, number, body, account)
    facts = number_facts(simulator.store, number)
    return JSONResponse(
        {
            "phone_number_id": number["phone_number_id"],
            "waba_id": number["waba_id"],
            "access_token": number["access_token"],
            "is_subscribed": bool(number["is_subscribed"]),
            **facts,
            "account": account_facts(simulator.store, number),
        }
    )


async def post_notice(request: Request) -> Response:
    """POST {"event", …}: it happens at Meta, and the webhook goes to the app's address; or {"field", "value"} as given.

    `at` (unix seconds) back-dates the entry; `copies` repeats it; `quiet` changes nothing but tells of it.
    Answers {"webhook_status", "field", "value"}.
    """
    simulator = simulator_of(request)
    number = number_of(request, simulator)
    body = await control_json(request)
    only(body, "event", "field", "value", "at", "copies", "quiet", *OPTIONS)
    field, value, own, account = _change(number, body)
    if not body.get("quiet"):
        _set(simulator, number, own, account)
    at, copies = body.get("at") or int(simulator.clock.now()), body.get("copies") or 1
    if not all(isinstance(one, int) and not isinstance(one, bool) for one in (at, copies)) or not 0 < copies <= 100:
        raise ControlError("at must be unix seconds, copies a number from 1 to 100")
    is_partners = str(value.get("event", "")).startswith("PARTNER_")
    entry_id = PARTNER_PORTFOLIO if is_partners else number["waba_id"]
    post = notice_post(simulator, number, field, value, entry_id=entry_id, at=at)
    if not post.url:
        return JSONResponse({"webhook_status": 0, "field": field, "value": value})
    ids = [simulator.poster.keep(post) for _ in range(copies)]
    statuses = await asyncio.gather(*(simulator.poster.send_now(post_id) for post_id in ids))
    return JSONResponse({"webhook_status": statuses[0], "field": field, "value": value})


def number_of(request: Request, simulator: Simulator) -> Row:
    slug = request.path_params["slug"]
    number = simulator.store.find("SELECT * FROM numbers WHERE slug = ? OR phone_number_id = ?", slug, slug)
    if number is None:
        raise ControlError("there is no such number", 404)
    return number


def _set(simulator: Simulator, number: Row, own: Json, account: Json) -> None:
    with simulator.store.transaction():
        if own:
            set_facts(simulator.store, number["phone_number_id"], **own)
        if account:
            set_facts(simulator.store, number["waba_id"], **account)
    simulator.changed()


def _change(number: Row, body: Json) -> Change:
    if "field" in body:
        if not isinstance(body["field"], str) or not isinstance(body.get("value"), dict):
            raise ControlError("field must be a text and value an object")
        return body["field"], body["value"], {}, {}
    happen = EVENTS.get(str(body.get("event")))
    if happen is None:
        raise ControlError(f"event must be one of {', '.join(EVENTS)}")
    return happen(number, body)
