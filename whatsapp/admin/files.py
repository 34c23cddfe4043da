"""Who may see a file of a chat, and what is noted of it? The clinic's people, and each look is a row of the audit."""

import contextlib

import redis
from django.core.cache import cache
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.utils.translation import gettext as _

from atendeai.common import clock
from clinics import audit
from clinics.admin.auditing import actor_of
from whatsapp import file_answers, media
from whatsapp.media.words import no_room_words, wrong_file_words
from whatsapp.models import Conversation, MediaFile, Message

# A picture is loaded at every look at its chat: one row in this time tells enough.
NOTED_ONCE_SECONDS = 3600


def show(request: HttpRequest, conversation: Conversation, file_id: int) -> HttpResponse | StreamingHttpResponse:
    """The bytes: inside the page if they may stand there, else (or with `?save=1`) as a download."""
    file = _get(conversation, file_id)
    if not file.storage_key:
        raise Http404
    is_saved = "save" in request.GET or not file_answers.is_inline(file)
    wanted = request.headers.get("Range", "")
    try:
        answer = file_answers.as_download(file) if is_saved else file_answers.as_view(file, wanted)
    except FileNotFoundError:
        raise Http404 from None
    if is_saved or _is_first_look(request, file):
        action: audit.Action = "media_downloaded" if is_saved else "media_viewed"
        audit.record(clinic=conversation.clinic, action=action, target=file, by=actor_of(request), now=clock.now())
    return answer


def retry(request: HttpRequest, conversation: Conversation, file_id: int) -> JsonResponse:
    """Has it fetched once more; 409 when WhatsApp cannot have it any more."""
    file = _get(conversation, file_id)
    is_wanted = media.retry(clinic=conversation.clinic, media_id=file.pk, by=actor_of(request), now=clock.now())
    if is_wanted:
        return JsonResponse({})
    return JsonResponse({"refusal": _("This cannot be tried any more: ask the patient to send it again.")}, status=409)


def keep_upload(request: HttpRequest, conversation: Conversation) -> MediaFile:
    """The file of the form, stored. Raises WrongFile or OSError."""
    given = request.FILES["file"]
    assert isinstance(given, UploadedFile)  # noqa: S101 - a form's field of one file
    now = clock.now()
    file = media.keep(
        clinic=conversation.clinic,
        content=given.chunks(),
        name=given.name or "",
        declared=given.content_type or "",
        is_voice=request.POST.get("voice") == "1",
        now=now,
    )
    audit.record(clinic=conversation.clinic, action="media_uploaded", target=file, by=actor_of(request), now=now)
    return file


def refusal_of(wrong: Exception) -> str:
    """Why a file was not taken, in words."""
    return wrong_file_words(wrong) if isinstance(wrong, media.WrongFile) else no_room_words()


def _get(conversation: Conversation, file_id: int) -> MediaFile:
    messages = Message.objects.for_clinic(conversation.clinic_id).filter(conversation=conversation)
    message = messages.filter(file_id=file_id, revoked_at__isnull=True).select_related("file").first()
    if message is None or message.file is None:
        raise Http404
    return message.file


def _is_first_look(request: HttpRequest, file: MediaFile) -> bool:
    with contextlib.suppress(redis.RedisError):
        return bool(cache.add(f"media:seen:{request.user.pk}:{file.pk}", 1, NOTED_ONCE_SECONDS))
    return True
