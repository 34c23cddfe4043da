"""Does the fault suite make the runs that it says, and do its deliberate breaks still fit the code?"""

from pathlib import Path

import pytest

from dev.places import ROOT
from faults.__main__ import SEEDS, _parser, plan_of
from faults.breaks import FAULTS
from faults.lanes import Lane, read_results
from faults.mutations import MUTATIONS, SQL_AT, Mutation
from faults.table import Result, keep


def test_the_whole_plan_is_twenty_seeds_of_each_fault_once_at_full_length() -> None:
    runs = plan_of(_parser().parse_args([])).runs
    assert len(runs) == len(set(runs)) == SEEDS * len(FAULTS)
    assert sum(scale == 1 for scale, _place, _seed in runs) == len(FAULTS)
    assert {scale for scale, _place, _seed in runs} == {1, 10}


@pytest.mark.parametrize("lanes", [1, 2, 3, 5])
@pytest.mark.parametrize("told", [[], ["--seeds", "3", "--scale", "10"], ["--seeds", "1"], ["--quick"]])
def test_lanes_make_each_run_once(lanes: int, told: list[str]) -> None:
    whole = plan_of(_parser().parse_args(told)).runs
    shares = [
        plan_of(_parser().parse_args([*told, "--lane", f"{number}/{lanes}"])).runs for number in range(1, lanes + 1)
    ]
    assert sorted(run for share in shares for run in share) == sorted(whole)


@pytest.mark.parametrize("told", ["0/3", "4/3", "3", "a/b", "1/0"])
def test_a_lane_that_is_none_is_refused(told: str) -> None:
    with pytest.raises(ValueError, match="told as"):
        Lane.read(told)


def test_what_came_of_a_run_is_read_back_as_it_was_kept(tmp_path: Path) -> None:
    results = [Result("web-killed", 3, 10, {"lost": 1}, {"sent": 4}, None, 7.5, ["é"])]
    keep(results, tmp_path / "there" / "faults-1.json")
    assert read_results(tmp_path / "there" / "faults-1.json") == results
    assert read_results(tmp_path / "nothing.json") == []


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.name)
def test_each_deliberate_break_fits_its_file_once(mutation: Mutation) -> None:
    for change in mutation.changes:
        text = (ROOT / change.path).read_text(encoding="utf-8")
        assert text.count(change.old) == 1, change
    assert mutation.changes
    assert mutation.fault in {fault.name for fault in FAULTS}


def test_the_database_of_the_faults_is_broken_where_it_is_made() -> None:
    assert (ROOT / "faults/house.py").read_text(encoding="utf-8").count(SQL_AT) == 1
