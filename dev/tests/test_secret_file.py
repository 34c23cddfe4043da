import base64
from pathlib import Path

import pytest

from dev.problems import Trouble
from dev.secret_file import keep_secrets


def test_made_once(tmp_path: Path) -> None:
    first = keep_secrets(tmp_path, database_exists=False, given={})
    assert keep_secrets(tmp_path, database_exists=True, given={}) == first
    assert (tmp_path / "secrets.env").stat().st_mode & 0o777 == 0o600


def test_two_houses_share_no_secret(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one = keep_secrets(tmp_path / "a", database_exists=False, given={})
    other = keep_secrets(tmp_path / "b", database_exists=False, given={})
    assert not set(one.values()) & set(other.values())
    assert len(base64.urlsafe_b64decode(one["CREDENTIALS_KEYS"])) == 32


def test_a_lost_key_stops_the_start_while_the_database_lives(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match=r"(?s)CREDENTIALS_KEYS.*make reset"):
        keep_secrets(tmp_path, database_exists=True, given={})
    assert not (tmp_path / "secrets.env").exists()


def test_a_given_key_opens_the_database(tmp_path: Path) -> None:
    keep_secrets(tmp_path, database_exists=True, given={"CREDENTIALS_KEYS": "the old one"})
    assert (tmp_path / "secrets.env").exists()


def test_a_secret_that_is_new_to_the_product_is_added(tmp_path: Path) -> None:
    first = keep_secrets(tmp_path, database_exists=False, given={})
    path = tmp_path / "secrets.env"
    path.write_text("".join(line for line in path.read_text().splitlines(True) if "GOOGLE_CLIENT_ID" not in line))
    second = keep_secrets(tmp_path, database_exists=True, given={})
    assert second.pop("GOOGLE_CLIENT_ID") != first.pop("GOOGLE_CLIENT_ID")
    assert second == first
