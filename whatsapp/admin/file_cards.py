"""How does a file look in its bubble? A picture, a player, a document to be saved, or words on why it is not there."""

from dataclasses import dataclass

from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from whatsapp import file_answers, media
from whatsapp.models import MediaFile, MediaState, Message

_ON_THE_WAY = (MediaState.WANTED, MediaState.FETCHING)
_UPLOADING = (MediaState.TO_UPLOAD, MediaState.UPLOADING)
_INLINE_KINDS = ("image", "sticker", "audio", "video")


@dataclass(frozen=True)
class FileCard:
    """`look`: image, sticker, audio, voice, video, document, coming or missing."""

    id: int
    look: str
    address: str
    name: str
    size: str
    words: str = ""
    retry: str = ""
    # Its bytes are not what was announced.
    is_doubtful: bool = False

    @property
    def key(self) -> str:
        """Stays the same while the page need not draw it anew."""
        return f"{self.id}:{self.look}"


def card_of(message: Message) -> FileCard | None:
    """The card of the message's file; None when it has none, or its sender took it back."""
    file = message.file
    if file is None or message.revoked_at is not None:
        return None
    where = [message.conversation_id, file.pk]
    look = _look(file)
    can_retry = look == "missing" and _can_retry(file)
    return FileCard(
        id=file.pk,
        look=look,
        address=reverse("admin:whatsapp_conversation_file", args=where),
        name=file.name or _("Document"),
        size=filesizeformat(file.size) if file.size is not None else "",
        words=_words(file, look),
        retry=reverse("admin:whatsapp_conversation_retry", args=where) if can_retry else "",
        is_doubtful=_is_doubtful(file, look),
    )


def _look(file: MediaFile) -> str:
    if file.state in _ON_THE_WAY:
        return "coming"
    if not file.storage_key:
        return "missing"
    if file.kind not in _INLINE_KINDS or not file_answers.is_inline(file):
        return "document"
    return "voice" if file.is_voice else file.kind


def _words(file: MediaFile, look: str) -> str:
    if look == "coming":
        return _("Waiting for room for files…") if file.error_code == "storage" else _("Downloading…")
    if file.state in _UPLOADING:
        return _("Uploading to WhatsApp…")
    if file.state == MediaState.ERASED:
        return _("This file was erased.")
    if look == "missing" and file.error_code == media.ADDRESS:
        return _("Not downloaded, for safety: its address is not one of WhatsApp's. Tell our support.")
    if look == "missing":
        return _("It could not be downloaded: ask the patient to send it again.")
    if _is_doubtful(file, look):
        return _("This is not what it says it is: save it only if you know what it is.")
    return ""


def _is_doubtful(file: MediaFile, look: str) -> bool:
    return look == "document" and file.kind in _INLINE_KINDS


def _can_retry(file: MediaFile) -> bool:
    is_there = file.id_until is not None and file.id_until > timezone.now()
    return bool(file.media_id) and is_there and file.state in (MediaState.FAILED, MediaState.REFUSED)
