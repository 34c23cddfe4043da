"""The workers: their queues, their timetable, and how a row's work is hinted at after a commit.

Times to come are rows, never ETA tasks; a lost message costs the time until the next sweep, never work.
"""

import contextlib
import logging
import math
import os
import signal
import threading
import time
from collections.abc import Mapping
from typing import Any

import billiard
import redis
from celery import Celery
from celery.schedules import crontab
from celery.signals import task_postrun, task_prerun, worker_process_init, worker_shutting_down
from django.conf import settings
from django.core.cache import cache
from django.db import close_old_connections, connections, transaction
from kombu import Queue

from atendeai.broker_watch import BrokerWatch
from atendeai.hints import HintPublisher
from atendeai.pulse import WorkerPulse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "atendeai.settings")

logger = logging.getLogger(__name__)

# By urgency; a worker of several queues takes from them in this order.
QUEUES = ("outbound", "inbound", "calendar", "media", "reminders", "bulk")

app = Celery("atendeai")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_queues = [Queue(name) for name in QUEUES]
app.autodiscover_tasks()
app.steps["consumer"].add(BrokerWatch)
app.steps["consumer"].add(WorkerPulse)


@task_prerun.connect
def _check_connections(**_: object) -> None:
    """As before each request: a connection that died since the last task is replaced when this one needs it."""
    close_old_connections()


@worker_process_init.connect
def _watch_transactions(**_: object) -> None:
    """Only in a worker's processes: elsewhere a task may well run inside somebody's transaction."""
    task_prerun.connect(_leave_transactions)
    task_postrun.connect(_leave_transactions)


def _leave_transactions(**_: object) -> None:
    """No task begins or ends inside a transaction.

    A time limit strikes anywhere, also while Django enters or leaves one; it then believes for ever to be inside, and
    whatever this process did from then on would fail or, worse, never be committed.
    """
    for connection in connections.all(initialized_only=True):
        if connection.in_atomic_block:
            logger.error("transaction left open by a task")
            # Else Django keeps the closed connection until the end of a block that does not end.
            connection.in_atomic_block = connection.closed_in_transaction = False
            connection.close()


@task_prerun.connect
def _take_hint(task: Any, kwargs: Mapping[str, int], **_: object) -> None:
    """Before the task looks for its rows: one that comes from here on wants a hint of its own."""
    with contextlib.suppress(redis.RedisError):
        cache.delete(_mark(task.name, kwargs))


@worker_shutting_down.connect
def _stop_in_time(**_: object) -> None:
    """Asked to stop, Celery waits for what runs, however long. What takes longer than a stop may is left to the next
    worker: its row is taken up again as after a crash."""
    threading.Thread(target=_end_after, args=(settings.WORKER_STOP_SECONDS,), daemon=True).start()


def _end_after(seconds: float) -> None:
    time.sleep(seconds)
    logger.warning("worker stopped with tasks still running", extra={"seconds": seconds})
    for pid in (child.pid for child in billiard.active_children()):
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    os._exit(0)


def _mark(task_name: str, ids: Mapping[str, int]) -> str:
    return ":".join(["hint", task_name, *(f"{name}={ids[name]}" for name in sorted(ids))])


def publish(task_name: str, ids: Mapping[str, int]) -> None:
    """Sends the hint now, in the queue its name leads to, unless it waits there already; one short try.

    Without HINT_ONCE_SECONDS, workers that fall a few seconds behind would be sent a new hint for every waiting row by
    every sweep, and spend their time on those. It is also how late a sweep can be about a hint lost on its way.
    """
    if not cache.add(_mark(task_name, ids), 1, settings.HINT_ONCE_SECONDS):
        return
    app.send_task(
        task_name,
        kwargs=dict(ids),
        ignore_result=True,
        # Older than this, the sweeper has hinted anew: without an expiry a long backlog would multiply its own hints.
        expires=settings.HINT_LIVES_SECONDS,
        retry=True,
        retry_policy={"max_retries": 1, "interval_start": 0},
    )


_hints = HintPublisher(publish)


def wake(task_name: str, **ids: int) -> bool:
    """Hints at a row that is already committed. Never blocks and never raises."""
    return _hints.drop(task_name, ids)


def wake_after_commit(task_name: str, **ids: int) -> None:
    """Hints at a row once the transaction at hand is committed; nothing when it is rolled back."""
    transaction.on_commit(lambda: wake(task_name, **ids), robust=True)


def every_night(name: str, task_name: str) -> None:
    """Puts a task on beat's timetable for when Brazil sleeps."""
    app.conf.beat_schedule[name] = {"task": task_name, "schedule": crontab(hour=6, minute=10)}


def hard_limit(seconds: float) -> int:
    """When a task is killed, in the whole seconds that Celery counts in."""
    return max(3, math.ceil(seconds))


def soft_limit(hard_seconds: int) -> int:
    """When a task is asked to end, so that it can note why: a little before it is killed."""
    return hard_seconds - (2 if hard_seconds > 4 else 1)


def sweep_every(name: str, task_name: str, seconds: float) -> None:
    """Puts a sweep on beat's timetable; a sweep that could not start in time is useless and expires."""
    app.conf.beat_schedule[name] = {
        "task": task_name,
        "schedule": seconds,
        "options": {"expires": max(1.0, seconds)},
    }
