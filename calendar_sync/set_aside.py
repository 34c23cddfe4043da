"""Which of our writes did Google refuse, and which changes could not be looked at? And how is one tried again?"""

from datetime import datetime

from django.db.models import F, QuerySet
from django.db.models.functions import Now

from atendeai.celery import wake_after_commit
from calendar_sync.models import CalendarWrite, ChangeState, GoogleChange, LinkState, WriteState
from calendar_sync.writes import OPEN

REPLACED = "replaced"
DISCONNECTED = "disconnected"


def writes(clinic_id: int | None) -> QuerySet[CalendarWrite]:
    """Refused, or given up after faults of ours."""
    failed = CalendarWrite.objects.for_clinic(clinic_id).filter(state=WriteState.FAILED)
    return failed.select_related("appointment__patient", "mirror__link__professional").defer(
        "body", "mirror__link__access_token", "mirror__link__refresh_token"
    )


def write_unfit(write: CalendarWrite, _now: datetime) -> str:
    """Whether a newer wish of the same event counts; "" when this one is the newest."""
    newer = CalendarWrite.objects.for_clinic(write.clinic_id).filter(mirror=write.mirror_id, pk__gt=write.pk)
    is_replaced = write.appointment_id is not None and newer.filter(state__in=[*OPEN, WriteState.DONE]).exists()
    return REPLACED if is_replaced else ""


def write_again(write: CalendarWrite, now: datetime) -> str:
    """Queued again, unless a newer wish of the same event counts. What is written is the appointment as it is now."""
    link = write.mirror.link
    if link.state == LinkState.DISCONNECTED:
        return DISCONNECTED
    mine = CalendarWrite.objects.for_clinic(write.clinic_id).filter(pk=write.pk)
    if why_not := write_unfit(write, now):
        mine.update(state=WriteState.SUPERSEDED)
        return why_not
    mine.update(
        state=WriteState.QUEUED, attempt=F("attempt") + 1, faults=0, error_code="", lease_until=None, not_before=Now()
    )
    wake_after_commit("calendar_sync.write", mirror_id=write.mirror_id)
    return ""


def changes(clinic_id: int | None) -> QuerySet[GoogleChange]:
    """Noted, and looked at several times in vain."""
    rows = GoogleChange.objects.for_clinic(clinic_id).filter(state=ChangeState.NOTED, set_aside_at__isnull=False)
    return rows.select_related("appointment__patient")


def look_again(change: GoogleChange, _now: datetime) -> str:
    """Looked at anew. The row is locked."""
    GoogleChange.objects.for_clinic(change.clinic_id).filter(pk=change.pk).update(
        look_at=Now(), attempt=F("attempt") + 1, faults=0, failures=0, is_looked_at=False, set_aside_at=None
    )
    wake_after_commit("calendar_sync.look", change_id=change.pk)
    return ""
