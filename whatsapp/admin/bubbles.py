"""How is a message shown? Its text, buttons or list, whose it is, and how far it came, in words."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from whatsapp.admin.formatting import as_html
from whatsapp.admin.words import error_words, type_words
from whatsapp.models import Direction, Message, MessageState

# Symbol of Material Symbols and colour class of each state of an outgoing message.
_TICKS: dict[str, str] = {
    MessageState.QUEUED: "schedule",
    MessageState.SENDING: "schedule",
    MessageState.UNKNOWN: "help",
    MessageState.SENT: "check",
    MessageState.FAILED: "error",
    MessageState.DELIVERED: "done_all",
    MessageState.READ: "done_all",
    MessageState.PLAYED: "done_all",
}


@dataclass(frozen=True)
class Bubble:
    """One message on the page; `opens_day` when it is the first of its day."""

    id: int
    is_ours: bool
    author: str
    text: str
    note: str
    choices: tuple[str, ...]
    list_button: str
    at: datetime
    state: str
    state_words: str
    tick: str
    error: str
    opens_day: date | None


def bubbles(messages: Iterable[Message]) -> list[Bubble]:
    """Messages, oldest first, in the time zone that is active."""
    shown: list[Bubble] = []
    day: date | None = None
    for message in messages:
        this = localtime(message.created_at).date()
        shown.append(_bubble(message, this if this != day else None))
        day = this
    return shown


def _bubble(message: Message, opens_day: date | None) -> Bubble:
    is_ours = message.direction == Direction.OUT
    content = _content(message) if is_ours else {}
    return Bubble(
        id=message.pk,
        is_ours=is_ours,
        author=_author(message) if is_ours else "",
        text=as_html(message.body),
        note="" if message.body else type_words(message.type),
        choices=_choices(content),
        list_button=str(content.get("button", "")),
        at=message.created_at,
        state=message.state,
        state_words=message.get_state_display() if is_ours else "",
        tick=_TICKS.get(message.state, "") if is_ours else "",
        error=_error(message),
        opens_day=opens_day,
    )


def _author(message: Message) -> str:
    if message.staff is not None:
        return message.staff.get_full_name()
    return str(message.get_author_display())


def _error(message: Message) -> str:
    if message.state in {MessageState.FAILED, MessageState.UNKNOWN}:
        return error_words(message.error_code) or _("The reason is not known.")
    is_waiting = message.state == MessageState.QUEUED and message.error_code
    return error_words(message.error_code) if is_waiting else ""


def _content(message: Message) -> dict[str, Any]:
    try:
        found = json.loads(message.content)
    except ValueError:  # a row from before a change of shape: its text is shown all the same
        return {}
    return found if isinstance(found, dict) else {}


def _choices(content: dict[str, Any]) -> tuple[str, ...]:
    if content.get("kind") == "buttons":
        return tuple(str(button["title"]) for button in content["buttons"])
    if content.get("kind") == "list":
        rows = [row for section in content["sections"] for row in section["rows"]]
        return tuple(" — ".join(filter(None, (row["title"], row.get("description", "")))) for row in rows)
    return ()
