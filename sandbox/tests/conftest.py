"""A fresh simulator per test, and somebody for it to call."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.tests import receiver as receivers
from sandbox.tests.world import World


@pytest.fixture
def receiver() -> Iterator[receivers.Receiver]:
    receiver = receivers.Receiver()
    server = receivers.start(receiver)
    yield receiver
    server.shutdown()
    server.server_close()


@pytest.fixture
def world(tmp_path: Path, receiver: receivers.Receiver) -> Iterator[World]:
    world = World(tmp_path / "state", receiver.url)
    world.start()
    yield world
    world.stop()
