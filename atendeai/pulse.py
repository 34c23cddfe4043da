"""Does this worker, or beat, still turn? A file that it touches, for a health check that only looks at its age.

A process that hangs lives on for whoever counts processes. The worker's own loop touches the file, while it is
connected to Redis; beat touches it with what it publishes. Without WORKER_PULSE_FILE there is none.
"""

import time
from pathlib import Path
from typing import Any

from celery import bootsteps
from celery.signals import after_task_publish, beat_init
from django.conf import settings

EVERY_SECONDS = 5.0


class WorkerPulse(bootsteps.StartStopStep):
    """A step of the worker's consumer: begins again with each connection."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self._timer: Any = None

    def start(self, parent: Any) -> None:
        """Beats from now on. `parent` is the consumer."""
        touch()
        self._timer = parent.timer.call_repeatedly(EVERY_SECONDS, touch)

    def stop(self, parent: Any) -> None:  # noqa: ARG002 - the framework's signature
        """Beats no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    shutdown = stop


def touch() -> None:
    """Now."""
    if settings.WORKER_PULSE_FILE:
        Path(settings.WORKER_PULSE_FILE).touch()


class _BeatPulse:
    """Beat publishes each second: it need not touch the file each time."""

    def __init__(self) -> None:
        self._touched = 0.0

    def __call__(self, **_: object) -> None:
        if time.monotonic() - self._touched >= EVERY_SECONDS:
            self._touched = time.monotonic()
            touch()


_beat_pulse = _BeatPulse()


@beat_init.connect
def _watch_beat(**_: object) -> None:
    """Only in beat: a worker publishes, too, but has a pulse of its own."""
    after_task_publish.connect(_beat_pulse, weak=False)
