"""Does a worker still take hints after Redis was away? Celery may stop for ever, and say nothing.

A hint is acknowledged when its task has ended. When Redis is away just then, the acknowledgement fails and its place
among the few hints a worker holds stays taken. Once all places are taken so, nothing is read any more, so the dead
connection is never noticed either. Then this step breaks it off: Celery connects anew and begins with empty hands. The
rows are the work; what a lost hint told of is found by the next sweep.

Source: kombu 5.7, transport/virtual/base.py (QoS.can_consume); celery 5.7, worker/request.py (an acknowledgement that
fails is only logged).
"""

import logging
from typing import Any

from celery import bootsteps
from celery.worker import state
from redis.exceptions import ConnectionError as Disconnected

logger = logging.getLogger(__name__)

EVERY_SECONDS = 1.0
# A task that has just ended may still have its acknowledgement before it.
LOOKS = 3


class BrokerWatch(bootsteps.StartStopStep):
    """A step of the worker's consumer: begins again with each connection."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self._timer: Any = None
        self._stuck = 0

    def start(self, parent: Any) -> None:
        """Looks from now on. `parent` is the consumer."""
        self._stuck = 0
        self._timer = parent.timer.call_repeatedly(EVERY_SECONDS, self.look, (parent,))

    def stop(self, parent: Any) -> None:  # noqa: ARG002 - the framework's signature
        """Looks no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    shutdown = stop

    def look(self, consumer: Any) -> None:
        """Raises what makes Celery connect anew, once hands are full several times in a row and nothing is in work."""
        is_full = not consumer.task_consumer.channel.qos.can_consume()
        self._stuck = self._stuck + 1 if is_full and not state.reserved_requests else 0
        if self._stuck >= LOOKS:
            self._stuck = 0
            logger.warning("no hint is taken any more: connecting to redis anew")
            raise Disconnected("acknowledgements were lost")
