"""Numbers, faults, delivery habits, the clock and a fresh start."""

from __future__ import annotations

import secrets
from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.control.bodies import ControlError, control_json, only
from sandbox.delivery import Habits
from sandbox.faults import read_fault
from sandbox.google.listing import expire_sync_tokens
from sandbox.graph.media import REDIRECT_NOTE
from sandbox.graph.pace import DEFAULT_PER_SECOND, Pace
from sandbox.media import empty
from sandbox.preset import add_google_account, put_people_back
from sandbox.simulator import Simulator, simulator_of
from sandbox.store import Json

DROPPABLE = ("sent", "delivered", "read", "failed", "messages")
EMPTIED = (
    "messages",
    "chats",
    "chat_flags",
    "posts",
    "events",
    "series_past",
    "media",
    "media_urls",
    "hidden_phones",
    "one_form",
)


async def add_number(request: Request) -> Response:
    """A new number, or the known one of this slug with another callback URL."""
    simulator = simulator_of(request)
    body = await control_json(request)
    only(body, "slug", "callback_url", "account_of")
    slug, url, sister = body.get("slug"), body.get("callback_url"), body.get("account_of")
    if not isinstance(slug, str) or not slug:
        raise ControlError("slug must be a text")
    if url is not None and (not isinstance(url, str) or not url.startswith(("http://", "https://"))):
        raise ControlError("callback_url must start with http:// or https://")
    with simulator.store.transaction():
        if not simulator.store.find("SELECT 1 FROM numbers WHERE slug = ?", slug):
            _insert_number(simulator, slug, sister)
        if url:
            simulator.store.run("UPDATE numbers SET app_callback = ? WHERE slug = ?", url, slug)
    simulator.changed()
    sql = "SELECT phone_number_id, waba_id, access_token FROM numbers WHERE slug = ?"
    return JSONResponse(dict(*map(dict, simulator.store.list(sql, slug))))


def _insert_number(simulator: Simulator, slug: str, sister: object) -> None:
    """`sister`: the slug of a number whose account, and callback, this one shares."""
    account = simulator.store.find("SELECT * FROM numbers WHERE slug = ?", sister)
    if sister is not None and account is None:
        raise ControlError("account_of must be the slug of a number")
    base = simulator.settings.webhook_base
    callback = (account["app_callback"] or f"{base}/webhooks/whatsapp/{sister}/") if account else None
    simulator.store.run(
        "INSERT INTO numbers (slug, phone_number_id, waba_id, display, verified_name, access_token, app_callback)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        slug,
        str(10**14 + secrets.randbelow(9 * 10**14)),
        account["waba_id"] if account else str(10**14 + secrets.randbelow(9 * 10**14)),
        f"+55 11 3{secrets.randbelow(1000):03d}-{secrets.randbelow(10000):04d}",
        slug.replace("-", " ").title(),
        f"sandbox-token-{secrets.token_urlsafe(24)}",
        callback,
    )


async def faults(request: Request) -> Response:
    simulator = simulator_of(request)
    if request.method == "GET":
        return JSONResponse({"faults": simulator.faults.list()})
    simulator.changed()
    if request.method == "DELETE":
        simulator.faults.clear()
        return JSONResponse({"faults": []})
    try:
        fault = read_fault(await control_json(request))
    except ValueError as error:
        raise ControlError(str(error)) from error
    return JSONResponse(simulator.faults.add(fault), 201)


async def calls(request: Request) -> Response:
    """GET ?after=<call id>&taken_after=<id>: what was asked of us since, and which webhooks were taken."""
    simulator = simulator_of(request)
    since = [request.query_params.get(name, "0") for name in ("after", "taken_after")]
    if not all(one.isdigit() for one in since):
        raise ControlError("after and taken_after must be numbers")
    return JSONResponse(simulator.calls.told(int(since[0]), int(since[1])))


async def misfits(request: Request) -> Response:
    """GET: which calls of the Calendar API, and answers to them, are not as Google describes them; DELETE forgets."""
    if request.method == "DELETE":
        request.app.state.misfits.words.clear()
    return JSONResponse({"misfits": request.app.state.misfits.words})


async def add_account(request: Request) -> Response:
    """POST {"email", "name", "clinic", "summary"}: a person with a Google account and a calendar."""
    simulator = simulator_of(request)
    body = await control_json(request)
    only(body, "email", "name", "clinic", "summary")
    told = [body.get(name) for name in ("email", "name", "clinic", "summary")]
    if not all(isinstance(one, str) and one for one in told):
        raise ControlError("email, name, clinic and summary must be texts")
    email, name, clinic, summary = map(str, told)
    with simulator.store.transaction():
        calendar_id = add_google_account(simulator.store, email=email, name=name, clinic=clinic, summary=summary)
    simulator.changed()
    return JSONResponse({"account": email, "calendar": calendar_id}, 201)


