"""How does a file of the clinic get to Meta before its message goes out?

An upload is a job of its own, so that a large file never holds up a sender: the message waits in its queue until the
file has an id at its number, which is good for 30 days and used again. A lost answer is harmless: uploaded once more.
"""

import base64
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models.functions import Now

from atendeai.celery import wake, wake_after_commit
from atendeai.common.errors import IntegrationError, Rejected, Unreachable
from whatsapp.media import jobs, storage
from whatsapp.media.fetching import api_of
from whatsapp.media.sealing import Damaged, unseal
from whatsapp.models import MediaFile, MediaState, Message, MessageState, Number

ID_LIVES = timedelta(days=30)
# An id is not used when it could run out before the message is delivered.
ID_MARGIN = timedelta(hours=12)
_HOPELESS = (MediaState.REFUSED, MediaState.FAILED, MediaState.EXPIRED, MediaState.ERASED)


class UploadPending(Unreachable):
    """The file is on its way to Meta; the message goes out when it is there."""


def sendable_id(file: MediaFile, *, number: Number, now: datetime) -> str:
    """The file's id at this number. UploadPending after asking for the upload; Rejected when Meta refused the file."""
    is_there = file.media_id and file.number_id == number.pk and file.id_until is not None
    if is_there and file.id_until is not None and now < file.id_until - ID_MARGIN:
        return file.media_id
    if file.state in _HOPELESS:
        raise Rejected("whatsapp", "media.upload", code=file.error_code or "media", detail="the file was refused")
    if file.state == MediaState.STORED:
        rows = MediaFile.objects.filter(pk=file.pk, state=MediaState.STORED)
        rows.update(state=MediaState.TO_UPLOAD, number=number, media_id="", not_before=None)
        wake_after_commit("whatsapp.media", media_id=file.pk)
    raise UploadPending("whatsapp", "media.upload", code="media_upload", detail=file.error_code)


def upload(file: MediaFile, *, now: datetime) -> None:
    """Works a claimed row; whatever happens is written to it."""
    try:
        media_id = _upload(file)
    except Rejected as refusal:
        jobs.end(file, MediaState.REFUSED, refusal.code)
    except (Damaged, FileNotFoundError):
        jobs.end(file, MediaState.FAILED, "file_lost")
    except IntegrationError as error:
        jobs.again_after(file, error)
        return
    else:
        jobs.ours(file).update(
            state=MediaState.STORED, media_id=media_id, id_until=now + ID_LIVES, lease_until=None, error_code=""
        )
    _wake_messages(file)


def _upload(file: MediaFile) -> str:
    api = api_of(file, "media.upload")
    content = content_of(file)
    mime_type = f"{file.mime_type}; codecs=opus" if file.is_voice else file.mime_type
    return api.upload(content, size=file.size or 0, name=file.name, mime_type=mime_type)


def content_of(file: MediaFile, *, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
    """The plain bytes [start, stop). FileNotFoundError at once when they are gone; Damaged while reading."""
    opened = storage.place().open(file.storage_key)

    def read() -> Iterator[bytes]:
        with opened:
            yield from unseal(opened, base64.b64decode(file.seal), file.size or 0, start=start, stop=stop)

    return read()


def _wake_messages(file: MediaFile) -> None:
    """Those that waited for the file go out now, or learn that it was refused."""
    waiting = Message.objects.for_clinic(file.clinic_id).filter(file=file, state=MessageState.QUEUED)
    waiting.filter(not_before__gt=Now()).update(not_before=None)
    for conversation_id in waiting.order_by().values_list("conversation_id", flat=True).distinct()[:50]:
        wake("whatsapp.deliver", conversation_id=conversation_id)
