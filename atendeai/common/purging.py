"""How are old rows deleted without holding anybody up? Batch by batch, each in a statement of its own, for a turn."""

import time

from django.db import connection

TURN_SECONDS = 20


def purge(statement: str, *, days: int, batch: int) -> bool:
    """Runs a DELETE of at most `%(batch)s` rows older than `%(days)s` days; True when there may be more."""
    until = time.monotonic() + TURN_SECONDS
    while _delete(statement, days, batch) == batch:
        if time.monotonic() > until:
            return True
    return False


def _delete(statement: str, days: int, batch: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"days": days, "batch": batch})
        return int(cursor.rowcount)
