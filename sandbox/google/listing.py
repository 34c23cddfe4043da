"""What has happened in a calendar? events.list: windows, pages and sync tokens."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.datastructures import QueryParams

from sandbox.google.errors import GoogleError
from sandbox.google.events import EventRow, etag_of, last_change, show
from sandbox.google.series import Period, unroll
from sandbox.google.times import read_instant, to_stamp
from sandbox.simulator import Simulator
from sandbox.store import Json, Row

NOT_WITH_SYNC = (
    "iCalUID",
    "orderBy",
    "privateExtendedProperty",
    "q",
    "sharedExtendedProperty",
    "timeMin",
    "timeMax",
    "updatedMin",
)
# Without any of these every row is wanted, and need not be read to know it.
NARROWING = {
    "privateExtendedProperty",
    "sharedExtendedProperty",
    "updatedMin",
    "iCalUID",
    "q",
    "eventTypes",
}
DEFAULT_PAGE = 250
LARGEST_PAGE = 2500


@dataclass(frozen=True)
class Window:
    """What one request asks for. Changes are counted from the sync token (`since`) to page one (`until`)."""

    since: int | None
    until: int
    offset: int
    size: int
    show_deleted: bool


def list_events(simulator: Simulator, calendar: Row, query: QueryParams) -> Json:
    window = _read_window(simulator, calendar, query)
    sql, values = _select(calendar, query, window)
    rows: list[EventRow] = [row for row in simulator.store.list(sql, *values) if _is_wanted(row, query)]
    if query.get("singleEvents") == "true":
        rows = unroll(simulator, calendar, rows, _period(query, window))
        if query.get("orderBy") == "startTime":
            rows.sort(key=lambda row: row["starts_at"])
    page = rows[window.offset : window.offset + window.size]
    nameless = simulator.store.read_note(f"nameless {calendar['id']}", [])
    answer: Json = {
        "kind": "calendar#events",
        "etag": etag_of(window.until),
        "summary": calendar["summary"],
        "updated": to_stamp(simulator.clock.now_at()),
        "timeZone": calendar["time_zone"],
        "accessRole": "owner",
        "defaultReminders": [],
        "items": [_only(_show_item(row, window, nameless), query.get("fields")) for row in page],
    }
    rest = window.offset + window.size
    if rest < len(rows):
        answer["nextPageToken"] = _pack({"offset": rest, "until": window.until})
    else:
        note = {"calendar": calendar["id"], "change": window.until, "epoch": _epoch(simulator, calendar["id"])}
        answer["nextSyncToken"] = _pack(note)
    return answer


def _period(query: QueryParams, window: Window) -> Period:
    edges = {name: read_instant(query[name], name) for name in ("timeMin", "timeMax") if query.get(name)}
    return Period(edges.get("timeMin"), edges.get("timeMax"), window.since)


def _show_item(row: EventRow, window: Window, nameless: list[str]) -> Json:
    """In an incremental answer Google promises no more than the id of what was deleted; `nameless` lack even that."""
    resource = show(row)
    if resource["id"] in nameless:
        return {key: value for key, value in resource.items() if key != "id"}
    if window.since is not None and row["status"] == "cancelled":
        kept = ("kind", "etag", "id", "status", "recurringEventId", "originalStartTime")
        return {key: resource[key] for key in kept if key in resource}
    return resource


def _only(item: Json, fields: str | None) -> Json:
    """What `fields=items(a,b/c,d(e))` leaves of an item; of the paths inside a field, all of it."""
    asked = re.search(r"items\((.*)\)", fields or "")
    if asked is None:
        return item
    names = {part.split("/")[0] for part in re.sub(r"\([^()]*\)", "", asked[1]).split(",")}
    return {name: value for name, value in item.items() if name in names}


def _read_window(simulator: Simulator, calendar: Row, query: QueryParams) -> Window:
    since = _read_sync_token(simulator, calendar, query)
    page = _unpack(query.get("pageToken", ""), "pageToken") if query.get("pageToken") else {}
    if query.get("orderBy") not in (None, "startTime", "updated"):
        raise _invalid("orderBy")
    if query.get("orderBy") == "startTime" and query.get("singleEvents") != "true":
        raise GoogleError(400, "badRequest", "The requested ordering is not available for this query.")
    return Window(
        since=since,
        until=page.get("until", last_change(simulator)),
        offset=page.get("offset", 0),
        size=_read_size(query),
        show_deleted=since is not None or query.get("showDeleted") == "true" or "updatedMin" in query,
    )


def _read_size(query: QueryParams) -> int:
    text = query.get("maxResults") or str(DEFAULT_PAGE)
    if not text.isdigit() or int(text) < 1:
        raise _invalid("maxResults")
    return min(int(text), LARGEST_PAGE)


def _read_sync_token(simulator: Simulator, calendar: Row, query: QueryParams) -> int | None:
    if not query.get("syncToken"):
        return None
    for name in NOT_WITH_SYNC:
        if name in query:
            message = f"Sync token cannot be combined with {name}."
            raise GoogleError(400, "badRequest", message, location=name, locationType="parameter")
    if query.get("showDeleted") == "false":
        raise GoogleError(400, "badRequest", "showDeleted must not be false with a sync token.")
    note = _unpack(query["syncToken"], "syncToken")
    if note.get("calendar") != calendar["id"]:
        raise GoogleError(400, "invalid", "Invalid sync token value.")
    if note["epoch"] != _epoch(simulator, calendar["id"]):
        details = {"location": "syncToken", "locationType": "parameter"}
        raise GoogleError(410, "fullSyncRequired", "Sync token is no longer valid.", **details)
    change: int = note["change"]
    return change


def expire_sync_tokens(simulator: Simulator, calendar_id: str | None = None) -> None:
    """Every sync token handed out so far (for one calendar, or for all) answers 410 from now on."""
    name = f"epoch {calendar_id}" if calendar_id else "epoch"
    simulator.store.write_note(name, simulator.store.read_note(name, 0) + 1)


def _epoch(simulator: Simulator, calendar_id: str) -> list[int]:
    """How often all tokens were expired, and those of this calendar."""
    return [simulator.store.read_note(name, 0) for name in ("epoch", f"epoch {calendar_id}")]


def _select(calendar: Row, query: QueryParams, window: Window) -> tuple[str, list[object]]:
    where, values = ["calendar = ?"], [calendar["id"]]
    if window.since is not None:
        where += ["changed > ?", "changed <= ?"]
        values += [window.since, window.until]
    for name, condition in (("timeMin", "ends_at > ?"), ("timeMax", "starts_at < ?")):
        if query.get(name):
            where.append(condition)
            values.append(read_instant(query[name], name))
    if not window.show_deleted:
        where.append("status != 'cancelled'")
    order = {"startTime": "starts_at, position", "updated": "changed"}.get(query.get("orderBy") or "", "position")
    return f"SELECT * FROM events WHERE {' AND '.join(where)} ORDER BY {order}", values  # noqa: S608 - fixed words


def _is_wanted(row: Row, query: QueryParams) -> bool:
    if not NARROWING & set(query):
        return True
    resource = show(row)
    types = query.getlist("eventTypes")
    if types and resource["eventType"] not in types:
        return False
    for scope in ("private", "shared"):
        for wanted in query.getlist(f"{scope}ExtendedProperty"):
            key, _, value = wanted.partition("=")
            if resource.get("extendedProperties", {}).get(scope, {}).get(key) != value:
                return False
    if "updatedMin" in query and resource["updated"] < _updated_min(query):
        return False
    if "iCalUID" in query and resource["iCalUID"] != query["iCalUID"]:
        return False
    words = " ".join(str(resource.get(name, "")) for name in ("summary", "description", "location")).lower()
    return (query.get("q") or "").lower() in words


def _updated_min(query: QueryParams) -> str:
    """updatedMin in the writing of `updated`, so that texts compare."""
    return to_stamp(datetime.fromtimestamp(read_instant(query["updatedMin"], "updatedMin"), UTC))


def _invalid(name: str) -> GoogleError:
    return GoogleError(400, "invalid", f"Invalid value for: {name}", location=name, locationType="parameter")


def _pack(note: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(note).encode()).decode()


def _unpack(token: str, name: str) -> Json:
    try:
        note = json.loads(base64.urlsafe_b64decode(token))
    except ValueError:
        note = None
    if not isinstance(note, dict):
        raise _invalid(name)
    return note
