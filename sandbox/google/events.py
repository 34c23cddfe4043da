"""What does a calendar hold? Events written by the product or by a person, numbered change by change.

The number of an event's last change is its etag and the base of sync tokens, so both hold over a restart.
"""

from __future__ import annotations

import base64
import copy
import json
import re
import uuid
from collections.abc import Mapping
from typing import Any

from sandbox.google import event_limits, recurrence
from sandbox.google.errors import GoogleError, not_found
from sandbox.google.times import read_span, to_stamp
from sandbox.simulator import Simulator
from sandbox.store import Json, Row

# A stored event, or an instance of a series that nobody has touched yet.
EventRow = Row | Mapping[str, Any]

EVENT_ID = re.compile(r"^[a-v0-9]{5,1024}$")
STATUSES = ("confirmed", "tentative", "cancelled")
TYPES = ("default", "birthday", "focusTime", "fromGmail", "outOfOffice", "workingLocation")
# Where a series without an end ends for our own windows: the year 2100.
FAR = 4_102_444_800.0
READ_ONLY = ("kind", "etag", "htmlLink", "created", "updated", "creator", "organizer")
KEPT = ("id", "iCalUID", "sequence", "eventType", "recurringEventId", "originalStartTime", *READ_ONLY)


def last_change(simulator: Simulator) -> int:
    number: int = simulator.store.read_note("change", 0)
    return number


def _next_change(simulator: Simulator) -> int:
    number = last_change(simulator) + 1
    simulator.store.write_note("change", number)
    return number


def etag_of(changed: int) -> str:
    return f'"{3_500_000_000_000_000 + changed}"'


def find_row(simulator: Simulator, calendar: str, event_id: str) -> Row | None:
    sql = "SELECT * FROM events WHERE calendar = ? AND id = ?"
    return simulator.store.find(sql, calendar, event_id)


def get_row(simulator: Simulator, calendar: str, event_id: str) -> EventRow:
    """The event; also an instance of a series that has no row of its own yet."""
    row = find_row(simulator, calendar, event_id) or _instance_row(simulator, calendar, event_id)
    if row is None:
        raise not_found()
    return row


def _instance_row(simulator: Simulator, calendar: str, event_id: str) -> EventRow | None:
    named = recurrence.INSTANCE.match(event_id)
    master = find_row(simulator, calendar, named[1]) if named else None
    if named is None or master is None or "recurrence" not in show(master):
        return None
    if named[2] not in set(recurrence.stamps(show(master))):
        return None
    made = recurrence.instance(show(master), named[2])
    return {**dict(master), "id": event_id, "resource": json.dumps(made)}


def show(row: EventRow) -> Json:
    resource: Json = json.loads(row["resource"])
    return resource


def insert(simulator: Simulator, calendar: Row, body: Json) -> Json:
    """A new event; 409 when its id was ever used in this calendar, also by a deleted event."""
    event_id = body.get("id") or uuid.uuid4().hex
    if not isinstance(event_id, str) or not EVENT_ID.match(event_id):
        raise GoogleError(400, "invalid", "Invalid resource id value.")
    if find_row(simulator, calendar["id"], event_id) is not None:
        raise GoogleError(409, "duplicate", "The requested identifier already exists.")
    stamp = to_stamp(simulator.clock.now_at())
    owner = {"email": calendar["account"], "self": calendar["id"] == calendar["account"]}
    resource = {
        "kind": "calendar#event",
        "id": event_id,
        "status": "confirmed",
        "htmlLink": _link(event_id, calendar["id"]),
        "created": stamp,
        "creator": {"email": calendar["account"]},
        "organizer": owner if owner["self"] else _group_owner(calendar),
        "iCalUID": f"{event_id}@google.com",
        "sequence": 0,
        "reminders": {"useDefault": True},
        "eventType": "default",
        **{key: value for key, value in body.items() if key not in READ_ONLY and value is not None},
    }
    resource["id"] = event_id
    if resource["eventType"] not in TYPES:
        raise GoogleError(400, "invalid", "Invalid value for: eventType")
    recurrence.check(resource)
    return _save(simulator, calendar, resource)


def _group_owner(calendar: Row) -> Json:
    return {"email": calendar["id"], "displayName": calendar["summary"], "self": True}


def _link(event_id: str, calendar_id: str) -> str:
    eid = base64.urlsafe_b64encode(f"{event_id} {calendar_id}".encode()).rstrip(b"=").decode()
    return f"https://www.google.com/calendar/event?eid={eid}"


