"""A person opens Google Calendar and changes something; pushes go out."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.control.bodies import ControlError, control_json, only
from sandbox.google import events, listing
from sandbox.google.channels import announce
from sandbox.google.errors import GoogleError
from sandbox.simulator import Simulator, simulator_of
from sandbox.store import Json, Row


async def list_calendars(request: Request) -> Response:
    return JSONResponse({"calendars": calendars(simulator_of(request))})


def calendars(simulator: Simulator) -> list[Json]:
    sql = (
        "SELECT c.id, c.summary, c.account, a.clinic, a.name AS professional FROM calendars c"
        " JOIN accounts a ON a.email = c.account ORDER BY c.position"
    )
    return [dict(row) for row in simulator.store.list(sql)]


def _calendar(request: Request, simulator: Simulator) -> Row:
    calendar_id = request.path_params["calendar_id"]
    row = simulator.store.find("SELECT * FROM calendars WHERE id = ?", calendar_id)
    if row is None:
        raise ControlError(f"no calendar has the id {calendar_id!r}", 404)
    return row


async def list_events(request: Request) -> Response:
    """Everything the calendar ever held, cancelled events too, by start."""
    simulator = simulator_of(request)
    calendar = _calendar(request, simulator)
    sql = "SELECT * FROM events WHERE calendar = ? ORDER BY starts_at, position"
    rows = simulator.store.list(sql, calendar["id"])
    return JSONResponse({"events": [events.show(row) for row in rows]})


async def add_event(request: Request) -> Response:
    simulator = simulator_of(request)
    calendar = _calendar(request, simulator)
    body = await control_json(request)
    try:
        with simulator.store.transaction():
            resource = events.insert(simulator, calendar, body)
    except GoogleError as error:
        raise ControlError(error.message) from error
    announce(simulator, calendar["id"])
    return JSONResponse(resource, 201)


async def change_event(request: Request) -> Response:
    """PATCH changes the event as events.patch would, DELETE cancels it."""
    simulator = simulator_of(request)
    calendar = _calendar(request, simulator)
    body = await control_json(request)
    try:
        with simulator.store.transaction():
            row = events.get_row(simulator, calendar["id"], request.path_params["event_id"])
            if request.method == "DELETE":
                resource = events.cancel(simulator, calendar, row)
            else:
                resource = events.patch(simulator, calendar, row, body)
    except GoogleError as error:
        raise ControlError(error.message, error.status if error.status in (404, 410) else 400) from error
    announce(simulator, calendar["id"])
    return JSONResponse(resource)


async def expire_sync_tokens(request: Request) -> Response:
    """Every sync token of this calendar answers 410 from now on."""
    simulator = simulator_of(request)
    calendar = _calendar(request, simulator)
    listing.expire_sync_tokens(simulator, calendar["id"])
    return JSONResponse({"expired": True})


async def list_channels(request: Request) -> Response:
    """Who is told about changes; also those stopped or run out."""
    simulator = simulator_of(request)
    calendar = _calendar(request, simulator)
    sql = "SELECT id, address, expires_at, is_stopped, message_number FROM channels WHERE calendar = ? ORDER BY rowid"
    return JSONResponse({"channels": [dict(row) for row in simulator.store.list(sql, calendar["id"])]})


async def hide_ids(request: Request) -> Response:
    """{"events": ["id", …]}: lists of this calendar hold these, and do not say which they are; [] heals it."""
    simulator = simulator_of(request)
    calendar = _calendar(request, simulator)
    body = await control_json(request)
    only(body, "events")
    simulator.store.write_note(f"nameless {calendar['id']}", body.get("events") or [])
    return JSONResponse({"events": body.get("events") or []})


async def fail_free_busy(request: Request) -> Response:
    """{"reason": "internalError"}: free/busy of this calendar fails inside the 200; {} heals it."""
    simulator = simulator_of(request)
    calendar = _calendar(request, simulator)
    body = await control_json(request)
    only(body, "reason")
    simulator.store.write_note(f"freebusy {calendar['id']}", body.get("reason"))
    return JSONResponse({"reason": body.get("reason")})
