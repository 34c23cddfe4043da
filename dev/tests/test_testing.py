import os
from pathlib import Path

import pytest

from dev import testing
from dev.problems import Trouble
from dev.servers import Servers


@pytest.fixture
def servers() -> Servers:
    return Servers(os.environ["DATABASE_URL"], "", "given")


def test_too_few_connections_name_the_setting(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(testing, "FEWEST_CONNECTIONS", 1_000_000)
    with pytest.raises(Trouble, match="Raise max_connections"):
        testing.require_connections(servers)


def test_enough_connections_are_fine(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(testing, "FEWEST_CONNECTIONS", 1)
    testing.require_connections(servers)


def test_the_providers_of_the_tests_are_nobody(servers: Servers) -> None:
    values = testing.values_for_tests(servers, Path("/nowhere"))
    addresses = [
        value for name, value in values.items() if name.startswith(("GRAPH_API_BASE", "GOOGLE_API", "GOOGLE_OAUTH"))
    ]
    assert len(addresses) == 5
    assert all(address.startswith("http://127.0.0.1:9") for address in addresses)
