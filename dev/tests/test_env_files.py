import os
from pathlib import Path

import pytest

from dev.env_files import load_env_files, read_env_file, write_env_file


def test_a_variable_that_is_set_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "var").mkdir()
    write_env_file(tmp_path / "var/secrets.env", {"HOUSE_A": "file", "HOUSE_B": "file"}, heading="x")
    write_env_file(tmp_path / "var/run.env", {"HOUSE_C": "run"}, heading="x")
    monkeypatch.setenv("HOUSE_A", "person")
    monkeypatch.setenv("HOUSE_B", "")
    monkeypatch.setenv("HOUSE_C", "")
    load_env_files(tmp_path)
    assert (os.environ["HOUSE_A"], os.environ["HOUSE_B"], os.environ["HOUSE_C"]) == ("person", "file", "run")


def test_a_mounted_secret_counts_as_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "var").mkdir()
    write_env_file(tmp_path / "var/secrets.env", {"HOUSE_D": "file"}, heading="x")
    monkeypatch.delenv("HOUSE_D", raising=False)
    monkeypatch.setenv("HOUSE_D_FILE", "/run/secrets/d")
    load_env_files(tmp_path)
    assert "HOUSE_D" not in os.environ


def test_without_files_nothing_happens(tmp_path: Path) -> None:
    before = dict(os.environ)
    load_env_files(tmp_path)
    assert dict(os.environ) == before


def test_any_value_survives_and_only_the_owner_reads_it(tmp_path: Path) -> None:
    values = {"A": "postgres://u:p@h/d?x=1", "B": "two words", "C": 'it\'s # "quoted" $HOME'}
    path = tmp_path / "run.env"
    write_env_file(path, values, heading="for the test")
    assert read_env_file(path) == values
    assert path.stat().st_mode & 0o777 == 0o600
