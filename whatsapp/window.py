"""May the clinic still write freely to this person? For 24 hours after their last message; then templates only."""

from datetime import datetime, timedelta

from whatsapp.models import Conversation

WINDOW = timedelta(hours=24)


def is_open(conversation: Conversation, *, now: datetime) -> bool:
    """Whether Meta still takes free text. What it would refuse (131047) counts against the number, so ask first."""
    wrote_at = conversation.last_inbound_at
    return wrote_at is not None and now - wrote_at < WINDOW


def hear(conversation: Conversation, *, at: datetime, is_from_ad: bool) -> None:  # noqa: ARG001 - free entry points
    """The person wrote; `is_from_ad`: they came by an advertisement or a page. The caller saves the conversation."""
    conversation.last_inbound_at = max(conversation.last_inbound_at or at, at)
