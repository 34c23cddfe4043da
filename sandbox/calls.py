"""What was asked of us, and which of our webhooks were taken? Kept so that a test can count, one row each.

A call is written down before anything is done about it: one that hangs or whose caller dies is there too. `outcome` is
the HTTP status that was (or would have been) answered, the provider's code when it was refused, "" while nothing was
done. `key` names what the call was about: the tracker of a message, the id of an event.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from starlette.responses import Response

from sandbox.refusal import RefusalError
from sandbox.store import Json, Store

MOST = 5_000


@dataclass(frozen=True)
class Call:
    """What is told of a call when it comes in."""

    target: str
    operation: str
    slug: str | None
    key: str = ""


class Calls:
    """The record, for as long as the state lives."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def note(self, call: Call, fault: str, at: float) -> int:
        """A call that came in; `fault` is the kind of the rule it fell under."""
        return self._store.add(
            "INSERT INTO calls (at, target, operation, slug, key, fault) VALUES (?, ?, ?, ?, ?, ?)",
            *(at, call.target, call.operation, call.slug, call.key, fault),
        )

    def done(self, call_id: int, response: Response) -> None:
        self._end(call_id, str(response.status_code))

    def refused(self, call_id: int, refusal: RefusalError) -> None:
        self._end(call_id, str(getattr(refusal, "code", None) or getattr(refusal, "reason", "refused")))

    def _end(self, call_id: int, outcome: str) -> None:
        self._store.run("UPDATE calls SET outcome = ? WHERE id = ?", outcome, call_id)

    def taken(self, body: bytes) -> None:
        """A webhook of ours was answered 200."""
        self._store.run("INSERT INTO taken_webhooks (digest) VALUES (?)", hashlib.sha256(body).hexdigest())

    def told(self, after: int, taken_after: int) -> Json:
        """What came since; `owed` counts the webhooks and pushes that nobody has taken yet."""
        store = self._store
        calls = store.list("SELECT * FROM calls WHERE id > ? ORDER BY id LIMIT ?", after, MOST)
        taken = store.list("SELECT * FROM taken_webhooks WHERE id > ? ORDER BY id LIMIT ?", taken_after, MOST)
        owed = store.list("SELECT count(*) AS owed FROM posts WHERE url <> ''")
        return {
            "calls": [dict(row) for row in calls],
            "taken": [dict(row) for row in taken],
            "owed": owed[0]["owed"],
            "last": {
                "calls": store.list("SELECT coalesce(max(id), 0) AS last FROM calls")[0]["last"],
                "taken": store.list("SELECT coalesce(max(id), 0) AS last FROM taken_webhooks")[0]["last"],
            },
        }