async def webhooks(request: Request) -> Response:
    """How webhooks are delivered from now on; {} restores the usual way."""
    simulator = simulator_of(request)
    if request.method == "POST":
        body = await control_json(request)
        only(body, *Habits.__dataclass_fields__)
        simulator.poster.habits = _read_habits(body)
        simulator.changed()
    return JSONResponse(asdict(simulator.poster.habits))


def _read_habits(body: Json) -> Habits:
    duplicates, shuffle = body.get("duplicates", 1), body.get("shuffle", False)
    drop, delay = body.get("drop", []), body.get("delay_seconds", 0)
    if isinstance(duplicates, bool) or not isinstance(duplicates, int) or not 1 <= duplicates <= 100:
        raise ControlError("duplicates must be a whole number from 1 to 100")
    if not isinstance(shuffle, bool):
        raise ControlError("shuffle must be true or false")
    if not isinstance(drop, list) or not set(drop) <= set(DROPPABLE):
        raise ControlError(f"drop must be a list of {', '.join(DROPPABLE)}")
    if isinstance(delay, bool) or not isinstance(delay, int | float) or not 0 <= delay <= 3600:
        raise ControlError("delay_seconds must be a number from 0 to 3600")
    return Habits(duplicates, shuffle, tuple(drop), float(delay))


async def media(request: Request) -> Response:
    """Where the addresses of files lead: {"redirect": "http://…"} answers each of them with 302; {} restores."""
    simulator = simulator_of(request)
    if request.method == "POST":
        body = await control_json(request)
        only(body, "redirect")
        url = body.get("redirect")
        if url is not None and (not isinstance(url, str) or not url.startswith(("http://", "https://"))):
            raise ControlError("redirect must start with http:// or https://")
        simulator.store.write_note(REDIRECT_NOTE, url)
        simulator.changed()
    return JSONResponse({"redirect": simulator.store.read_note(REDIRECT_NOTE, None)})


async def pace(request: Request) -> Response:
    """POST {"per_second": 20, "is_kept": true} counts anew and, if told so, refuses as Meta does; GET reads."""
    simulator = simulator_of(request)
    if request.method == "POST":
        body = await control_json(request)
        only(body, "per_second", "is_kept")
        per_second, is_kept = body.get("per_second", DEFAULT_PER_SECOND), body.get("is_kept", False)
        if isinstance(per_second, bool) or not isinstance(per_second, int) or per_second < 1:
            raise ControlError("per_second must be a whole number from 1")
        if not isinstance(is_kept, bool):
            raise ControlError("is_kept must be true or false")
        simulator.pace = Pace(is_kept, per_second)
    return JSONResponse(simulator.pace.told())


async def clock(request: Request) -> Response:
    """POST {"advance_seconds": n} moves time for the simulator and for the product; GET reads it."""
    simulator = simulator_of(request)
    if request.method == "POST":
        body = await control_json(request)
        only(body, "advance_seconds")
        seconds = body.get("advance_seconds")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise ControlError("advance_seconds must be a number")
        simulator.clock.advance(seconds)
        simulator.changed()
    now = {"offset_seconds": simulator.clock.offset_seconds(), "now": simulator.clock.now_at().isoformat()}
    return JSONResponse(now)


async def reset(request: Request) -> Response:
    """Empties chats, events, faults and habits, heals numbers; accounts, calendars, tokens, channels and numbers stay.

    Patients are the preset ones again, under their first numbers and names; webhooks go to the app's addresses.
    Sync tokens handed out before answer 410, since what they counted on is gone.
    """
    simulator = simulator_of(request)
    with simulator.store.transaction():
        for table in EMPTIED:
            simulator.store.run(f"DELETE FROM {table}")  # noqa: S608 - fixed table names
        simulator.store.run("DELETE FROM nodes")
        simulator.store.run("UPDATE numbers SET is_subscribed = 1, waba_callback = NULL, phone_callback = NULL")
        put_people_back(simulator.store)
        expire_sync_tokens(simulator)
    simulator.store.write_note(REDIRECT_NOTE, None)
    empty(simulator)
    simulator.faults.clear()
    simulator.poster.habits = Habits()
    simulator.pace = Pace()
    simulator.changed()
    return JSONResponse({"reset": True})
