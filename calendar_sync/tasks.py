"""What do the workers run? A repeated hint is harmless: each task finds its rows itself.

`sweep` covers lost hints with bounded partial-index queries.
"""

from celery import shared_task
from django.conf import settings

from atendeai.celery import every_night, hard_limit, soft_limit, sweep_every, wake
from atendeai.common import clock
from calendar_sync import pull, purging, reconciling, timetable, touched, writes

HARD = hard_limit(settings.CALENDAR_HARD_LIMIT_SECONDS)
SOFT = soft_limit(HARD)
PULL_HARD = hard_limit(settings.CALENDAR_PULL_HARD_LIMIT_SECONDS)
PULL_SOFT = soft_limit(PULL_HARD)


@shared_task(name="calendar_sync.write", time_limit=HARD, soft_time_limit=SOFT)
def write(mirror_id: int) -> None:
    """Writes what is due for one event."""
    writes.work(mirror_id=mirror_id, now=clock.now())


@shared_task(name="calendar_sync.pull", time_limit=PULL_HARD, soft_time_limit=PULL_SOFT)
def read_calendar(link_id: int) -> None:
    """Reads one calendar, if it is due."""
    pull.work(link_id=link_id, now=clock.now())


@shared_task(name="calendar_sync.look", time_limit=HARD, soft_time_limit=SOFT)
def look(change_id: int) -> None:
    """Looks at one event of ours that was touched in Google."""
    touched.look(change_id=change_id, now=clock.now())


@shared_task(name="calendar_sync.reconcile", time_limit=PULL_HARD, soft_time_limit=PULL_SOFT)
def reconcile(run_id: int) -> None:
    """Compares one calendar with its appointments, and mends."""
    reconciling.work(run_id=run_id, now=clock.now())


@shared_task(name="calendar_sync.rewrite", time_limit=HARD, soft_time_limit=SOFT)
def rewrite(link_id: int) -> None:
    """Queues the next few events of a calendar that shall show something else."""
    writes.rewriting.step(link_id=link_id, now=clock.now())


@shared_task(name="calendar_sync.purge", time_limit=HARD, soft_time_limit=SOFT)
def purge() -> None:
    """Deletes what is too old; the rest gets a turn of its own."""
    if purging.purge():
        wake("calendar_sync.purge")


every_night("calendar-purge", "calendar_sync.purge")


@shared_task(name="calendar_sync.sweep", time_limit=HARD, soft_time_limit=SOFT)
def sweep() -> None:
    """Finds what hints lost."""
    for mirror_id in writes.due():
        wake("calendar_sync.write", mirror_id=mirror_id)
    for change_id in touched.due():
        wake("calendar_sync.look", change_id=change_id)
    for link_id in timetable.due():
        wake("calendar_sync.pull", link_id=link_id)
    reconciling.ask_daily(now=clock.now())
    for run_id in reconciling.due():
        wake("calendar_sync.reconcile", run_id=run_id)
    for link_id in writes.rewriting.due():
        wake("calendar_sync.rewrite", link_id=link_id)


sweep_every("calendar-sweep", "calendar_sync.sweep", settings.SWEEP_SECONDS)
