"""Which files were given up, and may one be fetched or uploaded again?"""

from datetime import datetime

from django.db.models import QuerySet

from atendeai.celery import wake_after_commit
from whatsapp.models import MediaFile, MediaState

GIVEN_UP = (MediaState.FAILED, MediaState.REFUSED, MediaState.EXPIRED)
EXPIRED = "expired"
LOST = "file_lost"


def aside(clinic_id: int | None) -> QuerySet[MediaFile]:
    """Given up."""
    return MediaFile.objects.for_clinic(clinic_id).filter(state__in=GIVEN_UP)


def unfit(file: MediaFile, now: datetime) -> str:
    """Why it cannot be had any more; "" when it can."""
    if file.is_ours:
        return LOST if not file.storage_key or file.number_id is None else ""
    return EXPIRED if not file.media_id or file.id_until is None or file.id_until <= now else ""


def again(file: MediaFile, now: datetime) -> str:
    """Wanted again: from Meta, while it keeps the file (7 days), or to Meta, while we do. The row is locked."""
    if why_not := unfit(file, now):
        return why_not
    state = MediaState.TO_UPLOAD if file.is_ours else MediaState.WANTED
    MediaFile.objects.for_clinic(file.clinic_id).filter(pk=file.pk).update(
        state=state, error_code="", not_before=None, misfits=0, losses=0
    )
    wake_after_commit("whatsapp.media", media_id=file.pk)
    return ""
