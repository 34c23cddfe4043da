"""What the channel's tests share: the simulator as Meta, and a clinic on its preset number."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from atendeai.testing.factories import MONDAY
from atendeai.testing.people import Aurora, make_aurora
from atendeai.testing.simulator import Simulator
from clinics import credentials
from clinics.audit import SYSTEM
from clinics.credentials import Name
from whatsapp import webhook


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
    webhook.forget_callers()
    return people
