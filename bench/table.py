"""How are the figures shown? One row each: what was measured, what came out, what it should be."""

from collections.abc import Sequence
from dataclasses import dataclass

HEADINGS = ("Measured", "Result", "Target", "")


@dataclass(frozen=True)
class Figure:
    """One row. `is_met` is None for a row that only explains another one."""

    what: str
    result: str
    target: str = ""
    is_met: bool | None = None

    @property
    def cells(self) -> tuple[str, str, str, str]:
        return self.what, self.result, self.target, {True: "met", False: "MISSED", None: ""}[self.is_met]


def share_below(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed."""
    ranked = sorted(values)
    return ranked[max(0, -int(-len(ranked) * share // 1) - 1)]


def write_table(figures: Sequence[Figure]) -> str:
    """A Markdown table that is readable as it is."""
    rows = [HEADINGS, *(figure.cells for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = [_line(row, widths) for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
