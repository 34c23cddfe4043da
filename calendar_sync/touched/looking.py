"""What is the event really like? One call to Google per noted row, under a claim; then it is settled.

An error of Google's decides nothing: the row waits and is looked at again. 404 and 410 are answers: the calendar itself
was just listed, so the event is not in it.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from atendeai.common.circuit import CircuitOpen
from atendeai.common.errors import CredentialsRevoked, IntegrationError
from atendeai.common.resilience import backoff, until_trial
from atendeai.metrics import QueueReading
from calendar_sync import calls
from calendar_sync.deadline import Deadline
from calendar_sync.google_api import Event, NotThere
from calendar_sync.models import GoogleChange, LinkState
from calendar_sync.touched.settling import settle
from calendar_sync.writes import has_open
from clinics.models import TenantQuerySet

logger = logging.getLogger(__name__)

SWEEP_LIMIT = 200
LOST = "worker_lost"
# Our own write of this event is on its way: look when it has settled.
WRITE_PAUSE = timedelta(seconds=2)
RECONNECT_PAUSE = timedelta(minutes=5)
WAITING = (
    "SELECT count(*), extract(epoch FROM now() - min(look_at)) FROM calendar_sync_googlechange"
    " WHERE look_at IS NOT NULL AND look_at <= now()"
)


def due(limit: int = SWEEP_LIMIT) -> list[int]:
    """Rows to be looked at now. Across clinics: the claim's sibling."""
    rows = GoogleChange.objects.filter(look_at__lte=Now()).order_by("look_at")
    return list(rows.values_list("id", flat=True)[:limit])


def reading() -> QueueReading:
    """For the gauges."""
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        depth, oldest = cursor.fetchone()
    return QueueReading(depth, max(float(oldest or 0), 0.0))


def look(*, change_id: int, now: datetime) -> None:
    """A worker's turn: asks Google for the event and settles the row. Never raises for Google's sake."""
    change = _claim(change_id)
    if change is None:
        return
    try:
        settle(change=change, event=_get(change, now), now=now)
    except CircuitOpen as error:
        # Not asked, so not in vain.
        _mine(change).update(look_at=Now() + until_trial(error), is_looked_at=False)
    except IntegrationError as error:
        _again(change, (error.code or type(error).__name__), error.retry_after_seconds)
    except Exception as error:
        logger.exception("change from Google not settled", extra={"clinic_id": change.clinic_id, "change": change.pk})
        _broken(change, type(error).__name__)


def _claim(change_id: int) -> GoogleChange | None:
    with transaction.atomic():
        rows = GoogleChange.objects.filter(pk=change_id, look_at__lte=Now()).select_related("mirror__link")
        change = rows.select_for_update(of=("self",), skip_locked=True).first()
        if change is None:
            return None
        mine = GoogleChange.objects.for_clinic(change.clinic_id).filter(pk=change.pk)
        if change.mirror.link.state != LinkState.LINKED:
            # A link that was let go has nothing to look at; one to be reconnected may have again.
            gone = change.mirror.link.state == LinkState.DISCONNECTED
            mine.update(look_at=None if gone else Now() + RECONNECT_PAUSE)
            return None
        if has_open(change.mirror):
            mine.update(look_at=Now() + WRITE_PAUSE)
            return None
        if change.is_looked_at:
            # Whoever looked was lost with it.
            change.faults += 1
            mine.update(faults=change.faults, error_code=LOST)
            if change.faults >= settings.MAX_ATTEMPTS:
                mine.update(look_at=None, set_aside_at=Now(), is_looked_at=False)
                return None
        lease = timedelta(seconds=settings.CALENDAR_LEASE_SECONDS)
        mine.update(attempt=F("attempt") + 1, is_looked_at=True, look_at=Now() + lease)
        related = ("mirror__link__clinic", "mirror__link__professional")
        secrets = ("mirror__link__access_token", "mirror__link__refresh_token")
        return mine.select_related(*related).defer(*secrets).get()


def _get(change: GoogleChange, now: datetime) -> Event | None:
    mirror = change.mirror
    deadline = Deadline.after(settings.CALENDAR_READ_SECONDS * 2, read_seconds=settings.CALENDAR_READ_SECONDS)
    try:
        return calls.call(
            link=mirror.link,
            operation="events.get",
            now=now,
            deadline=deadline,
            act=lambda calendar: calendar.get_event(mirror.calendar_id, mirror.google_event_id),
        )
    except NotThere:
        return None
    except CredentialsRevoked as error:
        error.retry_after_seconds = RECONNECT_PAUSE.total_seconds()
        raise


def _again(change: GoogleChange, code: str, at_least_seconds: float | None) -> None:
    pause = backoff(change.failures + 1, at_least_seconds=at_least_seconds)
    _mine(change).update(failures=F("failures") + 1, error_code=code[:60], look_at=Now() + pause, is_looked_at=False)


def _broken(change: GoogleChange, code: str) -> None:
    """A mistake of ours, no outage: looked at a few times more, then set aside where people see it."""
    faults = change.faults + 1
    rows = GoogleChange.objects.for_clinic(change.clinic_id).filter(pk=change.pk, attempt=change.attempt)
    rows.update(faults=faults)
    if faults >= settings.MAX_ATTEMPTS:
        rows.update(look_at=None, set_aside_at=Now(), is_looked_at=False, error_code=code[:60])
    else:
        _again(change, code, None)


def _mine(change: GoogleChange) -> TenantQuerySet[GoogleChange]:
    """The row, while it waits and nobody has taken a later look."""
    rows = GoogleChange.objects.for_clinic(change.clinic_id).filter(pk=change.pk, attempt=change.attempt)
    return rows.filter(look_at__isnull=False)
