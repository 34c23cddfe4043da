"""Who works on a file, and what becomes of its row? Claim by a lease, results under the attempt, the sweep.

The row is the work; hints carry its id. A few files are worked on at once over all workers, so that slow downloads
never hold up the chats; whoever finishes one hints at the next, clinic by clinic.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet, Window
from django.db.models.functions import Now, RowNumber

from atendeai.celery import wake
from atendeai.common.circuit import CircuitOpen
from atendeai.common.errors import CredentialsRevoked, IntegrationError, NotConfigured
from atendeai.common.resilience import backoff, until_trial
from clinics import alerts
from whatsapp.models import WAITING_MEDIA, WORKING_MEDIA, MediaFile, MediaState

logger = logging.getLogger(__name__)

DISK_ALERT = "media_disk"
SWEEP_LIMIT = 50
# A missing token or a full disk is mended by a person: asking every second helps nobody.
PERSON_WAIT_SECONDS = 300.0
DISK_WAIT_SECONDS = 60.0
# "media" in ASCII: one claim at a time, so that the count below is right.
CLAIM_LOCK = 0x6D65646961

CLAIM = """
UPDATE whatsapp_mediafile AS claimed
   SET state = CASE state WHEN 'wanted' THEN 'fetching' ELSE 'uploading' END,
       attempts = attempts + 1, lease_until = now() + make_interval(secs => %(lease)s)
 WHERE claimed.id = %(id)s AND claimed.state IN ('wanted', 'to_upload')
   AND (claimed.not_before IS NULL OR claimed.not_before <= now())
   AND (SELECT count(*) FROM whatsapp_mediafile busy
         WHERE busy.state IN ('fetching', 'uploading') AND busy.lease_until > now()) < %(at_once)s
RETURNING claimed.id
"""


def claim(media_id: int) -> MediaFile | None:
    """The row, ours for the time of a lease; None when it is not due, somebody else's, or enough are at work."""
    values = {"id": media_id, "lease": settings.MEDIA_LEASE_SECONDS, "at_once": settings.MEDIA_AT_ONCE}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CLAIM_LOCK])
        cursor.execute(CLAIM, values)
        row = cursor.fetchone()
    return MediaFile.objects.select_related("clinic", "number").get(pk=row[0]) if row else None


def ours(file: MediaFile) -> QuerySet[MediaFile]:
    """The row, only while nobody has taken a later attempt at it (fencing)."""
    return MediaFile.objects.filter(pk=file.pk, attempts=file.attempts, state__in=WORKING_MEDIA)


def end(file: MediaFile, state: str, code: str) -> None:
    """Nothing more will be tried by itself."""
    ours(file).update(state=state, error_code=code[:60], lease_until=None, url="")
    logger.warning("file given up", extra={"media_id": file.pk, "clinic_id": file.clinic_id, "error": code})


def again(file: MediaFile, code: str, *, at_least_seconds: float | None = None) -> None:
    """Back to its queue, with a pause. The address is forgotten: the next try asks for a new one."""
    ours(file).update(
        state=_waiting(file),
        error_code=code[:60],
        not_before=Now() + backoff(file.attempts, at_least_seconds=at_least_seconds),
        lease_until=None,
        losses=0,
        url="",
    )


def again_after(file: MediaFile, error: IntegrationError) -> None:
    """The same, with the pause that the error asks for. What an open circuit kept back was not tried."""
    if isinstance(error, CircuitOpen):
        _wait_for_provider(file, error)
        return
    wait = error.retry_after_seconds
    if isinstance(error, CredentialsRevoked | NotConfigured):
        wait = max(wait or 0, PERSON_WAIT_SECONDS)
    again(file, error.code or type(error).__name__, at_least_seconds=wait)


def _wait_for_provider(file: MediaFile, error: CircuitOpen) -> None:
    """Not called, so no try is counted and the address is kept. What went wrong before stays said."""
    ours(file).update(
        state=_waiting(file),
        attempts=F("attempts") - 1,
        error_code=file.error_code or error.code,
        not_before=Now() + until_trial(error),
        lease_until=None,
    )


def no_room(file: MediaFile, error: OSError, now: datetime) -> None:
    """The disk would not take it: the row waits, and the clinic is told, once."""
    logger.error("file not written", extra={"media_id": file.pk, "clinic_id": file.clinic_id, "errno": error.errno})
    again(file, "storage", at_least_seconds=DISK_WAIT_SECONDS)
    alerts.raise_alert(clinic=file.clinic, kind=DISK_ALERT, now=now, detail=f"errno {error.errno}")


def _waiting(file: MediaFile) -> str:
    return MediaState.WANTED if file.state == MediaState.FETCHING else MediaState.TO_UPLOAD


def sweep() -> int:
    """Expired leases go back to their queue; due rows are hinted at, in turns between clinics. How many.

    A file that its worker was lost with several times in a row is given up.
    """
    expired = MediaFile.objects.filter(lease_until__lt=Now())
    freed: dict[str, Any] = {"error_code": "worker_lost", "lease_until": None, "losses": F("losses") + 1}
    hopeless = expired.filter(losses__gte=settings.MAX_LOST_WORKERS - 1, state__in=WORKING_MEDIA)
    given_up = list(hopeless.values_list("pk", flat=True)[:SWEEP_LIMIT])
    if hopeless.filter(pk__in=given_up).update(state=MediaState.FAILED, url="", **freed):
        logger.error("files given up: their workers were lost", extra={"media_ids": given_up})
    freed["not_before"] = Now() + timedelta(seconds=1)
    expired.filter(state=MediaState.FETCHING).update(state=MediaState.WANTED, **freed)
    expired.filter(state=MediaState.UPLOADING).update(state=MediaState.TO_UPLOAD, **freed)
    found = _due(SWEEP_LIMIT)
    for media_id in found:
        wake("whatsapp.media", media_id=media_id)
    return len(found)


def wake_next() -> None:
    """A place is free."""
    for media_id in _due(1):
        wake("whatsapp.media", media_id=media_id)


def _due(most: int) -> list[int]:
    due = Q(not_before__isnull=True) | Q(not_before__lte=Now())
    turn = Window(RowNumber(), partition_by=F("clinic_id"), order_by="id")
    rows = MediaFile.objects.filter(due, state__in=WAITING_MEDIA).annotate(turn=turn)
    return list(rows.order_by("turn", "id").values_list("pk", flat=True)[:most])
