"""Where does `make test-browser` find its browser, and what does it do when there is none?"""

from __future__ import annotations

from pathlib import Path

import pytest

from dev import browser_testing
from dev.browser_testing import CHROMIUM, find_chromium, install_chromium

WRITES_DOWN = 'echo "$(basename "$0") $*" >>"$(dirname "$0")/calls"'


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of PATH, but for the shell's own."""
    bin_dir = tmp_path / "bin"
    bin_dir.mkdir()
    for name in ("env", "basename", "dirname", "sh"):
        (bin_dir / name).symlink_to(f"/usr/bin/{name}")
    monkeypatch.setenv("PATH", str(bin_dir))
    monkeypatch.delenv(CHROMIUM, raising=False)
    return bin_dir


def put(folder: Path, name: str, script: str = "") -> str:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def calls(folder: Path) -> list[str]:
    return (folder / "calls").read_text().splitlines() if (folder / "calls").exists() else []


def become(monkeypatch: pytest.MonkeyPatch, user: int) -> None:
    monkeypatch.setattr("os.geteuid", lambda: user)


def test_the_first_browser_that_runs_is_taken_unless_one_is_named(programs: Path) -> None:
    google, chromium = put(programs, "google-chrome"), put(programs, "chromium")
    assert find_chromium({}) == chromium
    assert find_chromium({CHROMIUM: google}) == google
    assert find_chromium({CHROMIUM: "/nowhere/chromium"}) is None
    put(programs, "chromium", "echo install the snap >&2; exit 1")
    assert find_chromium({}) == google


def test_root_gets_the_package(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    become(monkeypatch, 0)
    put(programs, "apt-get", WRITES_DOWN)
    assert install_chromium()
    update, install = calls(programs)
    assert update.startswith("apt-get update")
    assert install.startswith("apt-get install")
    assert install.endswith("chromium fonts-dejavu-core")


def test_who_may_use_sudo_without_a_password_gets_it_too(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    become(monkeypatch, 1000)
    put(programs, "apt-get", WRITES_DOWN)
    put(programs, "sudo", 'shift; [ "$1" = true ] || "$@"')
    assert install_chromium()
    assert len(calls(programs)) == 2


def test_who_may_not_install_is_told_what_to_install(
    programs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    become(monkeypatch, 1000)
    put(programs, "apt-get", WRITES_DOWN)
    put(programs, "sudo", "exit 1")
    assert browser_testing.main([]) == 1
    assert "apt-get install -y --no-install-recommends chromium" in capsys.readouterr().err
    assert calls(programs) == []


def test_what_apt_says_against_it_is_shown(
    programs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    become(monkeypatch, 0)
    put(programs, "apt-get", "echo 'E: Unable to locate package'; exit 100")
    assert browser_testing.main([]) == 1
    told = capsys.readouterr().err
    assert "Unable to locate package" in told
    assert CHROMIUM in told


def test_a_named_browser_that_is_not_there_installs_none(
    programs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    become(monkeypatch, 0)
    put(programs, "apt-get", WRITES_DOWN)
    monkeypatch.setenv(CHROMIUM, "/nowhere/chromium")
    assert browser_testing.main([]) == 1
    assert calls(programs) == []
    assert CHROMIUM in capsys.readouterr().err
