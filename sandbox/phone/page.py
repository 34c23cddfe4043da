"""What does the page show? Its three files, and one light answer that it polls."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from sandbox import chats
from sandbox.control.agendas import calendars
from sandbox.google.events import show
from sandbox.patients import find_patient
from sandbox.simulator import Simulator, simulator_of
from sandbox.store import Json, Row

HERE = Path(__file__).parent
AGENDA_SECONDS = 21 * 24 * 3600
FRESH = {"Cache-Control": "no-cache"}


async def index(_request: Request) -> Response:
    return FileResponse(HERE / "phone.html", headers=FRESH)


async def asset(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in ("phone.css", "phone.js", "panels.js"):
        return Response(status_code=404)
    return FileResponse(HERE / name, headers=FRESH)


async def state(request: Request) -> Response:
    """Everything on the page, or 204 when nothing changed since ?version=."""
    simulator = simulator_of(request)
    query = request.query_params
    if query.get("version") == str(simulator.version):
        return Response(status_code=204)
    numbers = simulator.store.list("SELECT * FROM numbers ORDER BY rowid")
    return JSONResponse(
        {
            "version": simulator.version,
            "portal": f"{simulator.settings.webhook_base}/admin/",
            "now": simulator.clock.now_at().isoformat(),
            "offset_seconds": simulator.clock.offset_seconds(),
            "numbers": [{"slug": row["slug"], "name": row["verified_name"]} for row in numbers],
            "patients": _patients(simulator),
            "chat": _chat(simulator, query.get("patient") or "", query.get("with") or ""),
            "calendars": _agendas(simulator),
            "faults": simulator.faults.list(),
            "habits": vars(simulator.poster.habits),
        }
    )


def _patients(simulator: Simulator) -> list[Json]:
    """Each patient with the last message of every chat and how many the clinic sent, for the unread mark."""
    sql = (
        "SELECT m.patient, n.slug, m.body, m.type, m.direction, m.at, c.sent FROM messages m JOIN ("
        "SELECT MAX(position) AS last, SUM(direction = 'out') AS sent FROM messages GROUP BY number, patient"
        ") c ON m.position = c.last JOIN numbers n ON n.phone_number_id = m.number"
    )
    last: dict[str, Json] = {}
    for row in simulator.store.list(sql):
        last.setdefault(row["patient"], {})[row["slug"]] = dict(row)
    rows = simulator.store.list("SELECT key, wa_id, name, username FROM patients ORDER BY position")
    return [{**dict(row), "chats": last.get(row["key"], {})} for row in rows]


def _chat(simulator: Simulator, who: str, slug: str) -> Json:
    patient = find_patient(simulator.store, who)
    number = simulator.store.find("SELECT * FROM numbers WHERE slug = ?", slug)
    if patient is None or number is None:
        return {"messages": [], "typing_seconds": 0}
    place = {"number": number["phone_number_id"], "patient": patient["key"]}
    return {
        "messages": chats.list_messages(simulator.store, **place),
        "typing_seconds": _typing_seconds(simulator, **place),
    }


def _typing_seconds(simulator: Simulator, *, number: str, patient: str) -> float:
    sql = "SELECT typing_until FROM chats WHERE number = ? AND patient = ?"
    row = simulator.store.find(sql, number, patient)
    return max(0.0, row["typing_until"] - simulator.clock.now()) if row is not None else 0.0


def _agendas(simulator: Simulator) -> list[Json]:
    now = simulator.clock.now()
    sql = (
        "SELECT * FROM events WHERE calendar = ? AND ends_at > ? AND starts_at < ?"
        " ORDER BY starts_at, position LIMIT 60"
    )
    return [
        {
            **calendar,
            "events": [
                _event(row) for row in simulator.store.list(sql, calendar["id"], now - 86400, now + AGENDA_SECONDS)
            ],
        }
        for calendar in calendars(simulator)
    ]


def _event(row: Row) -> Json:
    resource = show(row)
    return {
        "id": row["id"],
        "summary": resource.get("summary", "(sem título)"),
        "status": row["status"],
        "starts_at": row["starts_at"],
        "ends_at": row["ends_at"],
        "is_whole_day": "date" in resource["start"],
    }
