"""Which PostgreSQL and Redis does a house use: those it was given, or its own?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dev.environment import given_address
from dev.postgres import PostgresServer
from dev.problems import Trouble
from dev.redis_server import RedisServer
from dev.supervisor import Supervisor

DATABASE = "atendeai"


@dataclass(frozen=True)
class Servers:
    """Addresses with passwords, and a description without."""

    database_url: str
    redis_url: str
    description: str


def start_servers(
    supervisor: Supervisor,
    home: Path,
    given: Mapping[str, str],
    environ: Mapping[str, str],
    *,
    is_durable: bool = True,
) -> Servers:
    """Start what was not given; files of own servers live in `home`."""
    _refuse_in_production(given)
    database_url, database = _database(supervisor, home, given, environ, is_durable)
    redis_url, redis = _redis(supervisor, home, given, environ, is_durable)
    return Servers(database_url, redis_url, f"{database}, {redis}")


def _database(
    supervisor: Supervisor, home: Path, given: Mapping[str, str], environ: Mapping[str, str], is_durable: bool
) -> tuple[str, str]:
    url = given_address(given, "DATABASE_URL")
    if url:
        return url, "PostgreSQL from DATABASE_URL"
    server = PostgresServer(home, is_durable=is_durable)
    server.start(supervisor, environ)
    return server.create_database(DATABASE), f"own PostgreSQL {server.binaries.version} (files in {home})"


def _redis(
    supervisor: Supervisor, home: Path, given: Mapping[str, str], environ: Mapping[str, str], is_durable: bool
) -> tuple[str, str]:
    url = given_address(given, "REDIS_URL")
    if url:
        return url, "Redis from REDIS_URL"
    server = RedisServer(home, is_durable=is_durable)
    server.start(supervisor, environ)
    return server.url(), f"own {server.name}"


def _refuse_in_production(given: Mapping[str, str]) -> None:
    environment = given.get("ATENDEAI_ENV") or "development"
    missing = [name for name in ("DATABASE_URL", "REDIS_URL") if not given_address(given, name)]
    if environment != "development" and missing:
        raise Trouble(
            f"ATENDEAI_ENV is {environment}: set {' and '.join(missing)}; own servers are for development."
        )
