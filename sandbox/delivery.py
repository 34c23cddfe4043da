"""How do webhooks and pushes reach the product? Posted at once, repeated until taken, kept over a restart.

A webhook is repeated until it is answered 200, after 1, 2, 4 … 60 s; a push only after a 5xx or no answer.
Delays are real time: the network does not know the simulated clock.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sandbox.calls import Calls
from sandbox.outcalls import Caller, NoAnswerError
from sandbox.store import Row, Store

GIVE_UP_SECONDS = 7 * 24 * 3600
LONGEST_WAIT_SECONDS = 60
SHUFFLE_SECONDS = 0.5


@dataclass(frozen=True)
class Post:
    """One call to make. An empty `url` sends nothing and only marks the message."""

    url: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    is_webhook: bool = True
    marks: tuple[str, str] | None = None
    delay_seconds: float = 0.0


@dataclass(frozen=True)
class Habits:
    """How the stand-in for Meta delivers until told otherwise."""

    duplicates: int = 1
    shuffle: bool = False
    drop: tuple[str, ...] = ()
    delay_seconds: float = 0.0

    def wait_seconds(self) -> float:
        return self.delay_seconds + (random.random() * SHUFFLE_SECONDS if self.shuffle else 0.0)


class Poster:
    """Owns the connections and the timers; every method runs on the event loop."""

    def __init__(self, store: Store, calls: Calls, *, times_divided_by: float = 1) -> None:
        self._store = store
        self._calls = calls
        self._times_divided_by = times_divided_by
        self._caller = Caller()
        self._tasks: set[asyncio.Task[None]] = set()
        self._timers: set[asyncio.TimerHandle] = set()
        self.on_change: Callable[[], None] = lambda: None
        self._habits = _read_habits(store)

    @property
    def habits(self) -> Habits:
        return self._habits

    @habits.setter
    def habits(self, habits: Habits) -> None:
        self._habits = habits
        self._store.write_note("habits", {**vars(habits), "drop": list(habits.drop)})

    def start(self) -> None:
        """Goes on with what the last run still owed."""
        for row in self._store.list("SELECT id, due_at FROM posts ORDER BY id"):
            self._at(row["due_at"], [row["id"]])

    async def stop(self) -> None:
        for timer in self._timers:
            timer.cancel()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._caller.close()

    def keep(self, post: Post) -> int:
        """Writes the debt down; inside the caller's transaction, before any timer knows of it."""
        now = time.time()
        message, state = post.marks or (None, None)
        return self._store.add(
            "INSERT INTO posts"
            " (url, headers, body, is_webhook, marks_message, marks_state, due_at, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            post.url,
            json.dumps(post.headers),
            post.body,
            post.is_webhook,
            message,
            state,
            now + post.delay_seconds,
            now,
        )

    def send_in_order(self, ids: Iterable[int], delay_seconds: float = 0.0) -> None:
        """First tries one after the other; one that fails is repeated on its own."""
        if delay_seconds > 0:
            self._at(time.time() + delay_seconds, list(ids))
        else:
            self._spawn(list(ids))

    async def send_now(self, post_id: int) -> int:
        """One try; the HTTP status, 0 when nobody answered or nothing was to be sent."""
        row = self._store.find("SELECT * FROM posts WHERE id = ?", post_id)
        if row is None:
            return 0
        status = await self._post(row) if row["url"] else 200
        if row["url"] and row["is_webhook"] and status == 200:
            self._calls.taken(row["body"])
        self._settle(row, status)
        return status if row["url"] else 0

    def _spawn(self, ids: list[int]) -> None:
        task = asyncio.get_running_loop().create_task(self._send_all(ids))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send_all(self, ids: list[int]) -> None:
        for post_id in ids:
            await self.send_now(post_id)

    def _at(self, due_at: float, ids: list[int]) -> None:
        def fire() -> None:
            self._timers.discard(timer)
            self._spawn(ids)

        timer = asyncio.get_running_loop().call_later(max(0.0, due_at - time.time()), fire)
        self._timers.add(timer)

    async def _post(self, row: Row) -> int:
        headers = json.loads(row["headers"])
        try:
            answer = await self._caller.call("POST", row["url"], headers=headers, body=row["body"])
        except NoAnswerError:
            return 0
        return answer.status

    def _settle(self, row: Row, status: int) -> None:
        if row["attempts"] == 0 and row["marks_state"] == "read":
            self._mark(row)
        if self._is_done(row, status):
            self._store.run("DELETE FROM posts WHERE id = ?", row["id"])
            if row["marks_state"] == "delivered":
                self._mark(row)
            return
        wait = min(LONGEST_WAIT_SECONDS, 2 ** row["attempts"]) / self._times_divided_by
        due_at = time.time() + wait
        sql = "UPDATE posts SET attempts = attempts + 1, due_at = ? WHERE id = ?"
        if self._store.run(sql, due_at, row["id"]):
            self._at(due_at, [row["id"]])

    def _is_done(self, row: Row, status: int) -> bool:
        if time.time() - row["created_at"] > GIVE_UP_SECONDS:
            return True
        return status == 200 if row["is_webhook"] else 0 < status < 500

    def _mark(self, row: Row) -> None:
        """Moves a message up, never down: a read one does not become delivered again."""
        lower = "sent" if row["marks_state"] == "delivered" else "delivered"
        sql = "UPDATE messages SET state = ? WHERE id = ? AND state IN ('sent', ?)"
        self._store.run(sql, row["marks_state"], row["marks_message"], lower)
        self.on_change()


def _read_habits(store: Store) -> Habits:
    note = store.read_note("habits", {})
    return Habits(**{**note, "drop": tuple(note.get("drop", ()))})
