"""How does an evening of runs fit into an hour? Several houses at once, each in a process with a share of the runs.

A house mostly waits: for leases, for providers, for programs that start again. The runs at full length wait most and
have a lane of their own; the others share what is in a hurry. Nothing is shared between houses but the machine.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dev.children import Child, Program, start
from dev.places import ROOT
from faults.table import Result

PAUSE_SECONDS = 0.2
STOP_SECONDS = 60.0


@dataclass(frozen=True)
class Lane:
    """The `number`-th of `lanes`, from 1."""

    number: int
    lanes: int

    @classmethod
    def read(cls, told: str) -> Lane:
        """From "2/3". Raises ValueError."""
        parts = re.fullmatch(r"([1-9]\d?)/([1-9]\d?)", told)
        if parts is None or int(parts[1]) > int(parts[2]):
            raise ValueError("a lane is told as 2/3")
        return cls(int(parts[1]), int(parts[2]))

    def share(self, runs: Sequence[tuple[int, int, int]]) -> tuple[tuple[int, int, int], ...]:
        """Its part of the runs (scale, fault's place, seed), in their order."""
        slow = [run for run in runs if run[0] == 1]
        hurried = [run for run in runs if run[0] != 1]
        if self.lanes == 1 or not slow or not hurried:
            return tuple(list(runs)[self.number - 1 :: self.lanes])
        return tuple(slow if self.number == 1 else hurried[self.number - 2 :: self.lanes - 1])


def results_of(lane: Lane | None) -> Path:
    """Where the figures of a lane's runs are kept; of all runs for None."""
    return ROOT / "var" / (f"faults-{lane.number}.json" if lane else "faults.json")


def run_lanes(
    arguments: Sequence[str], lanes: int, environ: dict[str, str], check: Callable[[], None], results: list[Result]
) -> None:
    """All lanes to their ends; what came of them, also of one that broke, into `results`. `check` may raise to stop."""
    told = [Lane(number, lanes) for number in range(1, lanes + 1)]
    for lane in told:
        results_of(lane).unlink(missing_ok=True)
    children: list[Child] = []
    try:
        for lane in told:
            argv = [sys.executable, "-m", "faults", *arguments, "--lane", f"{lane.number}/{lanes}"]
            children.append(start(Program(f"lane {lane.number}", argv, environ, ROOT), _say))
        while any(child.is_alive() for child in children):
            check()
            time.sleep(PAUSE_SECONDS)
    finally:
        for child in children:
            child.ask_to_stop()
        for child in children:
            if not child.wait(STOP_SECONDS):
                child.kill()
            child.finish_reading()
        results += [result for lane in told for result in read_results(results_of(lane))]


def _say(name: str, line: str) -> None:
    # Each lane's table is left out: there is one for all of them.
    if not line.startswith(("|", "lost /")) and line.strip():
        print(f"{name}: {line}", flush=True)


def read_results(path: Path) -> list[Result]:
    """What `keep` has written; nothing where there is nothing."""
    if not path.exists():
        return []
    return [Result(**one) for one in json.loads(path.read_text(encoding="utf-8"))]
