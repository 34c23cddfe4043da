"""Google refuses, fails, answers into the void, or does not tell of changes any more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from faults.breaks.rules import Rule, breaking, heal, repeated
from faults.fault import Fault
from faults.house import wait_until
from faults.load import changes_by_program, chats, now
from faults.run import Run
from faults.usual import hold_a_chat

BUSY = "SELECT count(*) FROM clinics_busyperiod WHERE clinic_id = %s AND source = 'google' AND starts_at = %s"
EXPIRE = (
    "UPDATE calendar_sync_channel SET expires_at = now() - interval '1 minute' WHERE clinic_id = %s AND state = 'live'"
)
QUOTAS = ("rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded")
POLL_SECONDS = 150.0


def calendar_load(run: Run) -> None:
    """Mostly what changes calendars."""
    hold_a_chat(run)
    run.start(chats, run.person(run.a), 2, steps=2)
    for place in (run.a, run.a, run.b):
        run.start(changes_by_program, place, steps=3)


WRITES = ("events.insert", "events.patch", "events.delete")


def _status(status: int, *operations: str, most: int = 2) -> tuple[Rule, ...]:
    return tuple(repeated(operation, most, kind="status", status=status) for operation in operations)


def _quota(run: Run) -> dict[str, Any]:
    reason = QUOTAS[run.seed % len(QUOTAS)]
    told = {"operation": "events", "kind": "status", "status": 403, "reason": reason, "count": run.rng.randint(1, 3)}
    # Without a word of Google's this one is waited out for an hour.
    return {**told, "seconds": 30} if reason == "quotaExceeded" else told


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


def _fault(name: str, says: str, *rules: Rule) -> Fault:
    return Fault(f"google-{name}", f"Google {says}", breaking("google", *rules), heal, calendar_load)


# 404 and 410 are lies here: the event is there. Looks at single events tell the truth, or nobody could know.
FAULTS = (
    _fault("401", "401", *_status(401, *WRITES, "events.list", most=1)),
    _fault("403-quota", "403 quota", _quota),
    _fault("404", "404", *_status(404, "events.list", "events.patch", "events.delete", most=1)),
    _fault("409", "409", *_status(409, "events.insert")),
    _fault("410", "410", *_status(410, "events.list", "events.patch", "events.delete", most=1)),
    _fault("412", "412", *_status(412, "events.patch", "events.delete", most=4)),
    _fault("5xx", "500", *_status(500, *WRITES, "events.list", most=3)),
    _fault(
        "lost-response",
        "did it, the answer is lost",
        *(repeated(one, 2, kind="lost_response", seconds=0) for one in WRITES),
    ),
    Fault("google-channel", "an expired channel, pushes lost", expire_channels, heal, calendar_load),
)
