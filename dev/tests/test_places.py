import os
import tempfile
from pathlib import Path

import pytest

from dev import places
from dev.locks import Lock
from dev.places import TestPlaces, run_places


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "SHARED", tmp_path / "shared")
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))


def test_the_folders_of_a_killed_test_run_go_with_the_next() -> None:
    killed = TestPlaces()
    killed._lock.release()
    living = TestPlaces()
    assert not killed.places.servers.exists()
    another = TestPlaces()
    assert living.places.servers.exists()
    for home in (living, another):
        home.remove()
        assert not home.places.servers.exists()


def test_as_root_var_points_to_the_servers_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    clone = tmp_path / "clone"
    clone.mkdir()
    made = run_places(clone)
    assert made.servers.is_relative_to(tmp_path / "shared")
    assert (clone / "var/servers.location").read_text().strip() == str(made.servers)


def test_an_ordinary_user_keeps_everything_in_var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert run_places(tmp_path).servers == tmp_path / "var"


def test_only_one_holds_a_lock(tmp_path: Path) -> None:
    first, second = Lock(tmp_path / "run.lock"), Lock(tmp_path / "run.lock")
    assert first.take("process 1")
    assert not second.take("process 2")
    assert second.note() == "process 1"
    first.release()
    assert second.take("process 2")
    second.release()
