"""How did the attempt end? Always written under the attempt's number: a late worker changes nothing."""

import logging
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from atendeai.common.circuit import CircuitOpen
from atendeai.common.errors import CredentialsRevoked, IntegrationError, NotConfigured, Rejected
from atendeai.common.resilience import backoff, until_trial
from calendar_sync import remembered
from calendar_sync.models import CalendarWrite, EventMirror, Link, WriteState

logger = logging.getLogger(__name__)


class LostClaim(Exception):
    """The lease ran out and somebody else has the row."""


def keep(write: CalendarWrite, **fields: Any) -> None:
    """Stores what is now known about the event, if the row is still ours."""
    mirror = write.mirror
    with transaction.atomic():
        held = _held(write).select_for_update().exists()
        if not held:
            raise LostClaim
        EventMirror.objects.for_clinic(write.clinic_id).filter(pk=mirror.pk).update(**fields)
    for name, value in fields.items():
        setattr(mirror, name, value)


def done(write: CalendarWrite, *, now: datetime) -> WriteState:
    """The event is as wished."""
    with transaction.atomic():
        finished = _finish(write, state=WriteState.DONE, done_at=now, error_code="")
        if finished:
            link = Link.objects.for_clinic(write.clinic_id).filter(pk=write.mirror.link_id)
            link.update(last_write_at=now)
    return WriteState.DONE


def failed(write: CalendarWrite, error: IntegrationError) -> WriteState:
    """The error's class decides: refused for good, or queued again for later."""
    code = (error.code or type(error).__name__)[:60]
    if isinstance(error, CircuitOpen):
        # Not called, so not tried: what went wrong before stays said.
        told = {} if write.error_code else {"error_code": code}
        waits = {"not_before": Now() + until_trial(error), "attempt": F("attempt") - 1}
        _finish(write, state=WriteState.QUEUED, **waits, **told)
        return WriteState.QUEUED
    if isinstance(error, Rejected):
        _finish(write, state=WriteState.FAILED, error_code=code)
        return WriteState.FAILED
    _finish(write, state=WriteState.QUEUED, error_code=code, not_before=Now() + _pause(write, error))
    return WriteState.QUEUED


def _pause(write: CalendarWrite, error: IntegrationError) -> Any:
    if isinstance(error, CredentialsRevoked):
        # The link's state holds the row; once it is repaired the row should go at once.
        return backoff(1)
    if isinstance(error, NotConfigured):
        return backoff(write.attempt, at_least_seconds=settings.RETRY_LONGEST_SECONDS)
    return backoff(write.attempt, at_least_seconds=error.retry_after_seconds)


def broken(write: CalendarWrite, error: Exception) -> WriteState:
    """A mistake of ours, not an outage: tried again a few times, then set aside where people see it."""
    details = {"clinic_id": write.clinic_id, "write": write.pk}
    logger.error("calendar write broke", extra=details, exc_info=error)
    faults = write.faults + 1
    last = faults >= settings.MAX_ATTEMPTS
    state = WriteState.FAILED if last else WriteState.QUEUED
    code = type(error).__name__[:60]
    _finish(write, state=state, faults=faults, error_code=code, not_before=Now() + backoff(faults))
    return state


def _held(write: CalendarWrite) -> Any:
    rows = CalendarWrite.objects.for_clinic(write.clinic_id)
    return rows.filter(pk=write.pk, attempt=write.attempt, state=WriteState.SENDING)


def _finish(write: CalendarWrite, **fields: Any) -> bool:
    # Also after a failure: an answer that was lost may have changed the calendar.
    remembered.forget_after_commit(clinic_id=write.clinic_id, link_id=write.mirror.link_id)
    return bool(_held(write).update(lease_until=None, **fields))
