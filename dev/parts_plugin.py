"""Which tests belong to this part of `make test`, or to `make test-browser`? A pytest plugin, loaded by `dev.testing`.

The suite runs in two parts (ordinary tests on all cores, then journeys one by one). So that pytest's closing
line tells about both, the second part adds the outcomes of the first to its own.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

PART = "ATENDEAI_TEST_PART"
REPORT_FOLDER = "ATENDEAI_TEST_REPORTS"
_TOLD = ("passed", "failed", "error", "skipped", "xfailed", "xpassed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep this part's tests, without calling the others deselected: they run, too."""
    part = os.environ.get(PART)
    if part is None:
        return
    browser = [item for item in items if item.get_closest_marker("browser")]
    if part == "browser":
        items[:] = browser
        return
    items[:] = [item for item in items if item not in browser]
    journeys = [item for item in items if item.get_closest_marker("journey")]
    _journeys_file(os.environ).write_text(str(len(journeys)))
    items[:] = journeys if part == "journeys" else [item for item in items if item not in journeys]


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Write down the outcomes of the first part; add them in the second."""
    path = Path(os.environ[REPORT_FOLDER]) / "first-part.json"
    if os.environ.get(PART) == "ordinary":
        stats = terminalreporter.stats
        told = {outcome: [report.nodeid for report in stats.get(outcome, [])] for outcome in _TOLD}
        path.write_text(json.dumps(told))
    elif path.exists():
        for outcome, names in json.loads(path.read_text()).items():
            terminalreporter.stats.setdefault(outcome, []).extend(map(_earlier, names, [outcome] * len(names)))


def count_journeys(environ: Mapping[str, str]) -> int:
    """Return how many journeys the first part saw and left for the second."""
    path = _journeys_file(environ)
    return int(path.read_text() or 0) if path.exists() else 0


def _earlier(nodeid: str, outcome: str) -> pytest.TestReport:
    known: Any = outcome if outcome in {"passed", "skipped"} else "failed"
    reason: Any = ("", 0, "in the first part") if outcome == "skipped" else "shown in the first part"
    return pytest.TestReport(nodeid, (nodeid, 0, nodeid), {}, known, reason, "call")


def _journeys_file(environ: Mapping[str, str]) -> Path:
    return Path(environ[REPORT_FOLDER]) / "journeys"
