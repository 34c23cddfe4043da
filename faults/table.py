"""How are the results shown? One row for each fault, one column for each invariant; 0 is right everywhere."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from faults.invariants import INVARIANTS


@dataclass
class Result:
    """What came of one run. `counts` by invariant, `figures` that only tell."""

    fault: str
    seed: int
    scale: int
    counts: dict[str, int]
    figures: dict[str, int]
    drained: float | None
    seconds: float
    wrong: list[str]

    @property
    def is_right(self) -> bool:
        return not any(self.counts.values()) and not self.wrong and self.drained is not None

    def told(self) -> str:
        """One line for the person who waits."""
        what = [f"{name} {count}" for name, count in self.counts.items() if count] + self.wrong
        drained = "never drained" if self.drained is None else f"drained in {self.drained:.1f} s"
        word = "ok" if self.is_right else "WRONG"
        return (
            f"{word:<6}{self.fault} seed {self.seed} ÷{self.scale}: {drained}, {self.seconds:.1f} s in all. "
            + "; ".join(what)
        )


def write_table(results: Sequence[Result], titles: dict[str, str]) -> str:
    """Markdown, readable as it is."""
    heads = ["fault", "runs", "acknowledged", *(one.title for one in INVARIANTS), "by its own measure"]
    heads += ["sends", "calls struck", "uncertain: once more", "drain, full length", "drain ÷10: median, longest"]
    rows = [_row(titles[name], [one for one in results if one.fault == name]) for name in _names(results)]
    rows.append(_row("**all**", results))
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, ["---"] * len(heads), *rows))


def _names(results: Sequence[Result]) -> list[str]:
    return list(dict.fromkeys(one.fault for one in results))


def _row(title: str, runs: Sequence[Result]) -> list[str]:
    totals = [sum(run.counts[one.name] for run in runs) for one in INVARIANTS]
    figures = {name: sum(run.figures[name] for run in runs) for name in runs[0].figures}
    return [
        title,
        str(len(runs)),
        f"{figures['acknowledged']:,}",
        *(str(one) if one == 0 else f"**{one}**" for one in totals),
        str(sum(len(run.wrong) for run in runs)),
        f"{figures['sent']:,}",
        str(figures["struck"]),
        str(figures["uncertain"]),
        _drains([run for run in runs if run.scale == 1]),
        _drains([run for run in runs if run.scale != 1]),
    ]


def _drains(runs: Sequence[Result]) -> str:
    times = [run.drained for run in runs if run.drained is not None]
    if not times:
        return "never" if runs else "–"
    never = len(runs) - len(times)
    said = f"{times[0]:.1f} s" if len(runs) == 1 else f"{median(times):.1f} s, {max(times):.1f} s"
    return f"{said}, {never} never" if never else said


def keep(results: Sequence[Result], path: Path) -> None:
    """All figures of all runs, for whoever wants to look closer."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(one) for one in results], indent=1, ensure_ascii=False) + "\n")
