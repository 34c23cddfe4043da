"""How fast does a clinic send, and would Meta still take it? Counted always, refused only when switched on.

Per number so many a second, in any second; per person one in six seconds, of which up to 45 are borrowed from the time
to come. By real time: a test that moves the clock has not waited.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import dataclass, field

from sandbox.graph.errors import GraphError
from sandbox.store import Json

DEFAULT_PER_SECOND = 80
PAIR_SECONDS = 6.0
PAIR_BURST = 45
THROUGHPUT = 130429
PAIR = 131056


@dataclass
class Pace:
    """What was accepted lately. `is_kept`: refuse what Meta would refuse."""

    is_kept: bool = False
    per_second: int = DEFAULT_PER_SECOND
    sends: int = 0
    most_in_a_second: int = 0
    refused: Counter[int] = field(default_factory=Counter)
    _lately: dict[str, deque[float]] = field(default_factory=dict)
    _free_from: dict[tuple[str, str], float] = field(default_factory=dict)

    def take(self, number: str, person: str) -> None:
        """One send of this number to this person; raises GraphError when it is one too many."""
        now = time.monotonic()
        lately = self._lately.setdefault(number, deque())
        while lately and lately[0] <= now - 1:
            lately.popleft()
        free_from = max(self._free_from.get((number, person), now), now)
        if len(lately) >= self.per_second:
            self._refuse(THROUGHPUT, "Cloud API message throughput has been reached.")
        if free_from - now > (PAIR_BURST - 1) * PAIR_SECONDS:
            self._refuse(PAIR, "Too many messages sent from this number to the same person in a short time.")
        lately.append(now)
        self._free_from[number, person] = free_from + PAIR_SECONDS
        self.sends += 1
        self.most_in_a_second = max(self.most_in_a_second, len(lately))

    def _refuse(self, code: int, details: str) -> None:
        if self.is_kept:
            self.refused[code] += 1
            raise GraphError(code, details)

    def told(self) -> Json:
        """As the control API shows it."""
        return {
            "is_kept": self.is_kept,
            "per_second": self.per_second,
            "sends": self.sends,
            "most_in_a_second": self.most_in_a_second,
            "refused": {str(code): count for code, count in self.refused.items()},
        }
