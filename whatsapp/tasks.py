"""What do the workers run? Hints become work here; each task finds its rows itself, so a repeated hint is harmless.

`sweep` runs every second and covers whatever hints were lost: a few partial-index queries, bounded.
"""

from celery import shared_task
from django.conf import settings

from atendeai import health
from atendeai.celery import sweep_every, wake
from atendeai.common import clock
from whatsapp import handling, inbox, outbox, sweeping

STEP = {
    "time_limit": settings.STEP_HARD_LIMIT_SECONDS,
    "soft_time_limit": settings.STEP_HARD_LIMIT_SECONDS * 0.9,
}
SEND = {
    "time_limit": settings.SEND_HARD_LIMIT_SECONDS,
    "soft_time_limit": settings.SEND_HARD_LIMIT_SECONDS * 0.9,
}


@shared_task(name="whatsapp.unpack", **STEP)
def unpack() -> None:
    """Unpacks stored deliveries."""
    if inbox.unpack_some(now=clock.now()) >= inbox.BATCH:
        wake("whatsapp.unpack")


@shared_task(name="whatsapp.work", **STEP)
def work(conversation_id: int) -> None:
    """Works a conversation's waiting items in order."""
    if handling.work(conversation_id, now=clock.now()):
        wake("whatsapp.work", conversation_id=conversation_id)


@shared_task(name="whatsapp.settle", **STEP)
def settle() -> None:
    """Applies waiting statuses."""
    handling.settle(now=clock.now())


@shared_task(name="whatsapp.deliver", **SEND)
def deliver(conversation_id: int) -> None:
    """Sends one due message of a conversation; the next one gets a hint of its own, so that each has the full time."""
    if outbox.deliver_one(conversation_id, now=clock.now()) and outbox.has_queued(conversation_id):
        wake("whatsapp.deliver", conversation_id=conversation_id)


@shared_task(name="whatsapp.sweep", **STEP)
def sweep() -> None:
    """Finds what hints lost."""
    health.beat_heart()
    sweeping.sweep()


sweep_every("whatsapp-sweep", "whatsapp.sweep", settings.SWEEP_SECONDS)
