"""What do the pages show? Their files, and one light answer that the phone polls."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from sandbox import chats
from sandbox.flags import NO_MARKETING, STANDBY, has_flag
from sandbox.google.series import Period
from sandbox.patients import find_patient
from sandbox.phone.meta import meta_state
from sandbox.phone.week import agendas
from sandbox.simulator import Simulator, simulator_of
from sandbox.store import Json

HERE = Path(__file__).parent
AGENDA_SECONDS = 21 * 24 * 3600
FRESH = {"Cache-Control": "no-cache"}


async def index(_request: Request) -> Response:
    return FileResponse(HERE / "phone.html", headers=FRESH)


async def calendar(_request: Request) -> Response:
    return FileResponse(HERE / "calendar.html", headers=FRESH)


async def asset(request: Request) -> Response:
    path = HERE / request.path_params["name"]
    if path.parent != HERE or path.suffix not in (".css", ".js") or not path.is_file():
        return Response(status_code=404)
    return FileResponse(path, headers=FRESH)


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
            "calendars": agendas(simulator, _coming_days(simulator)),
            "meta": meta_state(simulator, query.get("with") or ""),
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
    sql = (
        "SELECT p.key, p.wa_id, p.name, p.username, h.patient IS NOT NULL AS is_hidden FROM patients p"
        " LEFT JOIN hidden_phones h ON h.patient = p.key ORDER BY p.position"
    )
    rows = simulator.store.list(sql)
    return [{**dict(row), "chats": last.get(row["key"], {})} for row in rows]


def _chat(simulator: Simulator, who: str, slug: str) -> Json:
    patient = find_patient(simulator.store, who)
    number = simulator.store.find("SELECT * FROM numbers WHERE slug = ?", slug)
    if patient is None or number is None:
        return {"messages": [], "typing_seconds": 0, "is_standby": False, "no_marketing": False}
    place = {"number": number["phone_number_id"], "patient": patient["key"]}
    return {
        "messages": chats.list_messages(simulator.store, **place),
        "typing_seconds": _typing_seconds(simulator, **place),
        "is_standby": has_flag(simulator.store, STANDBY, **place),
        "no_marketing": has_flag(simulator.store, NO_MARKETING, **place),
    }


def _typing_seconds(simulator: Simulator, *, number: str, patient: str) -> float:
    sql = "SELECT typing_until FROM chats WHERE number = ? AND patient = ?"
    row = simulator.store.find(sql, number, patient)
    return max(0.0, row["typing_until"] - simulator.clock.now()) if row is not None else 0.0


def _coming_days(simulator: Simulator) -> Period:
    now = simulator.clock.now()
    return Period(now - 24 * 3600, now + AGENDA_SECONDS, None)
