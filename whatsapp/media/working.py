"""What does a worker do with a hint at a file, and a person who wants it tried once more?"""

import logging
from datetime import datetime

from django.db.models import Q

from atendeai.celery import wake_after_commit
from atendeai.common.errors import Unreachable
from clinics import audit
from clinics.audit import Actor
from clinics.models import NOT_CLOSED, Clinic
from whatsapp.media import jobs
from whatsapp.media.fetching import fetch
from whatsapp.media.uploading import upload
from whatsapp.models import MediaFile, MediaState

logger = logging.getLogger(__name__)


def work(media_id: int, *, now: datetime) -> bool:
    """Fetches or uploads the file if it is due and a place is free; whether it was worked on."""
    file = jobs.claim(media_id)
    if file is None:
        return False
    try:
        if file.state == MediaState.FETCHING:
            fetch(file, now=now)
        else:
            upload(file, now=now)
    except Exception as error:
        # A bug of ours, or the time limit: the row is tried again like after an outage.
        logger.exception("file not worked", extra={"media_id": file.pk, "clinic_id": file.clinic_id})
        jobs.again_after(file, Unreachable("whatsapp", "media", code=type(error).__name__))
    jobs.wake_next()
    return True


def retry(*, clinic: Clinic, media_id: int, by: Actor, now: datetime) -> bool:
    """A person wants a file tried again that was given up; False when Meta cannot have it any more."""
    given_up = MediaFile.objects.for_clinic(clinic).filter(pk=media_id, is_ours=False)
    given_up = given_up.filter(Q(state=MediaState.FAILED) | Q(state=MediaState.REFUSED)).exclude(media_id="")
    # Put away or not: should it fail again, that is news.
    anew = {"state": MediaState.WANTED, "not_before": None, "misfits": 0, "losses": 0, **NOT_CLOSED}
    if not given_up.filter(id_until__gt=now).update(**anew):
        return False
    audit.record(
        clinic=clinic, action="media_retried", target_type="mediafile", target_id=str(media_id), by=by, now=now
    )
    wake_after_commit("whatsapp.media", media_id=media_id)
    return True
