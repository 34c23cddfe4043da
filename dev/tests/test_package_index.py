from pathlib import Path

import pytest

from dev.package_index import PUBLIC_INDEX, index_urls, uv_environment, uv_environment_with_extras

MIRROR = "https://mirror.example/simple"


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """An environment in which pip was told nothing."""
    return {"HOME": str(tmp_path), "PIP_CONFIG_FILE": "/dev/null"}


def test_pips_mirror_becomes_uvs(bare: dict[str, str]) -> None:
    assert uv_environment({**bare, "PIP_INDEX_URL": MIRROR})["UV_DEFAULT_INDEX"] == MIRROR
    assert index_urls({**bare, "PIP_INDEX_URL": MIRROR}) == [MIRROR]


def test_what_uv_was_told_itself_wins(bare: dict[str, str]) -> None:
    told = {**bare, "PIP_INDEX_URL": MIRROR, "UV_DEFAULT_INDEX": "https://other.example/simple"}
    assert uv_environment(told)["UV_DEFAULT_INDEX"] == "https://other.example/simple"


def test_pips_own_file_is_read(bare: dict[str, str], tmp_path: Path) -> None:
    config = tmp_path / "pip.conf"
    config.write_text(f"[global]\nindex-url = {MIRROR}\nextra-index-url =\n  https://a.example\n  https://b.example\n")
    told = {**bare, "PIP_CONFIG_FILE": str(config)}
    assert uv_environment(told)["UV_DEFAULT_INDEX"] == MIRROR
    assert uv_environment_with_extras(told)["UV_INDEX"] == "https://a.example https://b.example"


def test_extras_are_no_part_of_the_first_attempt(bare: dict[str, str]) -> None:
    told = {**bare, "PIP_FIND_LINKS": "/wheels", "PIP_EXTRA_INDEX_URL": "https://a.example"}
    assert not {"UV_FIND_LINKS", "UV_INDEX"} & uv_environment(told).keys()


def test_told_nothing_there_is_nothing_to_try_twice(bare: dict[str, str]) -> None:
    assert uv_environment(bare) == uv_environment_with_extras(bare)
    assert index_urls(bare) == [PUBLIC_INDEX]
