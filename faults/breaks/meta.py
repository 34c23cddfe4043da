"""Meta asks for pauses, fails, hangs, hangs up, is slow, or answers into the void."""

from __future__ import annotations

from typing import Any

from faults.breaks.rules import Rule, breaking, heal, lose_statuses, repeated, restore_webhooks
from faults.fault import Fault
from faults.run import Run

# Of these the product waits 4^n s for the person, 1 to 60 s, 2 min, 1 min, 5 min at full length.
PAUSES = (131056, 130429, 131056, 130429, 80007, 613, 4)
# The whole app's calls: the number waits so long that one is enough.
WHOLE_APP = 4
OUTAGES: tuple[dict[str, Any], ...] = ({"status": 500}, {"status": 503}, {"code": 131016}, {"status": 500})


def _messages(kind: str, **more: Any) -> Rule:
    return repeated("messages", 3, kind=kind, **more)


def _pause(run: Run) -> dict[str, Any]:
    code = PAUSES[run.seed % len(PAUSES)]
    count = 1 if code == WHOLE_APP else run.rng.randint(1, 3)
    return {"operation": "messages", "kind": "status", "code": code, "count": count}


def _outage(run: Run) -> dict[str, Any]:
    rule = OUTAGES[run.seed % len(OUTAGES)]
    return {"operation": "messages", "kind": "status", "count": run.rng.randint(1, 3), **rule}


def _slow(run: Run) -> dict[str, Any]:
    return {"operation": "messages", "kind": "slow", "seconds": run.seconds(5), "count": run.rng.randint(1, 4)}


def _lost(run: Run) -> None:
    lose_statuses(run)
    breaking("graph", _messages("lost_response", seconds=0))(run)


FAULTS = (
    Fault("meta-pauses", "Meta's 429-like codes (HTTP 400)", breaking("graph", _pause), heal),
    Fault("meta-5xx", "Meta 500 and 503", breaking("graph", _outage), heal),
    Fault("meta-timeout", "Meta does not answer", breaking("graph", _messages("timeout", seconds=45)), heal),
    Fault("meta-reset", "Meta hangs up", breaking("graph", _messages("reset")), heal),
    Fault("meta-slow", "Meta answers after 5 s", breaking("graph", _slow), heal),
    Fault("meta-lost-response", "Meta did it, the answer is lost", _lost, heal, check=restore_webhooks),
)
