"""What do the workers run? A repeated hint is harmless: each task finds its rows itself.

`sweep` covers lost hints with one bounded partial-index query.
"""

from celery import shared_task
from django.conf import settings

from atendeai.celery import sweep_every, wake
from atendeai.common import clock
from calendar_sync import writes

HARD = int(settings.CALENDAR_HARD_LIMIT_SECONDS)
SOFT = HARD - 2


@shared_task(name="calendar_sync.write", time_limit=HARD, soft_time_limit=SOFT)
def write(mirror_id: int) -> None:
    """Writes what is due for one event."""
    writes.work(mirror_id=mirror_id, now=clock.now())


@shared_task(name="calendar_sync.sweep", time_limit=HARD, soft_time_limit=SOFT)
def sweep() -> None:
    """Finds what hints lost."""
    for mirror_id in writes.due():
        wake("calendar_sync.write", mirror_id=mirror_id)


sweep_every("calendar-sweep", "calendar_sync.sweep", settings.SWEEP_SECONDS)