def patch(simulator: Simulator, calendar: Row, row: EventRow, body: Json) -> Json:
    """Objects are merged, arrays replaced whole, null removes. A cancelled event may be confirmed again."""
    before = show(row)
    changes = {key: value for key, value in body.items() if key not in KEPT}
    after = _merge(before, changes)
    return _save(simulator, calendar, after, before=before)


def update(simulator: Simulator, calendar: Row, row: EventRow, body: Json) -> Json:
    """Full replacement: what is left out is lost."""
    before = show(row)
    kept = {key: before[key] for key in KEPT if key in before}
    after = {
        "status": "confirmed",
        **{k: v for k, v in body.items() if k not in KEPT and v is not None},
        **kept,
    }
    return _save(simulator, calendar, after, before=before)


def cancel(simulator: Simulator, calendar: Row, row: EventRow) -> Json:
    """410 when it was deleted before."""
    if row["status"] == "cancelled":
        raise GoogleError(410, "deleted", "Resource has been deleted")
    before = show(row)
    cancelled = _save(simulator, calendar, {**before, "status": "cancelled"}, before=before)
    for exception in exceptions_of(simulator, calendar["id"], before["id"]):
        if exception["status"] != "cancelled":
            cancel(simulator, calendar, exception)
    return cancelled


def exceptions_of(simulator: Simulator, calendar: str, event_id: str) -> list[Row]:
    """The instances of a series that were changed or cancelled on their own."""
    sql = "SELECT * FROM events WHERE calendar = ? AND id GLOB ?"
    rows = simulator.store.list(sql, calendar, f"{event_id}_*")
    return [row for row in rows if show(row).get("recurringEventId") == event_id]


def _merge(before: Json, changes: Json) -> Json:
    after = copy.deepcopy(before)
    for key, value in changes.items():
        if value is None:
            after.pop(key, None)
        elif isinstance(value, dict) and isinstance(after.get(key), dict):
            after[key] = _merge(_without_other_kind(after[key], value), value)
        else:
            after[key] = value
    return after


def _without_other_kind(edge: Json, change: Json) -> Json:
    """A start or end that turns from a date into a time, or back, drops the other."""
    if "dateTime" in change:
        return {key: value for key, value in edge.items() if key not in ("date", "timeZone")}
    return {key: value for key, value in edge.items() if key != "dateTime"} if "date" in change else edge


def _save(simulator: Simulator, calendar: Row, resource: Json, *, before: Json | None = None) -> Json:
    if resource.get("status") not in STATUSES:
        raise GoogleError(400, "invalid", "Invalid value for: status")
    if not resource.get("recurrence"):
        resource.pop("recurrence", None)
    recurrence.check(resource)
    event_limits.check(resource)
    starts_at, ends_at = read_span(resource, calendar["time_zone"])
    if "recurrence" in resource:
        ends_at = _last_end(resource, ends_at - starts_at, calendar["time_zone"])
    if before is not None and any(resource[edge] != before[edge] for edge in ("start", "end")):
        resource["sequence"] = before["sequence"] + 1
    changed = _next_change(simulator)
    if before is not None and "recurrence" in before:
        sql = "INSERT INTO series_past (calendar, id, changed, resource) VALUES (?, ?, ?, ?)"
        simulator.store.run(sql, calendar["id"], before["id"], changed, json.dumps(before))
    resource["etag"] = etag_of(changed)
    resource["updated"] = to_stamp(simulator.clock.now_at())
    simulator.store.run(
        "INSERT INTO events (calendar, id, resource, status, starts_at, ends_at, changed)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (calendar, id) DO UPDATE SET resource = excluded.resource,"
        " status = excluded.status, starts_at = excluded.starts_at, ends_at = excluded.ends_at,"
        " changed = excluded.changed",
        *(
            calendar["id"],
            resource["id"],
            json.dumps(resource),
            resource["status"],
            starts_at,
            ends_at,
            changed,
        ),
    )
    simulator.changed()
    return resource


def _last_end(resource: Json, length: float, zone: str) -> float:
    """Where a series ends; FAR for one without an end."""
    named = list(recurrence.stamps(resource))
    if len(named) >= recurrence.MOST_INSTANCES or not named:
        return FAR
    return recurrence.span_of(named[-1], length, zone)[1]
