import os
import signal
import time
from collections.abc import Iterator

import pytest

from dev import signals
from dev.problems import StopRequested
from dev.signals import StopSignals


@pytest.fixture(autouse=True)
def _own_handlers() -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_each_way_of_asking_is_noticed(number: signal.Signals) -> None:
    stop = StopSignals()
    stop.check()
    os.kill(os.getpid(), number)
    with pytest.raises(StopRequested):
        stop.check()


def test_the_same_request_from_make_and_the_terminal_is_no_impatience() -> None:
    stop = StopSignals()
    os.kill(os.getpid(), signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGTERM)
    assert not stop.is_impatient


def test_a_second_ctrl_c_is_impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signals, "_ONE_BREATH_SECONDS", 0.01)
    stop = StopSignals()
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.05)
    os.kill(os.getpid(), signal.SIGINT)
    assert stop.is_impatient
