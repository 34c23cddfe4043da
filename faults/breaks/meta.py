"""Meta asks for pauses, fails, hangs, hangs up, is slow, or answers into the void."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from faults.draining import waiting
from faults.fault import Act, Fault
from faults.house import wait_until
from faults.run import Run

# Of these the product waits 4^n s for the person, 1 to 60 s, 2 min, 1 min, 5 min at full length.
PAUSES = (131056, 130429, 131056, 130429, 80007, 613, 4)
# The whole app's calls: the number waits so long that one is enough.
WHOLE_APP = 4
OUTAGES: tuple[dict[str, Any], ...] = ({"status": 500}, {"status": 503}, {"code": 131016}, {"status": 500})
SPENT_SECONDS = 20.0


def breaking(target: str, *rules: Callable[[Run], dict[str, Any]]) -> Act:
    """The next calls of clinic `a` misbehave, from a moment on that the seed chooses, until all rules are used up."""

    def strike(run: Run) -> None:
        run.wait_for_share(run.rng.uniform(0.0, 0.5))
        for rule in rules:
            run.house.control("POST", "faults", {"target": target, "slug": run.a.slug, **rule(run)})
        # With some seeds nothing more of this kind is called for.
        wait_until(lambda: _is_spent(run) or _is_over(run), SPENT_SECONDS, 0.1)

    return strike


def _is_spent(run: Run) -> bool:
    return not run.house.control("GET", "faults")["faults"]


def _is_over(run: Run) -> bool:
    return run.is_loaded and not waiting(run.house)


def heal(run: Run) -> None:
    """The provider is itself again."""
    run.house.control("DELETE", "faults")


def restore_webhooks(run: Run) -> None:
    """Reports come again for the next run."""
    run.house.control("POST", "webhooks", {})


def _messages(kind: str, most: int = 3, **more: Any) -> Callable[[Run], dict[str, Any]]:
    return lambda run: {"operation": "messages", "kind": kind, "count": run.rng.randint(1, most), **more}


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
    if run.seed % 2:
        run.loses_both = True
        run.house.control("POST", "webhooks", {"drop": ["sent", "delivered", "read"]})
    breaking("graph", _messages("lost_response", seconds=0))(run)


FAULTS = (
    Fault("meta-pauses", "Meta's 429-like codes (HTTP 400)", breaking("graph", _pause), heal),
    Fault("meta-5xx", "Meta 500 and 503", breaking("graph", _outage), heal),
    Fault("meta-timeout", "Meta does not answer", breaking("graph", _messages("timeout", seconds=45)), heal),
    Fault("meta-reset", "Meta hangs up", breaking("graph", _messages("reset")), heal),
    Fault("meta-slow", "Meta answers after 5 s", breaking("graph", _slow), heal),
    Fault("meta-lost-response", "Meta did it, the answer is lost", _lost, heal, check=restore_webhooks),
)
