"""Which TCP ports are free, and what does a person read when a wanted one is not?"""

from __future__ import annotations

import errno
import socket
from collections.abc import Mapping

from dev.problems import Trouble

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """Return a loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def read_port(environ: Mapping[str, str], variable: str, default: int) -> int:
    """Return the port `variable` asks for, or the default."""
    value = environ.get(variable) or str(default)
    if not (value.isdecimal() and 0 < int(value) < 65536):
        raise Trouble(f"{variable} should be a port number between 1 and 65535.")
    return int(value)


def require_free(host: str, port: int, variable: str) -> None:
    """Raise Trouble, naming the variable that moves it, when `port` cannot be listened on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            raise Trouble(_why(error, host, port, variable)) from error


def _why(error: OSError, host: str, port: int, variable: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is taken by another program. "
            f"Choose another one, for example: make run {variable}={port + 100}"
        )
    return f"Port {port} on {host} cannot be used ({error.strerror}). {variable} moves it; HOST is the address."
