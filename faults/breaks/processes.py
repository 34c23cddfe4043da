"""Programs end in the midst of their work, by SIGKILL."""

from __future__ import annotations

from typing import Any

from faults.breaks.rules import lose_statuses, restore_webhooks
from faults.fault import Fault
from faults.house import wait_until
from faults.run import Run

HANG_SECONDS = 60
# Longer than a send may take to begin, restarts of a run before included.
SEEN_SECONDS = 20.0


def kill_web(run: Run) -> None:
    """At a moment that the seed chooses."""
    run.wait_for_share(run.rng.uniform(0.1, 0.7))
    run.house.kill("web")


def restart_web(run: Run) -> None:
    """It answers again."""
    run.house.restart("web")


def _kill_worker_in_call(run: Run, kind: str) -> None:
    """When a call of the worker hangs at the provider; a third of the seeds with Google instead of Meta."""
    run.wait_for_share(run.rng.uniform(0.0, 0.4))
    is_google = run.seed % 3 == 2
    target, operation = ("google", "events") if is_google else ("graph", "messages")
    rule: dict[str, Any] = {"target": target, "operation": operation, "kind": kind, "seconds": HANG_SECONDS}
    run.house.control("POST", "faults", {**rule, "slug": run.a.slug, "count": run.rng.randint(1, 3)})

    def hangs() -> bool:
        run.collect()
        return any(call["fault"] == kind for call in run.calls)

    if wait_until(hangs, SEEN_SECONDS) is None:
        run.wrong.append("no call came to be interrupted")
    run.house.kill("worker")
    run.house.control("DELETE", "faults")


def kill_before(run: Run) -> None:
    """The provider has done nothing yet."""
    _kill_worker_in_call(run, "timeout")


def kill_after(run: Run) -> None:
    """The provider has done it; its answer never comes. Half of the seeds lose the statuses too."""
    lose_statuses(run)
    _kill_worker_in_call(run, "lost_response")


def kill_anywhere(run: Run) -> None:
    """At a moment that the seed chooses, whatever it is doing."""
    run.wait_for_share(run.rng.uniform(0.1, 0.8))
    run.house.kill("worker")


def restart_worker(run: Run) -> None:
    """It takes up its queues again. Statuses are told again from the time on when nothing uncertain is left."""
    run.house.restart("worker")


FAULTS = (
    Fault("web-killed", "kill -9 of the web server mid-request", kill_web, restart_web),
    Fault("worker-killed-before", "kill -9 of the worker before the provider did it", kill_before, restart_worker),
    Fault(
        "worker-killed-after",
        "kill -9 of the worker after the provider did it",
        kill_after,
        restart_worker,
        check=restore_webhooks,
    ),
    Fault("worker-killed-anywhere", "kill -9 of the worker at any moment", kill_anywhere, restart_worker),
)
