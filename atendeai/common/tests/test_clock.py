"""The development clock file moves the time; whatever else it holds does not."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from atendeai.common import clock


def offset() -> timedelta:
    return clock.now() - datetime.now(UTC)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ATENDEAI_CLOCK_FILE", str(tmp_path / "clock"))
    return tmp_path / "clock"


def test_without_a_file_it_is_the_real_time_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ATENDEAI_CLOCK_FILE", raising=False)
    assert clock.now().tzinfo is UTC
    assert abs(offset()) < timedelta(seconds=1)


def test_the_file_is_read_at_every_call(file: Path) -> None:
    for seconds in (3600, -86400, 0.5):
        file.write_text(f"{seconds}\n", encoding="ascii")
        assert abs(offset() - timedelta(seconds=seconds)) < timedelta(seconds=0.2)


@pytest.mark.parametrize("content", [b"", b"soon", b"\xff\xfe", b"nan", b"inf", b"1e300", b"9" * 400])
def test_nonsense_in_the_file_is_the_real_time(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    assert abs(offset()) < timedelta(seconds=1)


def test_a_missing_file_or_a_folder_is_the_real_time(file: Path) -> None:
    assert abs(offset()) < timedelta(seconds=1)
    file.mkdir()
    assert abs(offset()) < timedelta(seconds=1)
