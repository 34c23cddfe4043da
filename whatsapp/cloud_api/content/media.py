"""A file: by Meta's `id` of an upload, or by a `link` that Meta fetches (and keeps for ten minutes).

**Source**: Meta, Cloud API, Image, Document, Audio, Video and Sticker messages, v24.0-v26.0.
"""

from dataclasses import dataclass, fields
from typing import Any, ClassVar

from whatsapp.cloud_api.content.base import OutboundContent
from whatsapp.cloud_api.content.checks import link, one_of, within

LONGEST_CAPTION = 1024
LONGEST_FILENAME = 240


@dataclass(frozen=True)
class Media(OutboundContent):
    """What all files have in common."""

    id: str = ""
    link: str = ""

    def __post_init__(self) -> None:
        one_of({"id": self.id, "link": self.link})
        if self.link:
            link("link", self.link)

    def node(self) -> dict[str, Any]:
        """What stands under the type's name, here and in headers."""
        return {field.name: value for field in fields(self) if (value := getattr(self, field.name))}

    def payload(self) -> dict[str, Any]:
        return {"type": self.kind, self.kind: self.node()}

    def words(self) -> str:
        return ""


@dataclass(frozen=True)
class Captioned(Media):
    """A file that may have a text under it."""

    caption: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        within("caption", self.caption, LONGEST_CAPTION, optional=True)

    def words(self) -> str:
        return self.caption


@dataclass(frozen=True)
class Image(Captioned):
    """JPEG or PNG, up to 5 MB."""

    kind: ClassVar[str] = "image"


@dataclass(frozen=True)
class Video(Captioned):
    """MP4 or 3GP, up to 16 MB."""

    kind: ClassVar[str] = "video"


@dataclass(frozen=True)
class Document(Captioned):
    """Text, PDF or office file, up to 100 MB; `filename` is what the person sees."""

    kind: ClassVar[str] = "document"
    filename: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        within("filename", self.filename, LONGEST_FILENAME, optional=True)

    def words(self) -> str:
        return self.caption or self.filename


@dataclass(frozen=True)
class Audio(Media):
    """Up to 16 MB; no caption. `voice`: shown as a voice message (OGG with Opus)."""

    kind: ClassVar[str] = "audio"
    voice: bool = False


@dataclass(frozen=True)
class Sticker(Media):
    """WebP, up to 100 KB (500 KB animated); no caption."""

    kind: ClassVar[str] = "sticker"
