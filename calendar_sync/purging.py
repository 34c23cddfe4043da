"""What is deleted because of its age? Wishes for events that were carried out or replaced long ago.

Where an appointment stands in Google is kept by its mirror. What was refused stays until somebody has tried it again
or put it away.
"""

import time

from django.conf import settings
from django.db import connection

BATCH = 1_000
TURN_SECONDS = 20
WRITES = """
DELETE FROM calendar_sync_calendarwrite WHERE id IN (
    SELECT id FROM calendar_sync_calendarwrite
     WHERE created_at < now() - make_interval(days => %(days)s)
       AND coalesce(done_at, created_at) < now() - make_interval(days => %(days)s)
       AND (state IN ('done', 'superseded') OR state = 'failed' AND closed_at IS NOT NULL)
     LIMIT %(batch)s FOR UPDATE SKIP LOCKED)
"""


def purge() -> bool:
    """A turn of deleting, batch by batch; True when there may be more."""
    until = time.monotonic() + TURN_SECONDS
    while _delete() == BATCH:
        if time.monotonic() > until:
            return True
    return False


def _delete() -> int:
    with connection.cursor() as cursor:
        cursor.execute(WRITES, {"days": settings.KEEP_CALENDAR_WRITES_DAYS, "batch": BATCH})
        return int(cursor.rowcount)
