"""`make faults`: every fault twenty times, once at full length; every invariant after each; one table.

python -m faults                      each fault 20 times, in three houses at once: less than an hour
python -m faults --quick              one seed of each, times divided by ten
python -m faults --only meta --seed 7 --scale 10
python -m faults --list
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from dev.children import follow_parent
from dev.problems import StopRequested, Trouble
from dev.signals import StopSignals
from faults.breaks import FAULTS
from faults.house import House, built_house, fill
from faults.invariants import INVARIANTS
from faults.lanes import Lane, results_of, run_lanes
from faults.running import run_once
from faults.table import Result, keep, write_table

HURRY = 10
SEEDS = 20
# More runs than these are not done one after the other.
MANY_RUNS = 100
LANES = 3


@dataclass(frozen=True)
class Plan:
    """Which runs: (scale, fault's place, seed), in order."""

    runs: tuple[tuple[int, int, int], ...]

    @property
    def pairs(self) -> int:
        return 2 if len(self.runs) < 60 else 6

    @property
    def patients(self) -> int:
        """Each run takes up to eight registered patients of a clinic."""
        return 8 * (len(self.runs) // self.pairs + 2)


def main(arguments: Sequence[str]) -> int:
    """0 when every invariant held in every run, and every run was made."""
    given = _parser().parse_args(arguments)
    if given.list:
        print("\n".join(f"{fault.name:<24}{fault.says}" for fault in FAULTS))
        print("\n".join(f"{one.name:<24}{one.says}" for one in INVARIANTS))
        return 0
    follow_parent()
    signals = StopSignals()
    results: list[Result] = []
    plan = plan_of(given)
    try:
        _do(plan, given, arguments, signals, results)
    except Trouble as trouble:
        print(f"\n{trouble}\n", file=sys.stderr, flush=True)
        _tell(results)
        return 1
    except StopRequested:
        # What has been measured is told all the same.
        _tell(results)
        return 130
    return _tell(results) or int(len(results) < len(plan.runs))


def _do(
    plan: Plan, given: argparse.Namespace, arguments: Sequence[str], signals: StopSignals, results: list[Result]
) -> None:
    lanes = given.lanes or (LANES if len(plan.runs) > MANY_RUNS else 1)
    if given.lane is not None or lanes == 1:
        run_plan(plan, signals.check, results, given.lane)
        return
    began = time.monotonic()
    try:
        run_lanes(arguments, lanes, dict(os.environ), signals.check, results)
    finally:
        keep(results, results_of(None))
    print(f"\n{len(results)} of {len(plan.runs)} runs in {(time.monotonic() - began) / 60:.1f} minutes")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="faults", description="Breaks the product and counts what becomes of the work."
    )
    parser.add_argument("--only", default="", help="faults whose names begin so, separated by commas")
    parser.add_argument("--seed", type=int, help="this seed only")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how often each; the first one at full length")
    parser.add_argument("--scale", type=int, help="divide all times by this in every run")
    parser.add_argument("--quick", action="store_true", help="one seed of each, times divided by ten")
    parser.add_argument("--lanes", type=int, help="so many houses at once")
    parser.add_argument("--lane", type=Lane.read, help=argparse.SUPPRESS)
    parser.add_argument("--list", action="store_true", help="what is broken and what must hold")
    return parser


def plan_of(given: argparse.Namespace) -> Plan:
    """In a hurry first; what moves the clock last; at full length at the end."""
    names = [name for name in given.only.split(",") if name]
    chosen = [(place, fault) for place, fault in enumerate(FAULTS) if not names or fault.name.startswith(tuple(names))]
    if not chosen:
        raise SystemExit(f"No fault is called {given.only}; --list names them.")
    if given.quick or given.seed is not None:
        seeds = [(given.scale or HURRY, given.seed if given.seed is not None else 1)]
    else:
        seeds = [(given.scale or (1 if seed == 0 else HURRY), seed) for seed in range(given.seeds)]
    runs = [(scale, fault, place, seed) for place, fault in chosen for scale, seed in seeds]
    runs.sort(key=lambda run: (run[0] == 1, run[1].moves_clock))
    plan = Plan(tuple((scale, place, seed) for scale, _fault, place, seed in runs))
    return plan if given.lane is None else replace(plan, runs=given.lane.share(plan.runs))


def run_plan(plan: Plan, check: Callable[[], None], results: list[Result], lane: Lane | None) -> None:
    """All runs in one house; what came of each is put into `results`, and kept."""
    began = time.monotonic()
    with built_house(check) as house:
        for scale, place, seed in plan.runs:
            _prepare(house, scale, plan)
            result = run_once(house, FAULTS[place], place, seed)
            results.append(result)
            keep(results, results_of(lane))
            done = f"[{len(results)}/{len(plan.runs)} {time.monotonic() - began:6.0f} s]"
            print(f"{done} {result.told()}", flush=True)
            check()


def _prepare(house: House, scale: int, plan: Plan) -> None:
    if house.is_started and house.scale == scale:
        return
    house.end_programs()
    house.start(scale)
    if not house.pairs:
        fill(house, plan.pairs, plan.patients)


def _tell(results: Sequence[Result]) -> int:
    if not results:
        return 1
    titles: dict[str, str] = {fault.name: fault.says for fault in FAULTS}
    print(f"\n{write_table(results, titles)}\n")
    wrong = [one for one in results if not one.is_right]
    for one in wrong:
        print(f"{one.told()}\n      again: python -m faults --only {one.fault} --seed {one.seed} --scale {one.scale}")
    acknowledged = sum(one.figures["acknowledged"] for one in results)
    lost = sum(one.counts["lost"] for one in results)
    print(f"lost / acknowledged = {lost} / {acknowledged:,}; {len(results) - len(wrong)} of {len(results)} runs right")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
