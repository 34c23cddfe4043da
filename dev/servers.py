"""Which PostgreSQL and Redis does a house use: those it was given, or its own?"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dev.environment import given_address
from dev.leftovers import MARK
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


def start_servers(supervisor: Supervisor, home: Path, given: Mapping[str, str], *, is_durable: bool = True) -> Servers:
    """Start what was not given; files of own servers live in `home`."""
    _refuse_in_production(given)
    # The servers run under another account or parse hostile bytes: they get none of the product's secrets.
    environ = {"PATH": given.get("PATH", os.defpath), "LC_ALL": "C", MARK: str(home)}
    database_url, database = given_address(given, "DATABASE_URL"), "PostgreSQL from DATABASE_URL"
    if not database_url:
        postgres = PostgresServer(home, is_durable=is_durable)
        postgres.start(supervisor, environ)
        database_url = postgres.create_database(DATABASE)
        database = f"own PostgreSQL {postgres.binaries.version} (files in {home})"
    redis_url, redis = given_address(given, "REDIS_URL"), "Redis from REDIS_URL"
    if not redis_url:
        server = RedisServer(home, is_durable=is_durable)
        server.start(supervisor, environ)
        redis_url, redis = server.url(), f"own {server.name}"
    return Servers(database_url, redis_url, f"{database}, {redis}")


def _refuse_in_production(given: Mapping[str, str]) -> None:
    environment = given.get("ATENDEAI_ENV") or "development"
    missing = [name for name in ("DATABASE_URL", "REDIS_URL") if not given_address(given, name)]
    if environment != "development" and missing:
        raise Trouble(f"ATENDEAI_ENV is {environment}: set {' and '.join(missing)}; own servers are for development.")
