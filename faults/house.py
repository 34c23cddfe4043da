"""Where are things broken? In a whole product of separate processes on servers of its own, gone afterwards.

Everything may be killed and started again. Two tables beside the product's own note what cannot be seen at the end:
each step of an outgoing message's state, and a word of the assistant in a chat that a person holds.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import redis
import requests

from dev.children import Program, run_to_end
from dev.environment import Addresses, program_environment, run_values
from dev.output import Quiet
from dev.places import ROOT, Places, TestPlaces
from dev.ports import LOOPBACK, free_port
from dev.problems import Trouble
from dev.secret_file import make_secrets
from dev.servers import start_servers
from dev.stack import Stack
from dev.supervisor import Supervisor

KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "USER")
# What protects an installation from floods is not what is broken here. Two of a repeat are enough to see it.
SETTINGS = {
    "RATE_LIMIT_API": "100000000/m",
    "RATE_LIMIT_WEBHOOK_UNVERIFIED": "100000000/m",
    "RATE_LIMIT_LOGIN": "100000000/m",
    "RATE_LIMIT_GOOGLE_PUSH": "100000000/m",
}
# Calendars are looked at six times as often as usual: what a lost push hides is waited for in each run.
POLL_SECONDS = 100.0
DIVISOR = "ATENDEAI_TIMES_DIVIDED_BY"
PARTS = ("web", "worker", "beat", "sandbox")
STOP_SECONDS = 40.0
UNAPPROVED = "SELECT count(*) FROM whatsapp_template WHERE status <> 'APPROVED'"
WATCH = """
CREATE TABLE faults_step (id bigserial PRIMARY KEY, message_id bigint NOT NULL, old text NOT NULL, new text NOT NULL);
CREATE FUNCTION faults_note_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO faults_step (message_id, old, new) VALUES (NEW.id, OLD.state, NEW.state);
  RETURN NULL;
END $$;
CREATE TRIGGER faults_step AFTER UPDATE OF state ON whatsapp_message FOR EACH ROW
  WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION faults_note_step();
CREATE TABLE faults_word (id bigserial PRIMARY KEY, message_id bigint NOT NULL);
CREATE FUNCTION faults_note_word() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT handler FROM whatsapp_conversation WHERE id = NEW.conversation_id) = 'person' THEN
    INSERT INTO faults_word (message_id) VALUES (NEW.id);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER faults_word AFTER INSERT ON whatsapp_message FOR EACH ROW
  WHEN (NEW.author = 'bot') EXECUTE FUNCTION faults_note_word();
