"""`make test`: the whole suite but browsers, on servers of its own that are gone afterwards.

Ordinary tests run on both cores; then the journeys, which start whole stacks, one after the other. Arguments
go to pytest. The last line is pytest's, with the numbers of both parts.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psycopg

from dev.children import follow_parent
from dev.environment import given_address, program_environment
from dev.output import Quiet
from dev.parts_plugin import PART, REPORT_FOLDER, count_journeys
from dev.places import ROOT, TestPlaces
from dev.problems import StopRequested, Trouble
from dev.schema_template import make_template
from dev.secret_file import make_secrets
from dev.servers import Servers, start_servers
from dev.signals import StopSignals
from dev.supervisor import Supervisor

NO_TESTS_SELECTED = 5
FEWEST_CONNECTIONS = 200
NOBODY_LISTENS = "http://127.0.0.1:9"  # a test that forgets its own simulator must not reach the real world


def main(arguments: Sequence[str]) -> int:
    """Run the tests; return pytest's exit code, the worse of the two parts."""
    return with_servers(lambda environ, signals: _run_parts(arguments, environ, signals))


def with_servers(run: Callable[[Mapping[str, str], StopSignals], int]) -> int:
    """Call `run` with the settings of servers that are gone afterwards; return its exit code."""
    follow_parent()
    signals = StopSignals()
    home = TestPlaces()
    try:
        with Supervisor(Quiet(home.places.var / "servers.log"), check=signals.check) as supervisor:
            return run(_environment(supervisor, home), signals)
    except Trouble as trouble:
        print(f"\n{trouble}\n", file=sys.stderr, flush=True)
        return 1
    except StopRequested:
        return 130
    finally:
        home.remove()


def _environment(supervisor: Supervisor, home: TestPlaces) -> dict[str, str]:
    places = home.places
    base = program_environment({}, os.environ, places.servers)
    servers = start_servers(supervisor, places.servers, os.environ, is_durable=False)
    require_connections(servers)
    environ = {**base, **values_for_tests(servers, places.var)}
    if given_address(os.environ, "DATABASE_URL"):
        return environ
    return {**environ, **make_template(environ, places.servers)}


def values_for_tests(servers: Servers, var: Path) -> dict[str, str]:
    """Return the settings every test runs with."""
    return {
        **make_secrets(),
        "ATENDEAI_ENV": "development",
        "ATENDEAI_VAR_DIR": str(var),
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
        "PROMETHEUS_MULTIPROC_DIR": str(var / "prometheus"),
        "GRAPH_API_BASE_URL": NOBODY_LISTENS,
        "GOOGLE_API_BASE_URL": NOBODY_LISTENS,
        "GOOGLE_OAUTH_AUTHORIZE_URL": f"{NOBODY_LISTENS}/auth",
        "GOOGLE_OAUTH_TOKEN_URL": f"{NOBODY_LISTENS}/token",
        "GOOGLE_OAUTH_REVOKE_URL": f"{NOBODY_LISTENS}/revoke",
        REPORT_FOLDER: str(var),
    }


def _run_parts(arguments: Sequence[str], environ: Mapping[str, str], signals: StopSignals) -> int:
    first = run_pytest(["-n", "2", *arguments], {**environ, PART: "ordinary"}, signals)
    if first not in (0, 1, NO_TESTS_SELECTED) or count_journeys(environ) == 0:
        return first
    second = run_pytest(["-p", "no:xdist", *arguments], {**environ, PART: "journeys"}, signals)
    return max((first, second), key=_badness)


def _badness(code: int) -> int:
    return {0: 1, NO_TESTS_SELECTED: 0, 1: 2}.get(code, 3)


def run_pytest(options: Sequence[str], environ: Mapping[str, str], signals: StopSignals) -> int:
    """Run one pytest with our plugin; return its exit code."""
    command = [sys.executable, "-m", "pytest", "-p", "dev.parts_plugin", *options]
    # In our own process group: a Ctrl-C in the terminal reaches pytest directly, which then reports what it
    # has.
    process = subprocess.Popen(command, env=dict(environ), cwd=ROOT)
    while True:
        try:
            return process.wait(timeout=0.2)
        except subprocess.TimeoutExpired:
            _pass_on(signals, process)


def _pass_on(signals: StopSignals, process: subprocess.Popen[bytes]) -> None:
    try:
        signals.check()
    except StopRequested:
        process.terminate()
        process.wait()
        raise


def require_connections(servers: Servers) -> None:
    """Raise Trouble, naming the setting, when a given PostgreSQL takes fewer sessions than the tests open."""
    with psycopg.connect(servers.database_url, connect_timeout=5) as connection:
        row = connection.execute("SELECT current_setting('max_connections')::int").fetchone()
    allowed = row[0] if row else 0
    if allowed < FEWEST_CONNECTIONS:
        raise Trouble(
            f"The PostgreSQL of DATABASE_URL has max_connections = {allowed}, too few: "
            f"the tests need {FEWEST_CONNECTIONS}. "
            "Raise max_connections in its postgresql.conf and restart it, or unset DATABASE_URL."
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
