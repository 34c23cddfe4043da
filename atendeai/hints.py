"""How are workers told that a row waits, without anybody waiting for the broker?

A hint is a task's name and ids. It goes into a small bounded queue of this process; one daemon thread publishes it: at
once after a quiet moment, else with all that gathered in PAUSE_SECONDS; equal ones go out as one. Redis slow or down:
the hint is dropped and counted, and the sweeper finds the row.
A request must never talk to the broker itself: publishing with Redis down was measured to block for 19 seconds.
"""

import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Mapping

logger = logging.getLogger(__name__)

Hint = tuple[str, tuple[tuple[str, int], ...]]
CAPACITY = 1_000
# Publishing costs more than storing a delivery does: under load, thousands of equal hints a second must become a few.
PAUSE_SECONDS = 0.05


class HintPublisher:
    """One thread per process (a forked child starts its own) that hands hints to `publish(task_name, ids)`."""

    def __init__(self, publish: Callable[[str, Mapping[str, int]], None]) -> None:
        self._publish = publish
        self._lock = threading.Lock()
        self._process = 0
        self._queue: queue.Queue[Hint] = queue.Queue(CAPACITY)
        self._pending: set[Hint] = set()

    def drop(self, task_name: str, ids: Mapping[str, int]) -> bool:
        """Leaves a hint; False when it was dropped because the queue is full. Never blocks, never raises."""
        hint: Hint = (task_name, tuple(sorted(ids.items())))
        self._ensure_thread()
        if hint in self._pending:
            return True
        try:
            self._pending.add(hint)
            self._queue.put_nowait(hint)
        except queue.Full:
            self._pending.discard(hint)
            return False
        return True

    def _ensure_thread(self) -> None:
        if self._process == os.getpid():
            return
        with self._lock:
            if self._process != os.getpid():
                self._queue, self._pending = queue.Queue(CAPACITY), set()
                threading.Thread(target=self._run, name="hints", daemon=True).start()
                self._process = os.getpid()

    def _run(self) -> None:
        while True:
            self._send(self._queue.get())
            while not self._queue.empty():
                self._send(self._queue.get())
            time.sleep(PAUSE_SECONDS)

    def _send(self, hint: Hint) -> None:
        # Before publishing: a row that arrives from here on wants a hint of its own.
        self._pending.discard(hint)
        try:
            self._publish(hint[0], dict(hint[1]))
        except Exception as error:  # noqa: BLE001 - whatever the broker raises, the sweeper covers it
            logger.warning("hint dropped", extra={"task": hint[0], "error": type(error).__name__})
