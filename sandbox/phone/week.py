"""What does the calendar page show? The events of some days, series unrolled, as a person sees them in Google."""

from __future__ import annotations

import json

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.control.agendas import calendars
from sandbox.google.events import EventRow, show
from sandbox.google.series import Period, unroll
from sandbox.simulator import Simulator, simulator_of
from sandbox.store import Json, Row

LONGEST_SECONDS = 62 * 24 * 3600


async def week(request: Request) -> Response:
    """?from=&until= in unix seconds: every calendar with its events there; 204 when nothing changed since ?version=."""
    simulator = simulator_of(request)
    query = request.query_params
    if query.get("version") == str(simulator.version):
        return Response(status_code=204)
    try:
        starts_at, ends_at = float(query["from"]), float(query["until"])
    except (KeyError, ValueError):
        return JSONResponse({"error": "from and until must be unix seconds"}, 400)
    if not 0 < ends_at - starts_at <= LONGEST_SECONDS:
        return JSONResponse({"error": "until must follow from within two months"}, 400)
    period = Period(starts_at, ends_at, None)
    return JSONResponse(
        {
            "version": simulator.version,
            "now": simulator.clock.now(),
            "calendars": agendas(simulator, period),
            "lost_pushes": sum(one["count"] for one in simulator.faults.list() if one["operation"] == "push"),
        }
    )


def agendas(simulator: Simulator, period: Period) -> list[Json]:
    """Every calendar with its living events of the period, by start."""
    return [_calendar(simulator, one, period) for one in calendars(simulator)]


def _calendar(simulator: Simulator, calendar: Json, period: Period) -> Json:
    row = simulator.store.find("SELECT * FROM calendars WHERE id = ?", calendar["id"])
    assert row is not None  # noqa: S101 - just listed
    channels = "SELECT COUNT(*) AS living FROM channels WHERE calendar = ? AND is_stopped = 0 AND expires_at > ?"
    told = simulator.store.find(channels, calendar["id"], simulator.clock.now())
    return {
        **calendar,
        "time_zone": row["time_zone"],
        "channels": told["living"] if told else 0,
        "events": [_event(one) for one in _rows(simulator, row, period)],
    }


def _rows(simulator: Simulator, calendar: Row, period: Period) -> list[EventRow]:
    sql = (
        "SELECT * FROM events WHERE calendar = ? AND status != 'cancelled' AND ends_at > ? AND starts_at < ?"
        " ORDER BY starts_at, position"
    )
    rows: list[EventRow] = list(simulator.store.list(sql, calendar["id"], period.starts_at, period.ends_at))
    return sorted(unroll(simulator, calendar, rows, period), key=lambda row: row["starts_at"])


def _event(row: EventRow) -> Json:
    """`is_ours`: written by a program, which signs its events; a person's have no private properties."""
    resource: Json = show(row)
    private = (resource.get("extendedProperties") or {}).get("private") or {}
    return {
        "id": row["id"],
        "series": resource.get("recurringEventId"),
        "is_series": json.dumps(resource.get("recurrence", [])) != "[]",
        "summary": resource.get("summary", ""),
        "description": resource.get("description", ""),
        "location": resource.get("location", ""),
        "color": resource.get("colorId"),
        "is_free": resource.get("transparency") == "transparent",
        "is_private": resource.get("visibility") == "private",
        "type": resource["eventType"],
        "is_ours": bool(private),
        "is_tentative": resource["status"] == "tentative",
        "is_whole_day": "date" in resource["start"],
        "start_date": resource["start"].get("date"),
        "end_date": resource["end"].get("date"),
        "starts_at": row["starts_at"],
        "ends_at": row["ends_at"],
    }
