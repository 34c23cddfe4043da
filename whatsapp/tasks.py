"""What do the workers run? Hints become work here; each task finds its rows itself, so a repeated hint is harmless.

`sweep` runs every second and covers whatever hints were lost: a few partial-index queries, bounded.
"""

import time

from celery import shared_task
from django.conf import settings

from atendeai import health
from atendeai.celery import every_night, hard_limit, soft_limit, sweep_every, wake
from atendeai.common import clock
from whatsapp import (
    handling,
    inbox,
    media,
    notices,
    number_health,
    outbox,
    purging,
    read_marks,
    reminders,
    settling,
    sweeping,
    template_sync,
)

STEP_LIMIT = hard_limit(settings.STEP_HARD_LIMIT_SECONDS)
SEND_LIMIT = hard_limit(settings.SEND_HARD_LIMIT_SECONDS)
# Walks many pages; within the lease of a comparison.
SYNC_LIMIT = template_sync.LEASE_SECONDS - 10
# The soft limit comes first: it lets a task note why it ended.
# A check makes two calls of at most ten seconds; no new one is begun after a turn.
CHECK_EVERY_SECONDS, CHECK_TURN_SECONDS, CHECK_LIMIT = 15, 12, 40
# More chats than this are shared among the workers; and those not reached by half of the time a task may take, so that
# the limits strike what is slow, not what comes after many others.
WORKED_AT_ONCE = 40
TURN_SECONDS = STEP_LIMIT / 2
STEP_SOFT_LIMIT, SEND_SOFT_LIMIT = soft_limit(STEP_LIMIT), soft_limit(SEND_LIMIT)
MEDIA_LIMIT = int(settings.MEDIA_HARD_LIMIT_SECONDS)
PURGE_LIMIT = 60
ORPHANS_SECONDS = 6 * 3600.0


@shared_task(name="whatsapp.unpack", time_limit=STEP_LIMIT, soft_time_limit=STEP_SOFT_LIMIT)
def unpack() -> None:
    """Unpacks stored deliveries and does at once what they ask for: a task of its own for each status and each chat
    would cost as much as its work. Should this worker be lost on the way, the sweep finds what is left."""
    now = clock.now()
    unpacked = inbox.unpack_some(now=now)
    if unpacked.taken >= inbox.BATCH:
        wake("whatsapp.unpack")
    until = time.monotonic() + TURN_SECONDS
    for place, conversation_id in enumerate(unpacked.conversation_ids):
        is_here = place < WORKED_AT_ONCE and time.monotonic() < until
        if not is_here or handling.work(conversation_id, now=now):
            wake("whatsapp.work", conversation_id=conversation_id)
    settling.settle(now=now)
    if unpacked.has_notices:
        wake("whatsapp.notices")


@shared_task(name="whatsapp.work", time_limit=STEP_LIMIT, soft_time_limit=STEP_SOFT_LIMIT)
def work(conversation_id: int) -> None:
    """Works a conversation's waiting items in order."""
    if handling.work(conversation_id, now=clock.now()):
        wake("whatsapp.work", conversation_id=conversation_id)


@shared_task(name="whatsapp.settle", time_limit=STEP_LIMIT, soft_time_limit=STEP_SOFT_LIMIT)
def settle() -> None:
    """Applies statuses that had to wait: for their message, or for a worker that was lost."""
    settling.settle(now=clock.now())


@shared_task(name="whatsapp.notices", time_limit=STEP_LIMIT, soft_time_limit=STEP_SOFT_LIMIT)
def work_notices() -> None:
    """Works what belongs to no chat."""
    if notices.work(now=clock.now()):
        wake("whatsapp.notices")


@shared_task(name="whatsapp.deliver", time_limit=SEND_LIMIT, soft_time_limit=SEND_SOFT_LIMIT)
def deliver(conversation_id: int) -> None:
    """Sends one due message of a conversation; the next one gets a hint of its own, so that each has the full time."""
    if outbox.deliver_one(conversation_id, now=clock.now()) and outbox.has_queued(conversation_id):
        wake("whatsapp.deliver", conversation_id=conversation_id)


