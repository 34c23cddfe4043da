"""The two parts of `make test`, each a pytest of its own on a tiny suite."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dev.parts_plugin import PART, REPORT_FOLDER, count_journeys
from dev.places import ROOT

SUITE = """
import pytest
def test_fine(): pass
def test_broken(): assert 1 == 2
@pytest.mark.journey
def test_travels(): pass
@pytest.mark.browser
def test_looks(): pass
"""


def _pytest(folder: Path, part: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, PART: part, REPORT_FOLDER: str(folder), "PYTHONPATH": str(ROOT)}
    environ.pop("PYTEST_XDIST_WORKER", None)
    command = [sys.executable, "-m", "pytest", "-p", "dev.parts_plugin", "-p", "no:django", "-p", "no:cacheprovider"]
    command += ["-p", "no:randomly", "-p", "no:xdist", "-c", str(folder / "pytest.ini"), str(folder)]
    return subprocess.run(command, env=environ, cwd=folder, capture_output=True, text=True)


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n  journey: x\n  browser: x\naddopts = -ra\n")
    (tmp_path / "test_tiny.py").write_text(SUITE)
    return tmp_path


def test_the_closing_line_tells_about_both_parts(suite: Path) -> None:
    first = _pytest(suite, "ordinary")
    assert first.returncode == 1
    assert "1 failed, 1 passed" in first.stdout
    assert count_journeys({REPORT_FOLDER: str(suite)}) == 1
    second = _pytest(suite, "journeys")
    assert second.returncode == 0
    assert "1 failed, 2 passed" in second.stdout.splitlines()[-1]
    assert "test_broken" in second.stdout


def test_browsers_have_a_part_of_their_own(suite: Path) -> None:
    looked = _pytest(suite, "browser")
    assert looked.returncode == 0
    assert "1 passed" in looked.stdout.splitlines()[-1]
