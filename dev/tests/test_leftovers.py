import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dev.leftovers import MARK, remove_stale_postgres_lock, stop_leftovers
from dev.tests.programs import SLEEPS, STUBBORN

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def _orphan(house: Path, code: str) -> subprocess.Popen[bytes]:
    environ = {**os.environ, MARK: str(house)}
    process = subprocess.Popen([sys.executable, "-S", "-c", code], env=environ, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    return process


def test_orphans_of_this_house_are_stopped_and_others_are_left_alone(tmp_path: Path) -> None:
    with _orphan(tmp_path / "a", SLEEPS) as mine, _orphan(tmp_path / "b", SLEEPS) as other:
        assert stop_leftovers(tmp_path / "a") == [mine.pid]
        assert mine.wait(5) == -signal.SIGTERM
        assert other.poll() is None
        other.kill()


def test_an_orphan_that_does_not_listen_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dev.leftovers.PATIENCE_SECONDS", 0.1)
    with _orphan(tmp_path, STUBBORN) as stubborn:
        stop_leftovers(tmp_path)
        assert stubborn.wait(5) == -signal.SIGKILL


def test_a_lock_whose_number_is_somebody_elses_now_is_removed(tmp_path: Path) -> None:
    lock = tmp_path / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n/elsewhere\n")
    remove_stale_postgres_lock(tmp_path)
    assert not lock.exists()


def test_the_lock_of_a_living_server_stays(tmp_path: Path) -> None:
    lock = tmp_path / "postmaster.pid"
    with _orphan(tmp_path, SLEEPS + f"  # {tmp_path}") as server:
        lock.write_text(f"{server.pid}\n")
        remove_stale_postgres_lock(tmp_path)
        assert lock.exists()
        server.kill()