"""


@dataclass(frozen=True)
class Place:
    """A clinic of the pool."""

    slug: str
    clinic_id: int
    zone: str
    api_key: str
    email: str
    password: str
    phone_number_id: str
    account_id: str
    token: str
    professionals: list[dict[str, Any]]
    offering: int
    patients: list[dict[str, Any]]


@dataclass(frozen=True)
class OwnClinic:
    """A clinic whose deliveries are signed by a secret of its own."""

    place: Place
    app_secret: str


@dataclass
class House:
    """The running product; `scale` is what its times are divided by."""

    supervisor: Supervisor
    places: Places
    addresses: Addresses
    secrets: Mapping[str, str]
    log: Path
    scale: int = 1
    stack: Stack = field(init=False)
    pairs: list[tuple[Place, Place]] = field(default_factory=list)
    own_clinic: OwnClinic = field(init=False)
    # How many of each clinic's registered patients are used up.
    turns: dict[str, int] = field(default_factory=dict)
    _http: threading.local = field(default_factory=threading.local)

    @property
    def is_started(self) -> bool:
        """Whether the programs run."""
        return "web" in self.supervisor.children

    def start(self, scale: int, **more: str) -> None:
        """All programs with times divided by `scale`; the servers run already."""
        self.scale = scale
        given = {name: os.environ[name] for name in KEPT if name in os.environ}
        polls = dict.fromkeys(("CALENDAR_POLL_SECONDS", "CALENDAR_POLL_ALONE_SECONDS"), str(POLL_SECONDS / scale))
        values = {**self.secrets, **run_values(self.addresses, self.places.var, given), **SETTINGS, **polls, **more}
        environ = program_environment({**values, DIVISOR: str(scale)}, given, self.places.servers)
        self.stack = Stack(self.supervisor, self.addresses, var=self.places.var, environ=environ)
        self.stack.start()

    def end_programs(self) -> None:
        """The programs, not the servers."""
        for name in PARTS:
            if name in self.supervisor.children:
                self.end(name)

    # Breaking and mending -----------------------------------------------------------------------------------------
    def kill(self, name: str) -> None:
        """SIGKILL to a program and everything it started."""
        self.supervisor.forget(name).kill()

    def end(self, name: str) -> None:
        """Asked to stop, with its time to finish."""
        child = self.supervisor.forget(name)
        child.ask_to_stop()
        child.wait(STOP_SECONDS)
        child.kill()

    def restart(self, *names: str) -> None:
        """What was ended or killed runs again; returns when all of it answers."""
        for name in names:
            self.stack.restart(name)

    @contextmanager
    def without_server(self, name: str) -> Iterator[None]:
        """PostgreSQL or Redis is stopped meanwhile; on the same port afterwards."""
        child = self.supervisor.forget(name)
        child.ask_to_stop()
        child.wait(STOP_SECONDS)
        child.kill()
        try:
            yield
        finally:
            self.supervisor.start(child.program)
            answers = self._database_answers if name == "postgres" else self._redis_answers
            self.supervisor.wait_for(name, answers, seconds=60)

    def _database_answers(self) -> bool:
        try:
            psycopg.connect(self.addresses.database_url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _redis_answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.addresses.redis_url, socket_timeout=1) as client:
                return bool(client.ping())
        except (redis.ConnectionError, redis.TimeoutError):
            return False

    def empty_redis(self) -> None:
        """Nothing is left in it: hints, paces, limits, caches."""
        with redis.Redis.from_url(self.addresses.redis_url, socket_timeout=5) as client:
            client.flushall()

    # Looking -------------------------------------------------------------------------------------------------------
    def query(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows straight from the database."""
        with psycopg.connect(self.addresses.database_url, autocommit=True, connect_timeout=5) as connection:
            cursor = connection.execute(statement.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    def number(self, statement: str, *values: Any) -> int:
        """The one figure of a query."""
        return int(self.query(statement, *values)[0][0] or 0)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """One call of the simulator's control API."""
        url = f"{self.stack.sandbox_url}/control/{path}"
        answer = self.session.request(method, url, json=body, timeout=60)
        if answer.status_code >= 400:
            raise Trouble(f"The simulator answered {answer.status_code} to {method} {path}: {answer.text[:300]}")
        return answer.json() if answer.content else None

    @property
    def session(self) -> requests.Session:
        """This thread's connections."""
        if not hasattr(self._http, "session"):
            self._http.session = requests.Session()
            self._http.session.trust_env = False
        found: requests.Session = self._http.session
        return found


@contextmanager
def built_house(check: Callable[[], None]) -> Iterator[House]:
    """Servers and simulator with an empty database; `start` starts the rest."""
    home = TestPlaces()
    try:
        log = home.places.var / "house.log"
        with Supervisor(Quiet(log), check=check) as supervisor:
            given = {name: os.environ[name] for name in KEPT if name in os.environ}
            servers = start_servers(supervisor, home.places.servers, given)
            addresses = Addresses(LOOPBACK, free_port(), free_port(), servers.database_url, servers.redis_url)
            yield House(supervisor, home.places, addresses, make_secrets(), log)
    finally:
        home.remove()


def fill(house: House, pairs: int, patients: int) -> None:
    """The clinics of the pool, with approved templates; and the two tables with their triggers."""
    house.query(WATCH)
    words = [str(pairs), str(patients)]
    program = Program("pool", [sys.executable, "-m", "faults.pool", *words], house.stack.environ, ROOT)
    child, said = run_to_end(program, seconds=600, check=house.supervisor.check)
    if child.process.returncode != 0:
        raise Trouble(f"The clinics were not made ({child.describe_end()}):\n" + "\n".join(said[-20:]))
    told = json.loads(said[-1])
    secret = told[-1].pop("app_secret")
    places = [Place(**one) for one in told]
    house.pairs = list(zip(places[0:-1:2], places[1:-1:2], strict=True))
    house.own_clinic = OwnClinic(places[-1], secret)
    if wait_until(lambda: house.number(UNAPPROVED) == 0, 240, 0.2) is None:
        states = house.query("SELECT clinic_id, status, count(*) FROM whatsapp_template GROUP BY 1, 2")
        raise Trouble(f"The templates were not approved: {states}")


def wait_until(look: Callable[[], bool], seconds: float, pause: float = 0.05) -> float | None:
    """How long it took until `look` was true; None when it was not in time."""
    began = time.monotonic()
    while not look():
        if time.monotonic() - began > seconds:
            return None
        time.sleep(pause)
    return time.monotonic() - began
