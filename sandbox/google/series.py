"""What does a list of single events hold instead of a series? Its instances, and the exceptions among them.

An incremental answer tells every instance of a series that was touched, years of them, and as cancelled those that the
series has no longer: a nuisance that Google really is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.google import recurrence
from sandbox.google.events import EventRow, exceptions_of, show
from sandbox.google.times import read_span
from sandbox.simulator import Simulator
from sandbox.store import Json, Row


@dataclass(frozen=True)
class Period:
    """Of the request: its window in unix seconds, and the change its sync token knew."""

    starts_at: float | None
    ends_at: float | None
    since: int | None

    def holds(self, span: tuple[float, float]) -> bool:
        after_start = self.starts_at is None or span[1] > self.starts_at
        return after_start and (self.ends_at is None or span[0] < self.ends_at)


def unroll(simulator: Simulator, calendar: Row, rows: list[EventRow], period: Period) -> list[EventRow]:
    """The rows with each series replaced by its instances."""
    return [single for row in rows for single in _singles(simulator, calendar, row, period)]


def _singles(simulator: Simulator, calendar: Row, row: EventRow, period: Period) -> Iterator[EventRow]:
    # An event that was a series once still has instances to be told as cancelled.
    former = _former(simulator, calendar, row, period) if period.since is not None else set()
    is_series = '"recurrence"' in row["resource"]
    if not is_series:
        yield row
    master = show(row) if is_series or former else {}
    own = set()
    if is_series:
        own = {recurrence.INSTANCE.match(one["id"])[2] for one in exceptions_of(simulator, calendar["id"], row["id"])}  # type: ignore[index]
    present = set() if row["status"] == "cancelled" or not is_series else set(recurrence.stamps(master))
    length = _length(master, calendar["time_zone"]) if present else 0.0
    for stamp in sorted(present - own):
        span = recurrence.span_of(stamp, length, calendar["time_zone"])
        if period.holds(span):
            made = recurrence.instance(master, stamp)
            yield _row(row, made, *span)
    for stamp in sorted(former - present - own):
        gone = {**master, "id": f"{row['id']}_{stamp}", "recurringEventId": row["id"], "status": "cancelled"}
        yield _row(row, gone, row["starts_at"], row["ends_at"])


def _former(simulator: Simulator, calendar: Row, row: EventRow, period: Period) -> set[str]:
    """Every instance that the series had at some time since the sync token."""
    sql = "SELECT resource FROM series_past WHERE calendar = ? AND id = ? AND changed > ?"
    past = simulator.store.list(sql, calendar["id"], row["id"], period.since)
    return {stamp for one in past for stamp in recurrence.stamps(json.loads(one["resource"]))}


def _row(row: EventRow, resource: Json, starts_at: float, ends_at: float) -> EventRow:
    changes = {
        "id": resource["id"],
        "resource": json.dumps(resource),
        "status": resource["status"],
        "starts_at": starts_at,
        "ends_at": ends_at,
    }
    return {**dict(row), **changes}


def _length(master: Json, zone: str) -> float:
    starts_at, ends_at = read_span(json.loads(json.dumps(master)), zone)
    return ends_at - starts_at