# The same from queues that a worker looks into last: their names lead there.
@shared_task(name="whatsapp.deliver_reminders", time_limit=SEND_LIMIT, soft_time_limit=SEND_SOFT_LIMIT)
def deliver_reminders(conversation_id: int) -> None:
    """Sends one due message of a conversation in which a reminder waits."""
    outbox.deliver_one(conversation_id, now=clock.now())


@shared_task(name="whatsapp.deliver_bulk", time_limit=SEND_LIMIT, soft_time_limit=SEND_SOFT_LIMIT)
def deliver_bulk(conversation_id: int) -> None:
    """Sends one due message of a conversation in which a campaign waits."""
    outbox.deliver_one(conversation_id, now=clock.now())


@shared_task(name="whatsapp.mark_read", time_limit=SEND_LIMIT, soft_time_limit=SEND_SOFT_LIMIT)
def mark_read(conversation_id: int) -> None:
    """Blue ticks for what was read."""
    read_marks.mark(conversation_id, now=clock.now())


@shared_task(name="whatsapp.show_typing", time_limit=SEND_LIMIT, soft_time_limit=SEND_SOFT_LIMIT)
def show_typing(conversation_id: int) -> None:
    """Somebody writes an answer."""
    read_marks.mark(conversation_id, now=clock.now(), typing=True)


@shared_task(name="whatsapp.media", time_limit=MEDIA_LIMIT, soft_time_limit=MEDIA_LIMIT - 5)
def work_media(media_id: int) -> None:
    """Fetches or uploads one file."""
    media.work(media_id, now=clock.now())


@shared_task(name="whatsapp.media_orphans", time_limit=MEDIA_LIMIT, soft_time_limit=MEDIA_LIMIT - 5)
def sweep_media_orphans() -> None:
    """Deletes bytes that no row knows."""
    media.sweep_orphans(now=clock.now())


@shared_task(name="whatsapp.sync_templates", time_limit=SYNC_LIMIT, soft_time_limit=SYNC_LIMIT - 5)
def sync_templates() -> None:
    """Compares one account's templates with Meta, if one is due; the next one gets a hint of its own."""
    if template_sync.sync_next(now=clock.now()):
        wake("whatsapp.sync_templates")


@shared_task(name="whatsapp.remind", time_limit=STEP_LIMIT, soft_time_limit=STEP_SOFT_LIMIT)
def remind() -> None:
    """Queues the reminders that are due; more than a batch goes on at once."""
    if reminders.sweep(now=clock.now()) >= reminders.BATCH:
        wake("whatsapp.remind")


@shared_task(name="whatsapp.sweep", time_limit=STEP_LIMIT, soft_time_limit=STEP_SOFT_LIMIT)
def sweep() -> None:
    """Finds what hints lost."""
    health.beat_heart()
    sweeping.sweep()


@shared_task(name="whatsapp.purge", time_limit=PURGE_LIMIT, soft_time_limit=PURGE_LIMIT - 5)
def purge() -> None:
    """Deletes what is too old; the rest gets a turn of its own."""
    if purging.purge():
        wake("whatsapp.purge")


every_night("whatsapp-purge", "whatsapp.purge")
sweep_every("whatsapp-templates", "whatsapp.sync_templates", settings.TEMPLATE_SWEEP_SECONDS)
sweep_every("whatsapp-reminders", "whatsapp.remind", settings.REMINDER_SWEEP_SECONDS)
sweep_every("whatsapp-sweep", "whatsapp.sweep", settings.SWEEP_SECONDS)
sweep_every("whatsapp-media-orphans", "whatsapp.media_orphans", ORPHANS_SECONDS)


@shared_task(name="whatsapp.check_numbers", time_limit=CHECK_LIMIT, soft_time_limit=CHECK_LIMIT - 2)
def check_numbers() -> None:
    """Asks Meta how the numbers are whose turn it is, one after the other."""
    until = time.monotonic() + CHECK_TURN_SECONDS
    while time.monotonic() < until and number_health.check_due(now=clock.now()):
        pass


sweep_every("whatsapp-check-numbers", "whatsapp.check_numbers", CHECK_EVERY_SECONDS)
