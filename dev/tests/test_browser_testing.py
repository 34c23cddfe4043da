from pathlib import Path

import pytest

from dev import browser_testing
from dev.browser_testing import CHROMIUM, find_chromium


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def put(folder: Path, name: str) -> str:
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


def test_the_first_installed_browser_is_taken_unless_one_is_named(programs: Path) -> None:
    google, chromium = put(programs, "google-chrome"), put(programs, "chromium")
    assert find_chromium({}) == chromium
    assert find_chromium({CHROMIUM: google}) == google
    assert find_chromium({CHROMIUM: "/nowhere/chromium"}) is None


@pytest.mark.usefixtures("programs")
def test_without_a_browser_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(CHROMIUM, raising=False)
    assert browser_testing.main([]) == 1
    assert "apt-get install -y --no-install-recommends chromium" in capsys.readouterr().err
