"""A connection that was idle: good, ended by the server, or spoilt by an error."""

import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.db.utils import ProgrammingError


@pytest.fixture
def other(transactional_db: None) -> Iterator[psycopg.Connection[Any]]:
    """Another connection to the same database."""
    given = connection.get_connection_params()
    names = ("host", "port", "user", "password", "dbname")
    with psycopg.connect(**{name: given[name] for name in names if name in given}, autocommit=True) as made:
        yield made


def own_pid() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def begin_request() -> None:
    connection.close_if_unusable_or_obsolete()


def last_statement(other: psycopg.Connection[Any], pid: int) -> str:
    (said,) = other.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone() or ("",)
    return str(said)


def test_a_good_one_is_used_again_without_a_question(other: psycopg.Connection[Any]) -> None:
    pid = own_pid()
    begin_request()
    connection.close_if_health_check_failed()
    assert last_statement(other, pid) == "SELECT pg_backend_pid()"
    assert own_pid() == pid


def test_one_that_the_server_has_ended_is_found_before_it_is_used(other: psycopg.Connection[Any]) -> None:
    pid = own_pid()
    other.execute("SELECT pg_terminate_backend(%s)", [pid])
    while last_statement(other, pid):
        time.sleep(0.01)
    begin_request()
    assert own_pid() != pid


def test_after_an_error_it_is_asked(other: psycopg.Connection[Any]) -> None:
    pid = own_pid()
    with pytest.raises(ProgrammingError), connection.cursor() as cursor:
        cursor.execute("SELECT nothing")
    begin_request()
    assert last_statement(other, pid) == "SELECT 1"
    assert own_pid() == pid
