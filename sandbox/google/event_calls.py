"""What does the product do to a calendar? events.insert, get, list, patch, update and delete over HTTP."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.google import events
from sandbox.google.calendars import calendar_for, google_json
from sandbox.google.channels import announce
from sandbox.google.errors import GoogleError, refuse
from sandbox.google.listing import list_events
from sandbox.google.scopes import READ_EVENTS, WRITE_EVENTS
from sandbox.google.tokens import caller_of
from sandbox.simulator import Simulator, simulator_of
from sandbox.store import Json, Row

Change = Callable[[Simulator, Row, events.EventRow, Json], Json]


async def insert(request: Request) -> Response:
    simulator = simulator_of(request)
    caller = caller_of(request, simulator, WRITE_EVENTS)
    body = await google_json(request)

    async def act() -> Response:
        calendar = calendar_for(simulator, caller, request.path_params["calendar_id"])
        with simulator.store.transaction():
            resource = events.insert(simulator, calendar, body)
        announce(simulator, calendar["id"])
        return _answer(resource)

    event_id = str(body.get("id") or "")
    return await simulator.guarded(request, ("google", "events.insert", caller.clinic), act, refuse, event_id)


async def list_page(request: Request) -> Response:
    simulator = simulator_of(request)
    caller = caller_of(request, simulator, READ_EVENTS)

    async def act() -> Response:
        calendar = calendar_for(simulator, caller, request.path_params["calendar_id"])
        return JSONResponse(list_events(simulator, calendar, request.query_params))

    return await simulator.guarded(request, ("google", "events.list", caller.clinic), act, refuse)


async def get(request: Request) -> Response:
    """Deleted events are still shown, as cancelled."""
    simulator = simulator_of(request)
    caller = caller_of(request, simulator, READ_EVENTS)

    async def act() -> Response:
        calendar = calendar_for(simulator, caller, request.path_params["calendar_id"])
        row = events.get_row(simulator, calendar["id"], request.path_params["event_id"])
        etag = events.etag_of(row["changed"])
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers={"ETag": etag})
        return _answer(events.show(row))

    return await simulator.guarded(request, ("google", "events.get", caller.clinic), act, refuse)


async def patch(request: Request) -> Response:
    return await _change(request, "events.patch", events.patch)


async def update(request: Request) -> Response:
    return await _change(request, "events.update", events.update)


async def delete(request: Request) -> Response:
    def cancel(simulator: Simulator, calendar: Row, row: events.EventRow, _body: Json) -> Json:
        return events.cancel(simulator, calendar, row)

    answer = await _change(request, "events.delete", cancel)
    return Response(status_code=204) if answer.status_code == 200 else answer


async def _change(request: Request, operation: str, change: Change) -> Response:
    simulator = simulator_of(request)
    caller = caller_of(request, simulator, WRITE_EVENTS)
    body = await google_json(request)

    async def act() -> Response:
        calendar = calendar_for(simulator, caller, request.path_params["calendar_id"])
        with simulator.store.transaction():
            row = events.get_row(simulator, calendar["id"], request.path_params["event_id"])
            _check_etag(request, row)
            resource = change(simulator, calendar, row, body)
        announce(simulator, calendar["id"])
        return _answer(resource)

    event_id = request.path_params["event_id"]
    return await simulator.guarded(request, ("google", operation, caller.clinic), act, refuse, event_id)


def _check_etag(request: Request, row: events.EventRow) -> None:
    wanted = request.headers.get("if-match")
    if wanted not in (None, "*", events.etag_of(row["changed"])):
        details = {"location": "If-Match", "locationType": "header"}
        raise GoogleError(412, "conditionNotMet", "Precondition Failed", **details)


def _answer(resource: Json) -> Response:
    return JSONResponse(resource, headers={"ETag": resource["etag"]})
