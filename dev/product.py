"""Which programs does the product consist of, and with which options do they run?"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from dev.children import Program
from dev.environment import Addresses, sandbox_environment
from dev.places import ROOT

_PYTHON = [sys.executable, "-m"]
# Celery warns in six lines of running as root, which the embedded database has already been arranged for.
_CELERY = [sys.executable, "-W", "ignore:You're running the worker", "-m", "celery", "-A", "atendeai.celery", "--quiet"]


def product_programs(
    addresses: Addresses, var: Path, environ: Mapping[str, str], workers: Mapping[str, Sequence[str]] | None = None
) -> dict[str, Program]:
    """Return web, beat, sandbox and the one worker by name, or instead of it those whose commands are given."""
    commands = {"worker": _worker()} if workers is None else workers
    return {
        **{name: Program(name, command, environ, ROOT) for name, command in commands.items()},
        "sandbox": Program("sandbox", [*_PYTHON, "sandbox"], sandbox_environment(environ, addresses, var), ROOT),
        "web": Program("web", _web(addresses), environ, ROOT),
        "beat": Program("beat", _beat(var), environ, ROOT),
    }


def _web(addresses: Addresses) -> list[str]:
    address = ["--host", addresses.host, "--port", str(addresses.port)]
    # Two processes for two cores, four threads each: a slow outside call holds up one of eight requests.
    size = ["--workers", "2", "--blocking-threads", "4"]
    # What is being answered may be finished. Stopped while a worker is still starting, granian would wait without end.
    patience = ["--workers-kill-timeout", "20"]
    return [
        *_PYTHON,
        "granian",
        "--interface",
        "wsgi",
        "--no-ws",
        *address,
        *size,
        *patience,
        "atendeai.wsgi:application",
    ]


def _worker() -> list[str]:
    # One worker has nobody to gossip with; looking for others would only take a second of each start.
    alone = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return [*_CELERY, "worker", "--loglevel", "INFO", "--concurrency", "4", *alone]


def _beat(var: Path) -> list[str]:
    return [*_CELERY, "beat", "--loglevel", "INFO", "--schedule", str(var / "celerybeat-schedule"), "--pidfile="]
