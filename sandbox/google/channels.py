"""How does Google tell that a calendar changed? Channels: events.watch, channels.stop and the pushes."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.delivery import Post
from sandbox.google.calendars import calendar_for, google_json
from sandbox.google.errors import GoogleError, not_found, refuse
from sandbox.google.scopes import READ_EVENTS
from sandbox.google.tokens import Caller, caller_of
from sandbox.simulator import Simulator, simulator_of
from sandbox.store import Json, Row

DEFAULT_SECONDS = 7 * 24 * 3600
LONGEST_SECONDS = 30 * 24 * 3600


async def watch(request: Request) -> Response:
    """Opens a channel; its first push, `sync`, follows at once."""
    simulator = simulator_of(request)
    caller = caller_of(request, simulator, READ_EVENTS)
    body = await google_json(request)

    async def act() -> Response:
        calendar = calendar_for(simulator, caller, request.path_params["calendar_id"])
        channel = _open(simulator, caller, calendar, body)
        _push(simulator, channel, "sync")
        return JSONResponse(_show(channel))

    return await simulator.guarded(request, ("google", "events.watch", caller.clinic), act, refuse)


def _open(simulator: Simulator, caller: Caller, calendar: Row, body: Json) -> Row:
    channel_id = str(body.get("id") or "")
    if not 1 <= len(channel_id) <= 64:
        raise GoogleError(400, "required", "Channel id must have 1 to 64 characters")
    if simulator.store.find("SELECT 1 FROM channels WHERE id = ?", channel_id):
        raise GoogleError(400, "channelIdNotUnique", f"Channel id {channel_id} not unique")
    if body.get("type") not in ("web_hook", "webhook"):
        raise GoogleError(400, "invalid", "Unknown channel type")
    address = str(body.get("address") or "")
    _check_address(address)
    resource_id = _resource_id(calendar)
    sql = (
        "INSERT INTO channels (id, calendar, account, client_id, resource_id, address, token, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    )
    owner = (caller.account, caller.client_id)
    values = (channel_id, calendar["id"], *owner, resource_id, address, body.get("token"))
    simulator.store.run(sql, *values, _expiry(simulator, body))
    return _get(simulator, channel_id)


def _check_address(address: str) -> None:
    """https, or http on this machine: Google itself wants https everywhere."""
    parts = urlsplit(address)
    is_loopback = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback)):
        raise GoogleError(400, "push.webhookUrlNotHttps", f"WebHook callback must be HTTPS: {address}")


def _resource_id(calendar: Row) -> str:
    """The same for every channel of a calendar."""
    return f"res{calendar['position']:06d}x"


def _expiry(simulator: Simulator, body: Json) -> float:
    now = simulator.clock.now()
    ttl = (body.get("params") or {}).get("ttl")
    try:
        wanted = now + float(ttl) if ttl else float(body["expiration"]) / 1000 if body.get("expiration") else None
    except (TypeError, ValueError) as error:
        raise GoogleError(400, "invalid", "Invalid expiration") from error
    return min(wanted or now + DEFAULT_SECONDS, now + LONGEST_SECONDS)


def _get(simulator: Simulator, channel_id: str) -> Row:
    row = simulator.store.find("SELECT * FROM channels WHERE id = ?", channel_id)
    if row is None:
        raise not_found()
    return row


def _uri(channel: Row) -> str:
    return f"https://www.googleapis.com/calendar/v3/calendars/{quote(channel['calendar'])}/events?alt=json"


def _show(channel: Row) -> Json:
    shown = {
        "kind": "api#channel",
        "id": channel["id"],
        "resourceId": channel["resource_id"],
        "resourceUri": _uri(channel),
        "expiration": str(int(channel["expires_at"] * 1000)),
    }
    return {**shown, "token": channel["token"]} if channel["token"] else shown


async def stop(request: Request) -> Response:
    """Only the same person through the same client may stop a channel."""
    simulator = simulator_of(request)
    caller = caller_of(request, simulator, None)
    body = await google_json(request)

    async def act() -> Response:
        channel = _get(simulator, str(body.get("id") or ""))
        owner = (channel["account"], channel["client_id"], channel["resource_id"])
        if owner != (caller.account, caller.client_id, body.get("resourceId")) or channel["is_stopped"]:
            raise GoogleError(404, "notFound", f"Channel '{channel['id']}' not found for project")
        simulator.store.run("UPDATE channels SET is_stopped = 1 WHERE id = ?", channel["id"])
        return Response(status_code=204)

    return await simulator.guarded(request, ("google", "channels.stop", caller.clinic), act, refuse)


def announce(simulator: Simulator, calendar_id: str) -> None:
    """Tells every living channel of the calendar, also about the product's own writes."""
    sql = "SELECT * FROM channels WHERE calendar = ? AND is_stopped = 0 AND expires_at > ?"
    for channel in simulator.store.list(sql, calendar_id, simulator.clock.now()):
        _push(simulator, channel, "exists")


def _clinic_of(simulator: Simulator, channel: Row) -> str | None:
    row = simulator.store.find("SELECT clinic FROM accounts WHERE email = ?", channel["account"])
    return row["clinic"] if row else None


def _push(simulator: Simulator, channel: Row, state: str) -> None:
    number = channel["message_number"] + 1
    simulator.store.run("UPDATE channels SET message_number = ? WHERE id = ?", number, channel["id"])
    expires_at = datetime.fromtimestamp(channel["expires_at"], UTC)
    headers = {
        "User-Agent": "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)",
        "X-Goog-Channel-ID": channel["id"],
        "X-Goog-Channel-Expiration": format_datetime(expires_at, usegmt=True),
        "X-Goog-Message-Number": str(number),
        "X-Goog-Resource-ID": channel["resource_id"],
        "X-Goog-Resource-State": state,
        "X-Goog-Resource-URI": _uri(channel),
    }
    if channel["token"]:
        headers["X-Goog-Channel-Token"] = channel["token"]
    if state != "sync" and simulator.faults.take_named("google", "push", _clinic_of(simulator, channel)):
        return
    post_id = simulator.poster.keep(Post(channel["address"], headers=headers, is_webhook=False))
    simulator.poster.send_in_order([post_id])
