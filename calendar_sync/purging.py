"""What is deleted because of its age? Wishes for events that were carried out or replaced long ago, and ended channels.

Where an appointment stands in Google is kept by its mirror. What was refused stays until somebody has tried it again
or put it away. Of a channel Google says no more once it has run out; where push is refused, each hour leaves a row.
"""

from django.conf import settings

from atendeai.common import purging

BATCH = 1_000
WRITES = """
DELETE FROM calendar_sync_calendarwrite WHERE id IN (
    SELECT id FROM calendar_sync_calendarwrite
     WHERE created_at < now() - make_interval(days => %(days)s)
       AND coalesce(done_at, created_at) < now() - make_interval(days => %(days)s)
       AND (state IN ('done', 'superseded') OR state = 'failed' AND closed_at IS NOT NULL)
     LIMIT %(batch)s FOR UPDATE SKIP LOCKED)
"""
CHANNELS = """
DELETE FROM calendar_sync_channel WHERE id IN (
    SELECT id FROM calendar_sync_channel
     WHERE state = 'ended'
       AND greatest(created_at, expires_at) < now() - make_interval(days => %(days)s)
     LIMIT %(batch)s FOR UPDATE SKIP LOCKED)
"""


def purge() -> bool:
    """A turn of deleting, batch by batch; True when there may be more."""
    days = settings.KEEP_CALENDAR_WRITES_DAYS
    is_more = purging.purge(WRITES, days=days, batch=BATCH)
    return purging.purge(CHANNELS, days=days, batch=BATCH) or is_more
