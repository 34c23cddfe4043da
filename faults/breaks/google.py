"""Google refuses, fails, answers into the void, or does not tell of changes any more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from faults.breaks.meta import breaking, heal
from faults.fault import Fault
from faults.house import wait_until
from faults.load import changes_by_program, chats, hold_a_chat, now
from faults.run import Run

BUSY = "SELECT count(*) FROM clinics_busyperiod WHERE clinic_id = %s AND source = 'google' AND starts_at = %s"
EXPIRE = (
    "UPDATE calendar_sync_channel SET expires_at = now() - interval '1 minute' WHERE clinic_id = %s AND state = 'live'"
)
QUOTAS = ("rateLimitExceeded", "userRateLimitExceeded", "rateLimitExceeded")
POLL_SECONDS = 150.0


def calendar_load(run: Run) -> None:
    """Mostly what changes calendars."""
    hold_a_chat(run)
    run.start(chats, run.person(run.a), 2, steps=2)
    for place in (run.a, run.a, run.b):
        run.start(changes_by_program, place, steps=3)


def _status(status: int, *operations: str, reason: str = "") -> Callable[[Run], dict[str, Any]]:
    def rule(run: Run) -> dict[str, Any]:
        told = {"operation": operations[run.seed % len(operations)], "kind": "status", "status": status}
        return {**told, "count": run.rng.randint(1, 2), **({"reason": reason} if reason else {})}

    return rule


def _quota(run: Run) -> dict[str, Any]:
    reason = QUOTAS[run.seed % len(QUOTAS)]
    return {"operation": "events", "kind": "status", "status": 403, "reason": reason, "count": run.rng.randint(1, 3)}


def _kind(kind: str) -> Callable[[Run], dict[str, Any]]:
    def rule(run: Run) -> dict[str, Any]:
        operation = ("events.insert", "events.patch", "events.delete")[run.seed % 3]
        return {"operation": operation, "kind": kind, "seconds": 0, "count": run.rng.randint(1, 2)}

    return rule


def expire_channels(run: Run) -> None:
    """Google tells of nothing any more; somebody else's event must be noticed all the same."""
    run.wait_for_share(run.rng.uniform(0.0, 0.5))
    run.house.query(EXPIRE, run.a.clinic_id)
    run.house.control("POST", "faults", {"target": "google", "operation": "push", "kind": "reset", "count": 3})
    begins = (now(run) + timedelta(days=run.rng.randint(2, 20))).replace(minute=7, second=0, microsecond=0)
    ends = begins + timedelta(minutes=5)
    body = {"summary": "Congresso", "start": {"dateTime": begins.isoformat()}, "end": {"dateTime": ends.isoformat()}}
    run.house.control("POST", f"calendars/{run.a.professionals[0]['calendar']}/events", body)

    def noticed() -> bool:
        return run.house.number(BUSY, run.a.clinic_id, begins) == 1

    if wait_until(noticed, max(run.seconds(POLL_SECONDS), 25), 0.2) is None:
        run.wrong.append("somebody else's event was not noticed")


def _fault(name: str, says: str, rule: Callable[[Run], dict[str, Any]]) -> Fault:
    return Fault(f"google-{name}", f"Google {says}", breaking("google", rule), heal, calendar_load)


# An event that is there and is said not to be would be written anew; the day's comparison then removes the twin (see
# the journeys). Here reads are lied to.
FAULTS = (
    _fault("401", "401", _status(401, "events.insert", "events.patch", "events.delete")),
    _fault("403-quota", "403 quota", _quota),
    _fault("404", "404", _status(404, "events.list")),
    _fault("409", "409", _status(409, "events.insert")),
    _fault("410", "410", _status(410, "events.list")),
    _fault("412", "412", _status(412, "events.patch", "events.delete")),
    _fault("5xx", "500", _status(500, "events.insert", "events.patch", "events.delete")),
    _fault("lost-response", "did it, the answer is lost", _kind("lost_response")),
    Fault("google-channel", "an expired channel, pushes lost", expire_channels, heal, calendar_load),
)
