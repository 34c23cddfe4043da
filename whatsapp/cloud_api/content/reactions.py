"""An emoji on a message. It never answers in context, and the only status that comes back is "sent".

**Source**: Meta, Cloud API, Reaction messages, v24.0-v26.0. A target older than 30 days fails later with 131009.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from whatsapp.cloud_api.content.base import OutboundContent
from whatsapp.cloud_api.content.checks import ContentError, has_emoji, within

# The longest emoji are families and flags of regions, made of a dozen signs.
LONGEST_EMOJI = 20


@dataclass(frozen=True)
class Reaction(OutboundContent):
    """`message_id`: the wamid reacted to; `emoji` "" takes the reaction away."""

    kind: ClassVar[str] = "reaction"
    message_id: str
    emoji: str = ""

    def __post_init__(self) -> None:
        within("message_id", self.message_id, 256)
        within("emoji", self.emoji, LONGEST_EMOJI, optional=True)
        if self.emoji and (not has_emoji(self.emoji) or any(sign.isspace() or sign.isalpha() for sign in self.emoji)):
            raise ContentError("emoji", "must be one emoji, or empty")

    def payload(self) -> dict[str, Any]:
        return {"type": "reaction", "reaction": {"message_id": self.message_id, "emoji": self.emoji}}

    def words(self) -> str:
        return self.emoji
