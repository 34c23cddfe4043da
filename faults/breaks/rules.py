"""How do the simulator's providers misbehave towards one clinic, and how are they themselves again?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from faults.draining import waiting
from faults.fault import Act
from faults.house import wait_until
from faults.run import Run

# One rule of the simulator's `POST /control/faults`, as the seed would have it.
Rule = Callable[[Run], dict[str, Any]]
SPENT_SECONDS = 20.0


def repeated(operation: str, most: int, **told: Any) -> Rule:
    """One to `most` calls of the operation."""
    return lambda run: {**told, "operation": operation, "count": run.rng.randint(1, most)}


def breaking(target: str, *rules: Rule) -> Act:
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


def lose_statuses(run: Run) -> None:
    """Every other seed loses the reports too: nothing but a repeat can then tell what became of a send."""
    if run.seed % 2:
        run.loses_both = True
        run.house.control("POST", "webhooks", {"drop": ["sent", "delivered", "read"]})
