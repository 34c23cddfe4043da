"""Does a pulse stop when the one whose it is does not turn any more?"""

import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from celery.signals import after_task_publish, beat_init
from kombu.asynchronous.timer import Timer
from pytest_django import Settings

from atendeai import pulse
from atendeai.celery import app
from atendeai.pulse import WorkerPulse


@pytest.fixture
def file(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(pulse, "EVERY_SECONDS", 0.05)
    settings.WORKER_PULSE_FILE = str(tmp_path / "pulse")
    return tmp_path / "pulse"


def turns(timer: Timer, seconds: float) -> None:
    """The worker's loop, for a while: it calls what is due."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        _, entry = next(iter(timer))
        if entry is not None:
            timer.apply_entry(entry)
        time.sleep(0.01)


def test_a_worker_beats_while_its_loop_turns_and_it_is_connected(file: Path) -> None:
    timer, step = Timer(), WorkerPulse(None)
    step.start(SimpleNamespace(timer=timer))
    file.unlink()
    turns(timer, 0.3)
    assert file.exists()
    # The loop hangs, or Redis is away: Celery stops the steps of a lost connection.
    file.unlink()
    time.sleep(0.2)
    assert not file.exists()
    step.stop(SimpleNamespace(timer=timer))
    turns(timer, 0.2)
    assert not file.exists()


def test_the_step_is_in_the_workers_blueprint() -> None:
    assert WorkerPulse in app.steps["consumer"]


def test_beat_beats_with_what_it_publishes(file: Path) -> None:
    after_task_publish.send("whatsapp.sweep")
    assert not file.exists()
    beat_init.send(None)
    try:
        after_task_publish.send("whatsapp.sweep")
        assert file.exists()
        file.unlink()
        after_task_publish.send("whatsapp.sweep")
        assert not file.exists()
        time.sleep(0.06)
        after_task_publish.send("whatsapp.sweep")
        assert file.exists()
    finally:
        after_task_publish.disconnect(pulse._beat_pulse)
