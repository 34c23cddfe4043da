"""What is one run? A fault, a seed, two clinics, patients of its own, and all that was done and noted."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from faults.house import House, Place
from faults.words import full_name, phone, word

PATIENTS_EACH = 60
MARKED = {
    "delivery": "whatsapp_delivery",
    "item": "whatsapp_item",
    "message": "whatsapp_message",
    "appointment": "clinics_appointment",
    "step": "faults_step",
    "word": "faults_word",
}


@dataclass
class Person:
    """Somebody who writes to a clinic."""

    place: Place
    phone: str
    name: str
    word: str
    wamids: list[str] = field(default_factory=list)
    # Whether each message was surely taken before the next one was written.
    is_ordered: bool = True


@dataclass(frozen=True)
class Told:
    """A change of an appointment that its patient must hear of: one message of this kind and revision."""

    appointment: int
    notice: str
    revision: int


@dataclass(frozen=True)
class Silenced:
    """A contact that said no to campaigns: after call `last` nothing may be sent, but for rows that were under way."""

    contact: int
    last: int
    under_way: frozenset[int]


@dataclass
class Run:
    """All that happened in one run. `a` gets most of the load, `b` is the other clinic."""

    house: House
    fault: str
    seed: int
    number: int
    a: Place
    b: Place
    people: list[Person] = field(default_factory=list)
    held: list[Person] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    silenced: list[Silenced] = field(default_factory=list)
    since: dict[str, int] = field(default_factory=dict)
    log_from: int = 0
    # Digests of what was answered 200: the simulator's webhooks, and those that a fault posted itself.
    taken: list[str] = field(default_factory=list)
    posted: list[str] = field(default_factory=list)
    # Messages that want no answer.
    unanswerable: set[str] = field(default_factory=set)
    calls: list[dict[str, Any]] = field(default_factory=list)
    # Answers that were lost together with their statuses: the only reason to send twice.
    loses_both: bool = False
    # Things that went wrong by a fault's own measure, in words.
    wrong: list[str] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)
    # Seconds from when everything worked again until nothing waited, the rest of the load included; None: never.
    drained: float | None = None
    used: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _own: threading.local = field(default_factory=threading.local)
    _jobs: list[Future[None]] = field(default_factory=list)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(12))
    done: int = 0
    wanted: int = 0

    @property
    def rng(self) -> random.Random:
        """This thread's own: the same choices for the same seed, whatever else goes on beside."""
        if not hasattr(self._own, "rng"):
            self._own.rng = random.Random(f"{self.fault}/{self.seed}")
        found: random.Random = self._own.rng
        return found

    @property
    def scale(self) -> int:
        """What all times are divided by."""
        return self.house.scale

    @property
    def places(self) -> tuple[Place, Place]:
        return self.a, self.b

    def seconds(self, at_full_length: float) -> float:
        """A time of the fault, divided as all others."""
        return at_full_length / self.scale

    # Beginning ------------------------------------------------------------------------------------------------------
    def begin(self) -> None:
        """From here on rows, calls and lines count as this run's."""
        self.since = {name: self.house.number(f"SELECT max(id) FROM {table}") for name, table in MARKED.items()}
        last = self.house.control("GET", f"calls?after={10**12}&taken_after={10**12}")["last"]
        self.since |= {"call": last["calls"], "taken": last["taken"]}
        self.log_from = self.house.log.stat().st_size

    def person(self, place: Place) -> Person:
        """Somebody new."""
        with self._lock:
            mark = self.number * PATIENTS_EACH + len(self.people)
            one = Person(place, phone(mark), full_name(mark), word(1_000_000 + mark))
            self.people.append(one)
        return one

    def registered(self, place: Place) -> dict[str, Any]:
        """A patient whom the clinic knows and no other run has had."""
        with self._lock:
            turn = self.house.turns.get(place.slug, 0)
            self.house.turns[place.slug] = turn + 1
        return place.patients[turn % len(place.patients)]

    # Load in the background -----------------------------------------------------------------------------------------
    def start(self, work: Any, *values: Any, steps: int = 1) -> None:
        """Does something beside what the fault does; what it raises counts as wrong."""
        self.wanted += steps
        self._jobs.append(self._pool.submit(self._guarded, len(self._jobs), work, *values))

    def _guarded(self, job: int, work: Any, *values: Any) -> None:
        self._own.rng = random.Random(f"{self.fault}/{self.seed}/{job}")
        try:
            work(self, *values)
        except Exception as error:  # noqa: BLE001 - told at the end of the run
            self.wrong.append(f"{getattr(work, '__name__', 'load')}: {type(error).__name__}: {str(error)[:200]}")

    def step(self) -> None:
        """One part of the load is done."""
        with self._lock:
            self.done += 1

    def wait_for_share(self, share: float, seconds: float = 20) -> None:
        """Returns when so much of the load is done: where the seed puts the instant of the fault."""
        until = time.monotonic() + seconds
        while self.done < share * self.wanted and time.monotonic() < until:
            time.sleep(0.005)

    @property
    def is_loaded(self) -> bool:
        """Whether all of the load is done."""
        return all(job.done() for job in self._jobs)

    def finish_load(self) -> None:
        """Waits for all of it."""
        for job in self._jobs:
            job.result()
        self._pool.shutdown()

    # Ending ---------------------------------------------------------------------------------------------------------
    def collect(self) -> None:
        """What the simulator was asked and which webhooks were taken, since the beginning."""
        for rows, name in ((self.calls, "call"), (self.taken, "taken")):
            del rows[:]
            for row in _pages(self.house, self.since, name):
                rows.append(row if name == "call" else row["digest"])

    def sends(self) -> dict[str, int]:
        """How often each of our rows was taken by the simulator, by row id as text."""
        found: dict[str, int] = {}
        for call in self.calls:
            if call["operation"] == "messages" and call["outcome"] == "200" and call["key"].startswith("m"):
                found[call["key"][1:]] = found.get(call["key"][1:], 0) + 1
        return found


def _pages(house: House, since: dict[str, int], name: str) -> Iterator[Any]:
    last, key = since[name], "calls" if name == "call" else "taken"
    while True:
        query = {
            "call": f"calls?after={last}&taken_after={10**12}",
            "taken": f"calls?after={10**12}&taken_after={last}",
        }
        rows = house.control("GET", query[name])[key]
        if not rows:
            return
        yield from rows
        last = int(rows[-1]["id"])


@contextmanager
def ignoring(*kinds: type[BaseException]) -> Iterator[None]:
    """What may fail while things are broken."""
    try:
        yield
    except kinds:
        return
