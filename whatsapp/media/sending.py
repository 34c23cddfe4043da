"""How does a stored file become the content of a message, and that content one that Meta takes?

In the outbox the content names no id yet: the row points at the file, whose id at the number is put in right before
the call.
"""

from dataclasses import replace

from whatsapp.cloud_api.content import (
    Audio,
    Buttons,
    ContentError,
    CtaUrl,
    Document,
    Flow,
    Image,
    Media,
    OutboundContent,
    Sticker,
    Template,
    Video,
)
from whatsapp.models import MediaFile

STAND_IN = "file"


def content_for(file: MediaFile, *, caption: str = "") -> Media:
    """The file as a message; audio and stickers have no caption. ContentError when the caption is too long."""
    if file.kind == "audio":
        return Audio(id=STAND_IN, voice=file.is_voice)
    if file.kind == "sticker":
        return Sticker(id=STAND_IN)
    if file.kind == "document":
        return Document(id=STAND_IN, caption=caption, filename=file.name or "documento")
    return (Image if file.kind == "image" else Video)(id=STAND_IN, caption=caption)


def takes_caption(file: MediaFile) -> bool:
    return file.kind not in ("audio", "sticker")


def with_header(content: OutboundContent, file: MediaFile) -> OutboundContent:
    """The same message with the file above it; ContentError where it can have none."""
    if not isinstance(content, Buttons | CtaUrl | Flow | Template):
        raise ContentError("file", "this kind of message has no file above it")
    if content.header:
        raise ContentError("file", "there is a header already")
    header = content_for(file)
    if not isinstance(header, Image | Video | Document):
        raise ContentError("file", "must be an image, a video or a document")
    return replace(content, header=header)


def with_id(content: OutboundContent, media_id: str) -> OutboundContent:
    """The same content with the id that its file has at Meta now."""
    if isinstance(content, Media):
        return replace(content, id=media_id)
    if isinstance(content, Buttons | CtaUrl | Flow | Template) and isinstance(content.header, Image | Video | Document):
        return replace(content, header=replace(content.header, id=media_id))
    return content
