"""Has a worker begun this row before, and never come back?

Work that calls nobody holds its rows by a lock, which a killed worker simply lets go: the next one takes them up at
once, and what kills its worker (a hard time limit, too much memory) would do so for ever. So each beginning is counted
in a statement of its own, committed before the work. The end of the work, good or bad, takes the count away; a row
that was begun MAX_LOST_WORKERS times without an end is set aside.

Between its count and its lock nobody else may count a row: one begun a moment ago is left to whoever began it while
that worker's connection lives. What a killed one leaves behind is so taken up at once, and in its order. A chat is held
by a lock of the session, which ends with the connection too.
"""

import contextlib
import logging
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TypeVar

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Func, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now
from psycopg.errors import LockNotAvailable

from whatsapp.models import Delivery, DeliveryState, Item, ItemState

logger = logging.getLogger(__name__)

R = TypeVar("R", Delivery, Item)
LOST = "worker_lost"
# Longer than a worker needs from its count to its lock.
PAUSE = timedelta(seconds=2)
# Nobody has begun the row, or not lately, or whoever did has lost their connection since.
FREE = """(begun_at IS NULL OR begun_at < statement_timestamp() - make_interval(secs => %(pause)s)
 OR begun_by NOT IN (SELECT pid FROM pg_stat_activity))"""
# Above every other number that is used for a lock.
CHAT_LOCKS = 1 << 56
# From the commit of a worker's last item to its unlocking.
HOLDER_LEAVES_MS = 200


def begin(rows: QuerySet[R], most: int) -> list[int]:
    """Counts that the first of these rows are begun, and commits that; their ids, for the work to lock anew.

    One whose worker was lost is begun alone, so that it takes no others down with it. What a worker holds is passed by.
    """
    living = RawSQL("SELECT pid FROM pg_stat_activity", [])
    free = Q(begun_at__isnull=True) | Q(begun_at__lt=Now() - PAUSE) | ~Q(begun_by__in=living)
    with transaction.atomic():
        found = rows.filter(free).select_for_update(skip_locked=True).values_list("pk", "begun")[:most]
        begun = list(found)
        ids = [pk for pk, times in begun if times][:1] or [pk for pk, _ in begun]
        if ids:
            rows.model._default_manager.filter(pk__in=ids).update(
                begun=F("begun") + 1, begun_at=Now(), begun_by=Func(function="pg_backend_pid")
            )
    return ids


@contextlib.contextmanager
def survived(rows: type[Delivery] | type[Item], ids: Sequence[int]) -> Iterator[None]:
    """Around the work: an error that undoes it all (a deadlock, the database away) is no lost worker."""
    try:
        yield
    except Exception:
        with contextlib.suppress(DatabaseError, InterfaceError):
            take_back(rows, ids)
        raise


@contextlib.contextmanager
def alone(conversation_id: int) -> Iterator[bool]:
    """Whether this worker has the chat until the end of the block, over several transactions. Ends with its connection,
    so that the next one may count at once what a lost worker had begun."""
    key = CHAT_LOCKS + conversation_id
    is_mine = False
    try:
        is_mine = _lock(key)
        yield is_mine
    except BaseException:
        # A time limit may strike between the lock and our knowing of it.
        _unlock(key)
        raise
    if is_mine:
        _unlock(key)


def _unlock(key: int) -> None:
    """In every case: where the database cannot be told, the connection ends, and its locks with it."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [key])
    except (DatabaseError, InterfaceError):
        connection.close()
    except BaseException:
        connection.close()
        raise


def _lock(key: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        if cursor.fetchone()[0]:
            return True
    # Perhaps its holder has just looked for the last time: then this hint is the only one that tells of the new item.
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{HOLDER_LEAVES_MS}ms'")
            cursor.execute("SELECT pg_advisory_lock(%s)", [key])
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
        return False
    return True


def take_back(rows: type[Delivery] | type[Item], ids: Sequence[int]) -> None:
    """They were not worked after all: as if they had not been begun. What another worker holds is its own."""
    with transaction.atomic():
        mine = rows.objects.filter(pk__in=ids, begun__gt=0).select_for_update(skip_locked=True)
        rows.objects.filter(pk__in=list(mine.values_list("pk", flat=True))).update(begun=F("begun") - 1, begun_at=None)


def is_lost_too_often(row: Delivery | Item) -> bool:
    """Whether it is not to be worked once more; this beginning counts."""
    return row.begun > settings.MAX_LOST_WORKERS


def set_aside(row: Delivery | Item) -> None:
    """Out of the way of the others, where people see it; saved at once."""
    logger.error("set aside: its workers were lost", extra={"row": row.pk, "kind": row._meta.model_name})
    row.begun, row.begun_at, row.last_error = 0, None, LOST
    if isinstance(row, Item):
        row.state, row.reason = ItemState.SET_ASIDE, LOST
        row.save(update_fields=["state", "reason", "last_error", "begun", "begun_at"])
    else:
        row.state = DeliveryState.SET_ASIDE
        row.save(update_fields=["state", "last_error", "begun", "begun_at"])
