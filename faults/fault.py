"""What is a fault? What goes on meanwhile, how it breaks, how it is mended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from faults.run import Run
from faults.usual import usual

Act = Callable[[Run], None]


def nothing(_run: Run) -> None:
    """There is nothing to do."""


@dataclass(frozen=True)
class Fault:
    """`strike` returns when it is broken (or has been, for what mends itself); `heal` when everything may go on.

    `check` looks at what only this fault can go wrong by; it says so in `run.wrong`.
    """

    name: str
    says: str
    strike: Act
    heal: Act = nothing
    load: Act = usual
    check: Act = nothing
    # Moves the clock of the whole house: after all others.
    moves_clock: bool = False
