"""Do the workers keep what the rows rely on? Late acknowledgement, one hint at a time, limits, leases, own queues."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from atendeai.celery import QUEUES, app

OURS = ("whatsapp.", "calendar_sync.", "clinics.")
# What calls out holds its row by a lease; nobody may be at it any more when that has run out.
LEASES = {
    "whatsapp.deliver": "SEND_LEASE_SECONDS",
    "whatsapp.deliver_reminders": "SEND_LEASE_SECONDS",
    "whatsapp.deliver_bulk": "SEND_LEASE_SECONDS",
    "whatsapp.media": "MEDIA_LEASE_SECONDS",
    "calendar_sync.write": "CALENDAR_LEASE_SECONDS",
    "calendar_sync.look": "CALENDAR_LEASE_SECONDS",
    "calendar_sync.pull": "CALENDAR_PULL_LEASE_SECONDS",
    "calendar_sync.reconcile": "CALENDAR_PULL_LEASE_SECONDS",
}


def tasks() -> dict[str, Any]:
    app.loader.import_default_modules()
    return {name: task for name, task in app.tasks.items() if name.startswith(OURS)}


@pytest.mark.parametrize("name", sorted(tasks()))
def test_each_task_has_limits_a_queue_and_late_acknowledgement(name: str) -> None:
    task = tasks()[name]
    assert 0 < task.soft_time_limit < task.time_limit < app.conf.broker_transport_options["visibility_timeout"]
    assert task.acks_late
    assert task.reject_on_worker_lost
    assert app.amqp.router.route({}, name)["queue"].name in QUEUES


def test_a_process_takes_one_hint_at_a_time() -> None:
    assert app.conf.worker_prefetch_multiplier == 1


@pytest.mark.parametrize("name", LEASES)
def test_a_lease_outlives_whoever_holds_it(name: str) -> None:
    assert tasks()[name].time_limit < getattr(settings, LEASES[name])


def test_the_programs_of_a_real_installation_take_every_queue() -> None:
    page = (Path(settings.BASE_DIR) / "docs/operations.md").read_text()
    assert set(re.findall(r"worker -Q (\w+) -c \d", page)) == set(QUEUES)


def test_a_stop_leaves_the_process_manager_time() -> None:
    assert settings.WORKER_STOP_SECONDS < 30
