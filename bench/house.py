"""Where is measured? In a whole product on servers of its own: durable ones, on free ports, gone afterwards.

Nothing but the barest environment of the caller is used: a DATABASE_URL somebody exported must never be filled here.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from dev.children import Program
from dev.environment import Addresses, program_environment, run_values
from dev.output import Quiet
from dev.places import ROOT, Places, TestPlaces
from dev.ports import LOOPBACK, free_port
from dev.product import product_programs
from dev.secret_file import make_secrets
from dev.servers import start_servers
from dev.stack import Stack
from dev.supervisor import Supervisor
from dev.web_address import Probe

KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "USER")
# What protects an installation from floods would be what is measured.
NO_LIMITS = {
    "RATE_LIMIT_API": "100000000/m",
    "RATE_LIMIT_WEBHOOK": "100000000/m",
    "RATE_LIMIT_WEBHOOK_UNVERIFIED": "100000000/m",
}
STOP_SECONDS = 30
LOG = "bench.log"


@dataclass(frozen=True)
class House:
    """A running stack, and what else the benchmarks do with its supervisor and its database."""

    stack: Stack
    supervisor: Supervisor
    places: Places

    def query(self, statement: str) -> list[tuple[int, ...]]:
        """Rows straight from the database; committed at once."""
        with psycopg.connect(self.stack.addresses.database_url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    @property
    def log(self) -> Path:
        """What all programs have written, a line each, with the program's name before it."""
        return self.places.var / LOG

    def pids(self) -> list[int]:
        """Of every program: web, worker, beat, sandbox, postgres, redis."""
        return [child.pid for child in self.supervisor.children.values()]

    def end(self, name: str) -> None:
        """Stops one program, with its time to finish."""
        child = self.supervisor.forget(name)
        child.ask_to_stop()
        child.wait(STOP_SECONDS)
        child.kill()

    @contextmanager
    def without(self, *names: str) -> Iterator[None]:
        """These programs do not run meanwhile."""
        for name in names:
            self.end(name)
        yield
        for name in names:
            self.stack.restart(name)

    @contextmanager
    def beside(self, name: str, target: str, ready_path: str) -> Iterator[int]:
        """Another project under the product's own web server, with the very same options; its port."""
        given, port = self.stack.addresses, free_port()
        addresses = Addresses(given.host, port, given.sandbox_port, given.database_url, given.redis_url)
        web = product_programs(addresses, self.places.var, self.stack.environ)["web"]
        argv = [*web.argv[:-1], "--factory", target]
        self.supervisor.start(Program(name, argv, self.stack.environ, ROOT))
        try:
            self.supervisor.wait_for(name, Probe(f"{addresses.web_url}{ready_path}").is_answered, seconds=30)
            yield port
        finally:
            self.end(name)


@contextmanager
def running_house(check: Callable[[], None]) -> Iterator[House]:
    """The product with its demo, started and answering."""
    home = TestPlaces()
    try:
        with Supervisor(Quiet(home.places.var / LOG), check=check) as supervisor:
            stack = _stack(supervisor, home.places)
            yield House(stack.start(), supervisor, home.places)
    finally:
        home.remove()


def _stack(supervisor: Supervisor, places: Places) -> Stack:
    given = {name: os.environ[name] for name in KEPT if name in os.environ}
    servers = start_servers(supervisor, places.servers, given)
    addresses = Addresses(LOOPBACK, free_port(), free_port(), servers.database_url, servers.redis_url)
    environ: Mapping[str, str] = {**make_secrets(), **run_values(addresses, places.var, given), **NO_LIMITS}
    return Stack(supervisor, addresses, var=places.var, environ=program_environment(environ, given, places.servers))
