"""Which of the next calls should misbehave, and how? Rules set over /control/faults or on the page."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict, dataclass

from starlette.requests import Request
from starlette.responses import Response

from sandbox.refusal import RefusalError
from sandbox.server import drop_connection, trickle, wait_until_gone
from sandbox.store import Json, Store

TARGETS = ("graph", "google")
# What can be wrong with a file's bytes, or with what its node says of them: for "media.download" and "media.get" only.
BODY_KINDS = ("truncated", "wrong_hash", "wrong_size")
KINDS = ("timeout", "reset", "status", "lost_response", "slow", "trickle", "fails_later", *BODY_KINDS)
HANG_SECONDS = 60.0
SLOW_SECONDS = 5.0
FAILS_WITH = 131000


@dataclass
class Fault:
    """`operation` None or "*" matches every call of the target, "events" also "events.insert"."""

    target: str
    kind: str
    operation: str | None = None
    status: int | None = None
    code: int | None = None
    reason: str | None = None
    seconds: float | None = None
    slug: str | None = None
    count: int = 1
    id: int = 0

    def is_for(self, target: str, operation: str, slug: str | None) -> bool:
        if target != self.target or (self.slug is not None and slug != self.slug):
            return False
        wanted = self.operation
        return wanted in (None, "*", operation) or operation.startswith(f"{wanted}.")


def read_fault(rule: Json) -> Fault:
    """A rule from outside; raises ValueError in words."""
    unknown = set(rule) - (set(Fault.__annotations__) - {"id"})
    if unknown:
        raise ValueError(f"unknown fields: {', '.join(sorted(unknown))}")
    if rule.get("target") not in TARGETS:
        raise ValueError(f"target must be one of {', '.join(TARGETS)}")
    if rule.get("kind") not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}")
    if rule["kind"] in BODY_KINDS and rule.get("operation") not in ("media.download", "media.get"):
        raise ValueError(f"{rule['kind']} needs the operation media.download or media.get")
    _check_numbers(rule)
    return Fault(**rule)


def _check_numbers(rule: Json) -> None:
    for name, kinds in (("status", int), ("code", int), ("count", int), ("seconds", (int, float))):
        value = rule.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, kinds)):
            raise ValueError(f"{name} must be a number")
    if rule.get("count", 1) is None or rule.get("count", 1) < 1:
        raise ValueError("count must be at least 1")
    if not 400 <= (rule.get("status") or 500) <= 599:
        raise ValueError("status must be between 400 and 599")


class Faults:
    """The rules in force, in memory for speed and in the store for a restart."""

    def __init__(self, store: Store) -> None:
        self._store = store
        rows = store.list("SELECT id, rule FROM faults ORDER BY id")
        self._rules = [Fault(**{**json.loads(row["rule"]), "id": row["id"]}) for row in rows]

    def list(self) -> list[Json]:
        return [asdict(rule) for rule in self._rules]

    def add(self, fault: Fault) -> Json:
        fault.id = self._store.add("INSERT INTO faults (rule) VALUES (?)", json.dumps(asdict(fault)))
        self._rules.append(fault)
        return asdict(fault)

    def clear(self) -> None:
        self._rules.clear()
        self._store.run("DELETE FROM faults")

    def take(self, target: str, operation: str, slug: str | None) -> Fault | None:
        """The oldest rule that matches this call, with one use of it spent."""
        for rule in self._rules:
            if rule.is_for(target, operation, slug):
                self._spend(rule)
                return rule
        return None

    def take_named(self, target: str, operation: str, slug: str | None) -> Fault | None:
        """As `take`, for what is no call of the product's (a push that gets lost): only a rule that names it counts."""
        for rule in self._rules:
            if rule.operation == operation and rule.is_for(target, operation, slug):
                self._spend(rule)
                return rule
        return None

    def _spend(self, rule: Fault) -> None:
        rule.count -= 1
        if rule.count > 0:
            self._store.run("UPDATE faults SET rule = ? WHERE id = ?", json.dumps(asdict(rule)), rule.id)
            return
        self._rules.remove(rule)
        self._store.run("DELETE FROM faults WHERE id = ?", rule.id)


async def misbehave(
    fault: Fault,
    request: Request,
    act: Callable[[], Awaitable[Response]],
    refuse: Callable[[Fault], Response],
) -> Response:
    """Does to one call what the rule says. `act` does the work, `refuse` words a provider's error."""
    if fault.kind == "status":
        return _asking_to_wait(refuse(fault), fault.seconds)
    if fault.kind == "slow":
        await asyncio.sleep(SLOW_SECONDS if fault.seconds is None else fault.seconds)
        return await act()
    if fault.kind == "trickle":
        return await trickle(request, await act(), SLOW_SECONDS if fault.seconds is None else fault.seconds)
    if fault.kind == "fails_later":
        # Taken with a 200; the failure is told by a status. Whoever sends looks here.
        request.state.fails_with = FAILS_WITH if fault.code is None else fault.code
        return await act()
    if fault.kind == "timeout":
        await wait_until_gone(request, HANG_SECONDS if fault.seconds is None else fault.seconds)
    if fault.kind == "lost_response":
        with suppress(RefusalError):  # a refusal is lost like any other answer
            await act()
        await wait_until_gone(request, fault.seconds or 0)
    return await drop_connection(request)


def _asking_to_wait(answer: Response, seconds: float | None) -> Response:
    if seconds is not None:
        answer.headers["Retry-After"] = str(int(seconds))
    return answer
