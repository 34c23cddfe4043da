"""Where does PostgreSQL come from on a machine without a server? For development and tests only.

PostgreSQL refuses to run as root, so as root it runs as the account `postgres` or `nobody`. TCP on the
loopback address only: the path of a unix socket may be 107 bytes long, a clone's path may be longer. Killed
hard, it recovers at its next start.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
from collections.abc import Callable, Mapping
from pathlib import Path

import psycopg

from dev.children import Account, Program, run_to_end
from dev.env_files import write_private_file
from dev.leftovers import remove_stale_postgres_lock
from dev.ports import LOOPBACK, free_port
from dev.postgres_programs import usable_binaries
from dev.problems import Trouble
from dev.supervisor import Supervisor

USER = "atendeai"
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "400",
    "timezone": "UTC",
    # A failing statement carries patients' names and numbers: neither it nor the row it failed on is logged.
    "log_min_error_statement": "panic",
    "log_min_messages": "log",
    "log_error_verbosity": "terse",
}
# For tests: a crash may lose everything, as the next run starts from nothing.
UNSAFE_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


class PostgresServer:
    """One database cluster in `home`/postgres, on a free loopback port."""

    def __init__(self, home: Path, *, is_durable: bool = True) -> None:
        self._home = home
        self._data = home / "postgres"
        self._settings = SETTINGS if is_durable else {**SETTINGS, **UNSAFE_SETTINGS}
        self._account = _server_account()
        self.binaries = usable_binaries(home)
        self._port = free_port()

    def url(self, database: str) -> str:
        """Return the address of `database`, password included."""
        password = (self._home / "postgres.password").read_text().strip()
        return f"postgres://{USER}:{password}@{LOOPBACK}:{self._port}/{database}"

    def start(self, supervisor: Supervisor, environ: Mapping[str, str]) -> None:
        """Make the cluster if there is none, start it, and return when it answers."""
        if not self._data.exists():
            self._initialise(environ, supervisor.check)
        self._require_same_version()
        remove_stale_postgres_lock(self._data)
        options = [f"--{name}={value}" for name, value in {**self._settings, "port": str(self._port)}.items()]
        program = Program(
            name="postgres",
            argv=[str(self.binaries.folder / "postgres"), "-D", str(self._data), *options],
            environ=environ,
            folder=self._data,
            stop_signal=signal.SIGINT,  # "fast": SIGTERM would wait for every session to leave
            account=self._account,
        )
        supervisor.start(program)
        # Crash recovery after a kill may take a while on a slow disk.
        supervisor.wait_for("PostgreSQL", self._answers, seconds=60)

    def create_database(self, name: str) -> str:
        """Make the database `name` unless it is there; return its address."""
        create_database(self.url(name))
        return self.url(name)

    def _initialise(self, environ: Mapping[str, str], check: Callable[[], None]) -> None:
        # Made under another name first: killed half-way, it is thrown away and made again.
        draft = self._home / "postgres.new"
        shutil.rmtree(draft, ignore_errors=True)
        self._make_own(draft)
        password = secrets.token_urlsafe(24)
        write_private_file(self._home / "postgres.password", password)
        hint = draft / "password"
        write_private_file(hint, password)
        self._give_away(hint)
        cluster = draft / "cluster"
        argv = [str(self.binaries.folder / "initdb"), f"--pgdata={cluster}", f"--pwfile={hint}"]
        argv += ["--encoding=UTF8", "--auth=scram-sha-256", f"--username={USER}", "--no-sync"]
        program = Program("initdb", [*argv, *self._locale_options()], environ, draft, account=self._account)
        child, said = run_to_end(program, check=check)
        if child.process.returncode != 0:
            raise Trouble(f"PostgreSQL could not make its files in {self._home}:\n" + "\n".join(said))
        cluster.rename(self._data)
        shutil.rmtree(draft)

    def _locale_options(self) -> list[str]:
        if self.binaries.major >= 17:
            return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        return ["--locale=C.UTF-8"]

    def _require_same_version(self) -> None:
        made_by = (self._data / "PG_VERSION").read_text().strip()
        if made_by != str(self.binaries.major):
            raise Trouble(
                f"The database in {self._data} was made by PostgreSQL {made_by}; here runs "
                f"{self.binaries.version} from {self.binaries.folder}. "
                f"Install PostgreSQL {made_by}, or start over with: make reset"
            )

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _make_own(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        self._give_away(folder)

    def _give_away(self, path: Path) -> None:
        if self._account:
            os.chown(path, self._account.uid, self._account.gid)


def create_database(url: str) -> None:
    """Make the database `url` names, unless it is there."""
    address, _, name = url.partition("?")[0].rpartition("/")
    with psycopg.connect(f"{address}/postgres", autocommit=True, connect_timeout=5) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
            connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))


def _server_account() -> Account | None:
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise Trouble("PostgreSQL cannot run as root, and there is no account postgres or nobody it could run as.")
