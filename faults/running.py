"""How does one run go? Load, strike, heal, the rest of the load, drain, count."""

from __future__ import annotations

import time
import traceback

from dev.problems import StopRequested
from faults.draining import drain, waiting
from faults.fault import Fault
from faults.house import PARTS, House
from faults.invariants import FIGURES, INVARIANTS
from faults.run import Run
from faults.table import Result

SEEDS_EACH = 200


def run_once(house: House, fault: Fault, place: int, seed: int) -> Result:
    """One run of the fault that stands at `place` of the list; always a result, whatever went wrong."""
    number = place * SEEDS_EACH + seed
    a, b = house.pairs[(seed + place) % len(house.pairs)]
    run = Run(house, fault.name, seed, number, a, b)
    began = time.monotonic()
    try:
        run.begin()
        healed = _break(run, fault)
        run.drained = time.monotonic() - healed if drain(house) else None
        if run.drained is None:
            run.wrong.append(f"still waiting: {waiting(house)}")
        run.collect()
        fault.check(run)
        counts = {one.name: one.count(run) for one in INVARIANTS}
        figures = {name: count(run) for name, count in FIGURES.items()}
    except StopRequested:
        raise
    except Exception as error:  # noqa: BLE001 - told in the table; the next run begins in a whole house
        run.wrong.append(f"the run broke: {type(error).__name__}: {str(error)[:300]} {_where(error)}")
        counts, figures = dict.fromkeys((one.name for one in INVARIANTS), 0), dict.fromkeys(FIGURES, 0)
    make_whole(house)
    return Result(fault.name, seed, house.scale, counts, figures, run.drained, time.monotonic() - began, run.wrong)


def _break(run: Run, fault: Fault) -> float:
    """When everything worked again, on the monotonic clock. The rest of the load is done, too."""
    fault.load(run)
    try:
        fault.strike(run)
    finally:
        fault.heal(run)
    healed = time.monotonic()
    run.finish_load()
    return healed


def make_whole(house: House) -> None:
    """Whatever a run left broken works again."""
    for name in PARTS:
        child = house.supervisor.children.get(name)
        if child is not None and not child.is_alive():
            house.supervisor.forget(name).kill()
        if name not in house.supervisor.children:
            house.restart(name)
    house.control("DELETE", "faults")
    house.control("POST", "webhooks", {})


def _where(error: Exception) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"({last.filename.rpartition('/')[2]}:{last.lineno})"
