import os
import signal
from pathlib import Path

import psycopg
import pytest
import redis

from dev.places import TestPlaces
from dev.problems import Trouble
from dev.servers import start_servers
from dev.supervisor import Supervisor
from dev.tests.programs import Recorder

NOTHING_GIVEN = {"PATH": os.environ["PATH"]}


def test_servers_killed_hard_start_again_with_what_they_held() -> None:
    home = TestPlaces()
    try:
        with Supervisor(Recorder()) as supervisor:
            servers = start_servers(supervisor, home.places.servers, NOTHING_GIVEN)
            with psycopg.connect(servers.database_url, autocommit=True) as connection:
                connection.execute("CREATE EXTENSION btree_gist")
                connection.execute("CREATE TABLE kept AS SELECT 'João' AS name")
            with redis.Redis.from_url(servers.redis_url) as client:
                client.set("kept", "yes")
            for name in ("postgres", "redis"):
                supervisor.children[name].process.send_signal(signal.SIGKILL)
                supervisor.forget(name).kill()
        with Supervisor(Recorder()) as supervisor:
            servers = start_servers(supervisor, home.places.servers, NOTHING_GIVEN)
            with psycopg.connect(servers.database_url) as connection:
                assert connection.execute("SELECT upper(name) FROM kept").fetchone() == ("JOÃO",)
            with redis.Redis.from_url(servers.redis_url) as client:
                assert client.get("kept") == b"yes"
    finally:
        home.remove()


def test_given_servers_are_used_and_none_is_started(tmp_path: Path) -> None:
    supervisor = Supervisor(Recorder())
    given = {"DATABASE_URL": "postgres://u:secret@db.example/x", "REDIS_URL": "redis://r.example/0"}
    servers = start_servers(supervisor, tmp_path, given)
    assert (servers.database_url, servers.redis_url) == (given["DATABASE_URL"], given["REDIS_URL"])
    assert not supervisor.children
    assert "secret" not in servers.description


def test_own_servers_are_refused_in_production(tmp_path: Path) -> None:
    given = {"ATENDEAI_ENV": "production", "REDIS_URL": "redis://r.example/0"}
    with pytest.raises(Trouble, match="set DATABASE_URL;"):
        start_servers(Supervisor(Recorder()), tmp_path, given)
