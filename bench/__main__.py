"""Runs every benchmark and prints one table. Takes about three minutes; quiet machines tell more."""

import json
import os
import sys
import time
from collections.abc import Collection

from bench import chat, deliveries, listing, memory, pulling, slots, unpacking
from bench.house import House, running_house
from bench.table import Figure, write_table
from dev.children import Program, follow_parent, run_to_end
from dev.places import ROOT
from dev.problems import StopRequested, Trouble
from dev.signals import StopSignals

MIB = 1024 * 1024
LARGEST_MIB = 1200
SLOTS_MS = 50
CALL_MS = 2_000
PULL_SECONDS = 20
PULL_MIB = 150
ADDITIONS = 10_000_000
PARTS = ("deliveries", "chat", "slots", "lists", "unpacking", "pulling")


def main() -> int:
    """0 when everything was measured, whatever came out; 1 when it could not be. Names of parts measure only those."""
    wanted = sys.argv[1:] or PARTS
    if unknown := set(wanted) - set(PARTS):
        print(f"No such part: {', '.join(sorted(unknown))}. There are: {', '.join(PARTS)}.", file=sys.stderr)
        return 2
    follow_parent()
    signals = StopSignals()
    before = _machine()
    try:
        with running_house(signals.check) as house:
            figures = _measure(house, wanted)
    except Trouble as trouble:
        print(f"\n{trouble}\n", file=sys.stderr, flush=True)
        return 1
    except StopRequested:
        return 130
    print(f"\n{write_table(figures)}\n\n{before}")
    return 0


def _measure(house: House, wanted: Collection[str]) -> list[Figure]:
    """What leaves work for the workers behind comes last: the chat is measured with nothing else to be answered."""
    figures: list[Figure] = []
    if "deliveries" in wanted:
        _say("webhook deliveries: the product and a bare view in turns")
        figures += deliveries.measure(house, _say)
    if "chat" in wanted:
        _say("answers in the chat")
        figures += chat.measure(house.stack.addresses, house.supervisor.check)
        figures += _size(house)
    if "slots" in wanted:
        _say("free times")
        figures += _slots(house)
    if "lists" in wanted:
        _say("lists of calendar events")
        figures += listing.measure(house)
    with house.without("worker", "beat"):
        if "unpacking" in wanted:
            _say("unpacking a thousand updates")
            figures += _unpacking(house)
        if "pulling" in wanted:
            _say("reading a calendar of ten thousand events")
            figures += _pulling(house)
    return figures


def _pulling(house: House) -> list[Figure]:
    program = Program("pulling", [sys.executable, "-m", "bench.pulling"], house.stack.environ, ROOT)
    child, said = run_to_end(program, seconds=600, check=house.supervisor.check)
    if child.process.returncode != 0:
        raise Trouble("bench.pulling failed:\n" + "\n".join(said[-20:]))
    found = pulling.PullTimes(**json.loads(said[-1]))
    memory_mib = f"{found.peak_mib:.0f} MiB, {found.peak_mib - found.before_mib:.0f} MiB more than before"
    return [
        Figure(
            f"A first pull of {pulling.EVENTS:,} events, stored as busy times",
            f"{found.full_seconds:.1f} s",
            f"< {PULL_SECONDS} s",
            found.full_seconds < PULL_SECONDS,
        ),
        Figure("… most memory of its process", memory_mib, f"< {PULL_MIB} MiB", found.peak_mib < PULL_MIB),
        Figure("… a pull without changes; busy times", f"{found.quiet_seconds * 1000:.0f} ms; {found.busy_periods:,}"),
    ]


def _unpacking(house: House) -> list[Figure]:
    program = Program("unpacking", [sys.executable, "-m", "bench.unpacking"], house.stack.environ, ROOT)
    child, said = run_to_end(program, seconds=300, check=house.supervisor.check)
    if child.process.returncode != 0:
        raise Trouble("bench.unpacking failed:\n" + "\n".join(said[-20:]))
    found = unpacking.UnpackingTimes(**json.loads(said[-1]))
    what = f"{unpacking.UPDATES:,} updates of as many new people in one call, stored to items"
    return [
        Figure(
            f"{what}: median",
            f"{found.new_ms:,.0f} ms, slowest {found.slowest_ms:,.0f} ms",
            f"< {CALL_MS:,} ms",
            found.new_ms < CALL_MS,
        ),
        Figure(
            "… the same call once more; as many statuses", f"{found.repeated_ms:,.0f} ms; {found.statuses_ms:,.0f} ms"
        ),
        Figure("… the worker's own processor time; queries", f"{found.own_ms:,.0f} ms; {found.queries}"),
        Figure("… reading alone, per item", f"{found.pure_us:,.0f} µs"),
    ]


def _slots(house: House) -> list[Figure]:
    program = Program("slots", [sys.executable, "-m", "bench.slots"], house.stack.environ, ROOT)
    child, said = run_to_end(program, check=house.supervisor.check)
    if child.process.returncode != 0:
        raise Trouble("bench.slots failed:\n" + "\n".join(said[-20:]))
    found = slots.SlotTimes(**json.loads(said[-1]))
    what = f"Free times of {slots.PROFESSIONALS} professionals, {slots.DAYS} days, {slots.APPOINTMENTS:,} appointments"
    result = f"{found.median_ms:.0f} ms, p95 {found.p95_ms:.0f} ms"
    return [
        Figure(f"{what}: median", result, f"< {SLOTS_MS} ms", found.median_ms < SLOTS_MS),
        Figure("… queries, times found", f"{found.queries}, {found.slots:,}"),
    ]


def _size(house: House) -> list[Figure]:
    used = memory.measure(house.pids())
    rss, pss = used.rss / MIB, used.pss / MIB
    return [
        Figure(
            "Memory of all programs after the chat, PSS", f"{pss:,.0f} MiB", f"< {LARGEST_MIB:,} MiB", pss < LARGEST_MIB
        ),
        Figure("… sum of RSS (counts shared pages once per process)", f"{rss:,.0f} MiB"),
    ]


def _machine() -> str:
    """How fast and how busy the machine is before we start: other figures than these cannot be compared."""
    one, five, _ = os.getloadavg()
    began = time.process_time()
    sum(range(ADDITIONS))
    taken = time.process_time() - began
    return (
        f"{os.cpu_count()} processors; Python {sys.version.split()[0]} adds {ADDITIONS:,} numbers in {taken:.2f} s;"
        f" load average before the run {one:.1f} (1 min), {five:.1f} (5 min)."
    )


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
