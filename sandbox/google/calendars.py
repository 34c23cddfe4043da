"""Which calendars may this caller see? calendarList, calendars.get and freeBusy."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.google.errors import GoogleError, not_found, refuse
from sandbox.google.events import EventRow, show
from sandbox.google.scopes import FREE_BUSY, GET_CALENDAR, LIST_CALENDARS
from sandbox.google.series import Period, unroll
from sandbox.google.times import read_instant
from sandbox.google.tokens import Caller, caller_of
from sandbox.simulator import Simulator, simulator_of
from sandbox.store import Json, Row

MOST_CALENDARS = 50
LONGEST_SECONDS = 92 * 24 * 3600


def calendar_for(simulator: Simulator, caller: Caller, calendar_id: str) -> Row:
    """One of the caller's own calendars; "primary" is the account's. Somebody else's is not found."""
    calendar_id = caller.account if calendar_id == "primary" else calendar_id
    sql = "SELECT * FROM calendars WHERE id = ? AND account = ?"
    row = simulator.store.find(sql, calendar_id, caller.account)
    if row is None or (caller.sees_own_only and not _is_made_by(simulator, row, caller)):
        raise not_found()
    return row


def _busy_calendar_for(simulator: Simulator, caller: Caller, calendar_id: str) -> Row:
    """As `calendar_for`; the scope of free/busy shows when all of a person's calendars are busy, whoever made them."""
    calendar_id = caller.account if calendar_id == "primary" else calendar_id
    row = simulator.store.find("SELECT * FROM calendars WHERE id = ? AND account = ?", calendar_id, caller.account)
    if row is None:
        raise not_found()
    return row


def _is_made_by(simulator: Simulator, calendar: Row, caller: Caller) -> bool:
    sql = "SELECT 1 FROM made_calendars WHERE calendar = ? AND client_id = ?"
    return simulator.store.find(sql, calendar["id"], caller.client_id) is not None


async def google_json(request: Request) -> Json:
    raw = await request.body()
    try:
        body: Any = json.loads(raw or b"{}")
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise GoogleError(400, "parseError", "Parse Error")
    return body


async def list_calendars(request: Request) -> Response:
    simulator = simulator_of(request)
    caller = caller_of(request, simulator, LIST_CALENDARS)

    async def act() -> Response:
        sql = "SELECT * FROM calendars WHERE account = ? ORDER BY position"
        rows = simulator.store.list(sql, caller.account)
        items = [_list_entry(row) for row in rows]
        return JSONResponse({"kind": "calendar#calendarList", "etag": '"p1"', "items": items})

    return await simulator.guarded(request, ("google", "calendarList.list", caller.clinic), act, refuse)


def _list_entry(row: Row) -> Json:
    entry: Json = {
        **node_of(row),
        "kind": "calendar#calendarListEntry",
        "accessRole": "owner",
        "selected": True,
    }
    return {**entry, "primary": True} if row["id"] == row["account"] else entry


def node_of(row: Row) -> Json:
    """The calendar's own resource."""
    etag = f'"cal-{row["position"]}"'
    return {
        "kind": "calendar#calendar",
        "etag": etag,
        "id": row["id"],
        "summary": row["summary"],
        "timeZone": row["time_zone"],
    }


async def get_calendar(request: Request) -> Response:
    simulator = simulator_of(request)
    caller = caller_of(request, simulator, GET_CALENDAR)

    async def act() -> Response:
        return JSONResponse(node_of(calendar_for(simulator, caller, request.path_params["calendar_id"])))

    return await simulator.guarded(request, ("google", "calendars.get", caller.clinic), act, refuse)


async def free_busy(request: Request) -> Response:
    """Failures of one calendar come inside the 200, beside the others' busy times."""
    simulator = simulator_of(request)
    caller = caller_of(request, simulator, FREE_BUSY)
    body = await google_json(request)

    async def act() -> Response:
        starts_at, ends_at = (_edge(body, name) for name in ("timeMin", "timeMax"))
        _check_range(starts_at, ends_at)
        items = body.get("items") or []
        if len(items) > MOST_CALENDARS:
            raise GoogleError(400, "tooManyCalendarsRequested", "Too many calendars requested.")
        ids = [str(item.get("id")) for item in items]
        busy = {one: _busy(simulator, caller, one, starts_at, ends_at) for one in ids}
        answer = {"kind": "calendar#freeBusy", "timeMin": body["timeMin"], "timeMax": body["timeMax"]}
        return JSONResponse({**answer, "calendars": busy})

    return await simulator.guarded(request, ("google", "freebusy.query", caller.clinic), act, refuse)


def _edge(body: Json, name: str) -> float:
    if not body.get(name):
        raise GoogleError(400, "required", f"Required: {name}")
    return read_instant(str(body[name]), name)


def _check_range(starts_at: float, ends_at: float) -> None:
    if ends_at <= starts_at:
        raise GoogleError(400, "timeRangeEmpty", "The specified time range is empty.")
    if ends_at - starts_at > LONGEST_SECONDS:
        raise GoogleError(400, "timeRangeTooLong", "The requested time range is too long.")


def _busy(simulator: Simulator, caller: Caller, calendar_id: str, starts_at: float, ends_at: float) -> Json:
    try:
        calendar = _busy_calendar_for(simulator, caller, calendar_id)
        failure = simulator.store.read_note(f"freebusy {calendar['id']}", None)
        if failure:
            raise GoogleError(503, failure, "Simulated failure of one calendar")
    except GoogleError as error:
        return {"errors": [{"domain": "global", "reason": error.reason}], "busy": []}
    sql = (
        "SELECT * FROM events WHERE calendar = ? AND status != 'cancelled' AND ends_at > ? AND starts_at < ?"
        " ORDER BY starts_at"
    )
    rows: list[EventRow] = list(simulator.store.list(sql, calendar["id"], starts_at, ends_at))
    spans = [
        (max(row["starts_at"], starts_at), min(row["ends_at"], ends_at))
        for row in unroll(simulator, calendar, rows, Period(starts_at, ends_at, None))
        if _takes_time(show(row))
    ]
    return {"busy": [{"start": _utc(start), "end": _utc(end)} for start, end in _merged(spans)]}


def _takes_time(event: Json) -> bool:
    declined = any(
        guest.get("self") and guest.get("responseStatus") == "declined" for guest in event.get("attendees", [])
    )
    is_free = event.get("transparency") == "transparent" or event["eventType"] in ("workingLocation", "birthday")
    return not is_free and not declined


def _merged(spans: list[tuple[float, float]]) -> list[tuple[float, float]]:
    merged: list[tuple[float, float]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _utc(instant: float) -> str:
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
