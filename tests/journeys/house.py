"""A whole product of separate processes, as a journey uses it: seen over HTTP only."""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import psycopg
import requests
from psycopg import sql

from dev.environment import Addresses, program_environment, run_values
from dev.output import Quiet
from dev.ports import LOOPBACK, free_port
from dev.secret_file import make_secrets
from dev.stack import Stack
from dev.supervisor import Supervisor

T = TypeVar("T")


class House:
    """A running stack, its simulator's control API and its REST API."""

    def __init__(self, stack: Stack, database_url: str) -> None:
        self.stack, self.database_url = stack, database_url

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """One call of the simulator's control API."""
        answer = requests.request(method, f"{self.stack.sandbox_url}/control/{path}", json=body, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def api(self, clinic: str, path: str, method: str = "GET", body: Any = None) -> requests.Response:
        """One call of the REST API with the clinic's demo key."""
        headers = {"Authorization": f"Bearer {self.stack.demo['api_keys'][clinic]}"}
        return requests.request(method, f"{self.stack.web_url}/api/v1/{path}", json=body, headers=headers, timeout=30)

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows straight from the database, where a figure is wanted that no page shows."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            return connection.execute(statement.encode()).fetchall()

    def phone(self, number: str, clinic: str = "aurora") -> "Phone":
        """A patient's phone in a chat with the clinic."""
        return Phone(self, number, clinic)


class Phone:
    """Writes to the clinic and waits for what it answers."""

    def __init__(self, house: House, number: str, clinic: str) -> None:
        self._house, self._number, self._clinic = house, number, clinic

    def chat(self) -> list[dict[str, Any]]:
        """All bubbles, oldest first."""
        path = f"patients/{self._number}/messages?with={self._clinic}"
        return list(self._house.control("GET", path)["messages"])

    def answers(self) -> list[dict[str, Any]]:
        """What came from the clinic."""
        return [bubble for bubble in self.chat() if bubble["direction"] == "out"]

    def writes(self, **message: Any) -> dict[str, Any]:
        """Sends a text, button or list choice; the clinic's next answer."""
        before = len(self.answers())
        sent = self._house.control("POST", f"patients/{self._number}/messages", {"to": self._clinic, **message})
        assert sent["webhook_status"] == 200
        return eventually(lambda: answer[-1] if len(answer := self.answers()) > before else None)

    def taps(self, bubble: dict[str, Any], title: str) -> dict[str, Any]:
        """Presses the first choice of the bubble whose words contain `title`."""
        key = "button" if bubble["buttons"] else "list"
        choices = bubble["buttons"] or bubble["rows"]
        wanted = next(one for one in choices if title in f"{one['title']} {one.get('description', '')}")
        return self.writes(**{key: wanted["id"]})


def eventually(look: Callable[[], T | None], *, seconds: float = 30) -> T:
    """The first result that is not None (nor False); fails when there is none in time."""
    until = time.monotonic() + seconds
    while True:
        found = look()
        if found is not None and found is not False:
            return found
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.1)


@contextmanager
def running_house(
    name: str, var: Path, workers: Mapping[str, Sequence[str]] | None = None, /, **settings: str
) -> Iterator[House]:
    """A stack on a database of its own, gone afterwards. `workers`: commands by name, instead of the one worker."""
    given = {**os.environ, **settings}
    database_url = _own_database(given["DATABASE_URL"], name)
    redis_url = given["REDIS_URL"]
    addresses = Addresses(LOOPBACK, free_port(), free_port(), database_url, redis_url)
    # Providers are this house's simulator, whatever the ordinary tests were told.
    clean = {key: value for key, value in given.items() if not key.startswith(("GRAPH_API", "GOOGLE_"))}
    clean |= {"ATENDEAI_VAR_DIR": str(var), "PROMETHEUS_MULTIPROC_DIR": str(var / "prometheus")}
    values = {**make_secrets(), **run_values(addresses, var, clean), "REDIS_KEY_PREFIX": name, **settings}
    environ = program_environment(values, clean, var)
    with (
        Supervisor(Quiet(var / "house.log")) as supervisor,
        Stack(supervisor, addresses, var=var, environ=environ, workers=workers) as stack,
    ):
        house = House(stack.start(), database_url)
        yield house
        # Whatever the journey was about: each call of the Calendar API was one that Google describes.
        assert house.control("GET", "misfits")["misfits"] == []


def _own_database(url: str, name: str) -> str:
    with psycopg.connect(url, autocommit=True) as connection:
        identifier = sql.Identifier(name)
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(identifier))
    return urlsplit(url)._replace(path=f"/{name}").geturl()
