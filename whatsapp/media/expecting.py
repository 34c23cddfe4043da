"""A message with a file has just been stored: what has to be fetched? One row, in the message's own transaction."""

from datetime import datetime, timedelta
from typing import Any

from atendeai.celery import wake_after_commit
from whatsapp.cloud_api.media import hex_hash
from whatsapp.media.kinds import KINDS
from whatsapp.models import MediaFile, MediaState, Message
from whatsapp.payloads.parts import array, identifier, mapping, text

ID_LIVES = timedelta(days=7)
URL_LIVES = timedelta(minutes=5)
TOO_LARGE = "131052"


def expect(*, message: Message, payload: dict[str, Any], now: datetime) -> MediaFile | None:
    """The row of the message's file, to be fetched after the commit; None when the message has none.

    `payload`: Meta's message object. A file that Meta could not take (131052) gets a row too, so that the chat says
    that it must be sent again.
    """
    # An edit of a message that never came is stored as what it says now.
    payload = mapping(mapping(payload.get("edit")).get("message")) or payload
    kind = text(payload.get("type"), 30)
    node = mapping(payload.get(kind))
    if kind in KINDS:
        has_id = bool(identifier(node.get("id")))
        file = _wanted(message, kind, node, now) if has_id else _refused(message, kind, "no_id", now)
    elif any(identifier(mapping(error).get("code")) == TOO_LARGE for error in array(payload.get("errors"))):
        file = _refused(message, "document", TOO_LARGE, now)
    else:
        return None
    message.file = file
    message.save(update_fields=["file"])
    if file.state == MediaState.WANTED:
        wake_after_commit("whatsapp.media", media_id=file.pk)
    return file


def _wanted(message: Message, kind: str, node: dict[str, Any], now: datetime) -> MediaFile:
    url = text(node.get("url"), 4000)
    sent_at = min(message.created_at, now)
    return MediaFile.objects.create(
        clinic_id=message.clinic_id,
        number_id=message.conversation.number_id,
        kind=kind,
        media_id=identifier(node.get("id")),
        id_until=sent_at + ID_LIVES,
        url=url,
        url_until=sent_at + URL_LIVES if url else None,
        mime_type=text(node.get("mime_type"), 120),
        name=text(node.get("filename"), 240),
        sha256=hex_hash(node.get("sha256")),
        is_voice=node.get("voice") is True,
        state=MediaState.WANTED,
        created_at=now,
    )


def _refused(message: Message, kind: str, code: str, now: datetime) -> MediaFile:
    return MediaFile.objects.create(
        clinic_id=message.clinic_id,
        number_id=message.conversation.number_id,
        kind=kind,
        state=MediaState.REFUSED,
        error_code=code,
        created_at=now,
    )
