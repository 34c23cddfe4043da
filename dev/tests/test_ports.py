import socket

import pytest

from dev.ports import free_port, read_port, require_free
from dev.problems import Trouble
from dev.run import wanted_addresses


def test_a_taken_port_is_named_with_the_variable_that_moves_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Trouble, match=rf"Port {port} .*SANDBOX_PORT="):
            require_free("127.0.0.1", port, "SANDBOX_PORT")


def test_a_free_port_is_fine() -> None:
    require_free("127.0.0.1", free_port(), "PORT")


@pytest.mark.parametrize("value", ["http", "0", "70000", "-1", "80.5"])
def test_nonsense_names_the_variable(value: str) -> None:
    with pytest.raises(Trouble, match="PORT should be a port number"):
        read_port({"PORT": value}, "PORT", 8000)


def test_both_on_one_port_is_refused() -> None:
    with pytest.raises(Trouble, match="PORT and SANDBOX_PORT"):
        wanted_addresses({"PORT": "8123", "SANDBOX_PORT": "8123"})


def test_an_empty_variable_means_the_default() -> None:
    assert read_port({"PORT": ""}, "PORT", 8000) == 8000
