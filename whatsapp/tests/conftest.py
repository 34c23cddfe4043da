"""What the channel's tests share: the simulator as Meta, and a clinic on its preset number."""

import threading
from collections.abc import Iterator
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.db import connection
from pytest_django import Settings

from atendeai.testing.factories import MONDAY
from atendeai.testing.people import Aurora, make_aurora
from atendeai.testing.simulator import Simulator
from clinics import credentials
from clinics.audit import SYSTEM
from clinics.credentials import Name


@pytest.fixture(scope="session")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with Simulator(tmp_path_factory.mktemp("simulator")) as running:
        yield running


@pytest.fixture
def meta(simulator: Simulator, settings: Settings) -> Simulator:
    """The simulator, empty, on time, and our calls directed to it."""
    simulator.reset()
    # Another test may have moved its clock.
    moved = simulator.control("GET", "clock")["offset_seconds"]
    simulator.control("POST", "clock", {"advance_seconds": -moved})
    settings.GRAPH_API_BASE_URL = simulator.url
    return simulator


@pytest.fixture
def aurora(db: None) -> Aurora:
    people = make_aurora()
    credentials.store(
        clinic=people.clinic, name=Name.WHATSAPP_ACCESS_TOKEN, value="sandbox-token-aurora", by=SYSTEM, now=MONDAY
    )
    return people


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 100


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def port(transactional_db: None) -> Iterator[int]:
    """The program's own entry, on a real socket, a thread for each call.

    Not the live server of pytest-django: that one lives on after the test, its threads keep their database sessions as
    long as the simulator keeps its connections, and what the simulator still sends arrives in other tests.
    """
    from atendeai.wsgi import application

    def closing(environ: Any, start_response: Any) -> Any:
        try:
            return [b"".join(application(environ, start_response))]
        finally:
            connection.close()

    with make_server("127.0.0.1", 0, closing, _Server, _Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()
