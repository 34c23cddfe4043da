"""What is running, in which order is it stopped, and what is said when one of it dies?"""

from __future__ import annotations

import time
from collections.abc import Callable

from dev.children import Child, Program, start
from dev.output import Output
from dev.problems import Trouble

# Those who use a server end before it. Celery lets running tasks finish; PostgreSQL writes a checkpoint.
_STOP_ORDER = (
    (("web", "beat", "worker"), 30.0),
    (("sandbox",), 5.0),
    (("redis",), 10.0),
    (("postgres",), 30.0),
)
_SERVERS = {"redis", "postgres"}


class Supervisor:
    """The children of one house, by name. Use it as a context manager: leaving stops what still runs."""

    def __init__(
        self,
        output: Output,
        *,
        check: Callable[[], None] = lambda: None,
        is_impatient: Callable[[], bool] = lambda: False,
    ) -> None:
        self.output = output
        self.check = check
        self.children: dict[str, Child] = {}
        self._is_impatient = is_impatient

    def __enter__(self) -> Supervisor:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, program: Program) -> Child:
        """Start `program` and look after it."""
        child = self.children[program.name] = start(program, self.output.line)
        return child

    def wait_for(self, what: str, is_ready: Callable[[], bool], *, seconds: float) -> None:
        """Wait until `is_ready()`; raise Trouble when a child dies meanwhile or the time is over."""
        deadline = time.monotonic() + seconds
        while not is_ready():
            self.check()
            self.require_all_alive()
            if time.monotonic() > deadline:
                raise Trouble(f"{what} did not get ready within {seconds:.0f} s.")
            time.sleep(0.05)

    def require_all_alive(self) -> None:
        """Raise Trouble with the name and the last lines of a child that ended by itself."""
        for child in self.children.values():
            if not child.is_alive():
                raise Trouble(_obituary(child))

    def forget(self, name: str) -> Child:
        """Stop looking after a child, which may then end without alarm."""
        return self.children.pop(name)

    def stop(self) -> None:
        """Stop all children in order, each with its time to finish; those of other names go first."""
        known = {name for names, _ in _STOP_ORDER for name in names}
        self._stop_group([name for name in self.children if name not in known], seconds=5)
        for names, seconds in _STOP_ORDER:
            self._stop_group([name for name in names if name in self.children], seconds=seconds)

    def _stop_group(self, names: list[str], *, seconds: float) -> None:
        group = [self.children.pop(name) for name in names]
        for child in group:
            child.ask_to_stop()
        deadline = time.monotonic() + seconds
        for child in group:
            self._await_end(child, deadline)

    def _await_end(self, child: Child, deadline: float) -> None:
        while child.is_alive() and time.monotonic() < deadline:
            # A second Ctrl-C: what was being worked on is a row and will be taken up again. Not so with the
            # servers.
            if self._is_impatient() and child.name not in _SERVERS:
                break
            time.sleep(0.02)
        child.kill()  # its own children too, should it have left any


def _obituary(child: Child) -> str:
    child.finish_reading()
    lines = "\n".join(f"  {line}" for line in child.last_lines) or "  (it wrote nothing)"
    return f"{child.name} ended by itself ({child.describe_end()}). Its last lines:\n{lines}"
