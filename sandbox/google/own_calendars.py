"""Which calendars did a program make? calendars.insert and delete, and what the scope for them alone lets it see."""

from __future__ import annotations

import secrets

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.google.calendars import calendar_for, google_json, node_of
from sandbox.google.errors import GoogleError, refuse
from sandbox.google.scopes import MAKE_CALENDARS
from sandbox.google.tokens import caller_of
from sandbox.simulator import simulator_of

LONGEST_SUMMARY = 254


async def insert(request: Request) -> Response:
    """A new secondary calendar of the caller's account. Called twice, it makes two."""
    simulator = simulator_of(request)
    caller = caller_of(request, simulator, MAKE_CALENDARS)
    body = await google_json(request)

    async def act() -> Response:
        summary = body.get("summary")
        if not isinstance(summary, str) or not 1 <= len(summary) <= LONGEST_SUMMARY:
            raise GoogleError(400, "required", "Missing title.")
        calendar_id = f"c_{secrets.token_hex(20)}@group.calendar.google.com"
        zone = str(body.get("timeZone") or "America/Sao_Paulo")
        with simulator.store.transaction():
            sql = "INSERT INTO calendars (id, account, summary, time_zone) VALUES (?, ?, ?, ?)"
            simulator.store.run(sql, calendar_id, caller.account, summary, zone)
            sql = "INSERT INTO made_calendars (calendar, client_id) VALUES (?, ?)"
            simulator.store.run(sql, calendar_id, caller.client_id)
        simulator.changed()
        return JSONResponse(node_of(calendar_for(simulator, caller, calendar_id)))

    return await simulator.guarded(request, ("google", "calendars.insert", caller.clinic), act, refuse)


async def delete(request: Request) -> Response:
    """A secondary calendar and all that is in it; the account's main one cannot be deleted."""
    simulator = simulator_of(request)
    caller = caller_of(request, simulator, MAKE_CALENDARS)

    async def act() -> Response:
        calendar = calendar_for(simulator, caller, request.path_params["calendar_id"])
        if calendar["id"] == calendar["account"]:
            raise GoogleError(403, "cannotDeletePrimaryCalendar", "The primary calendar cannot be deleted.")
        with simulator.store.transaction():
            for table, column in (("events", "calendar"), ("made_calendars", "calendar"), ("calendars", "id")):
                simulator.store.run(f"DELETE FROM {table} WHERE {column} = ?", calendar["id"])  # noqa: S608
        simulator.changed()
        return Response(status_code=204)

    return await simulator.guarded(request, ("google", "calendars.delete", caller.clinic), act, refuse)
