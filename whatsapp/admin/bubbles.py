"""How is a message shown? Its text, buttons or list, whose it is, what became of it, and how far it came, in words."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from whatsapp import set_aside
from whatsapp.admin import sent_kinds
from whatsapp.admin.file_cards import FileCard, card_of
from whatsapp.admin.formatting import as_html
from whatsapp.admin.kinds import is_line, line_words, note_words, origin_words
from whatsapp.admin.words import error_words, state_words, type_words
from whatsapp.models import Author, Direction, Message, MessageState
from whatsapp.payloads import incoming

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
_QUOTED = 160


@dataclass(frozen=True)
class Quote:
    """The message that another one answers."""

    author: str
    text: str


@dataclass(frozen=True)
class Bubble:
    """One message on the page; `opens_day` when it is the first of its day. `line`: not a bubble, a thin line."""

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
    line: str = ""
    is_revoked: bool = False
    is_edited: bool = False
    former: str = ""
    quote: Quote | None = None
    reactions: tuple[str, ...] = ()
    origin: str = ""
    heading: str = ""
    footing: str = ""
    can_answer: bool = False
    # Nobody knows whether it arrived, and a person is to decide; or has decided to leave it.
    is_asked: bool = False
    is_left: bool = False
    our_reaction: str = ""
    file: FileCard | None = None


def bubbles(messages: Sequence[Message]) -> list[Bubble]:
    """Messages, oldest first, in the time zone that is active. At most one query: for what they quote."""
    shown: list[Bubble] = []
    day: date | None = None
    quoted = _quoted(messages)
    for message in messages:
        this = localtime(message.created_at).date()
        shown.append(_bubble(message, this if this != day else None, quoted.get(message.context_wamid)))
        day = this
    return shown


def _quoted(messages: Sequence[Message]) -> dict[str, Message]:
    here = {message.wamid: message for message in messages if message.wamid}
    wanted = {message.context_wamid for message in messages if message.context_wamid}
    elsewhere = wanted - set(here)
    if elsewhere:
        rows = Message.objects.for_clinic(messages[0].clinic_id).filter(
            conversation_id=messages[0].conversation_id, wamid__in=elsewhere
        )
        here |= {row.wamid: row for row in rows.select_related("staff") if row.wamid}
    return {wamid: here[wamid] for wamid in wanted if wamid in here}


def _bubble(message: Message, opens_day: date | None, answered: Message | None) -> Bubble:
    is_ours = message.direction == Direction.OUT
    content = _content(message)
    is_content_of_ours = is_ours and message.author not in (Author.PHONE, Author.AGENT)
    sent = content if is_content_of_ours else {}
    is_revoked = message.revoked_at is not None
    file = card_of(message)
    return Bubble(
        id=message.pk,
        is_ours=is_ours,
        author=_author(message) if is_ours else "",
        text="" if is_revoked else as_html(_text(message)),
        note="" if file else _note(message, content, is_content_of_ours=is_content_of_ours),
        file=file,
        choices=sent_kinds.choices(sent),
        list_button=str(sent.get("button", "")),
        at=message.created_at,
        state=message.state,
        state_words=state_words(message) if is_ours else "",
        tick=_TICKS.get(message.state, "") if is_ours else "",
        error=_error(message),
        opens_day=opens_day,
        line=line_words(message, incoming(content)) if is_line(message) else "",
        is_revoked=is_revoked,
        is_edited=message.edited_at is not None and not is_revoked,
        former="" if is_revoked else as_html(message.former_body),
        quote=_quote(answered) if answered else None,
        reactions=tuple(filter(None, (message.patient_reaction, message.clinic_reaction))),
        heading="" if is_revoked else sent_kinds.heading(sent),
        footing="" if is_revoked else sent_kinds.footing(sent),
        can_answer=bool(message.wamid) and not is_revoked,
        is_asked=is_ours and set_aside.messages.is_asked(message),
        is_left=message.state == MessageState.UNKNOWN and message.closed_at is not None,
        our_reaction=message.clinic_reaction,
        origin="" if is_content_of_ours else origin_words(incoming(content)),
    )


def _note(message: Message, content: dict[str, Any], *, is_content_of_ours: bool) -> str:
    if message.revoked_at is not None:
        return _("Deleted by the sender")
    if is_content_of_ours:
        return sent_kinds.kind_words(content) if message.body else type_words(message.type)
    return note_words(message, content)


def _text(message: Message) -> str:
    """A document's name stands on its card."""
    is_name = message.file is not None and message.body == message.file.name
    return "" if is_name else message.body


def _quote(answered: Message) -> Quote:
    author = _author(answered) if answered.direction == Direction.OUT else _("Patient")
    if answered.revoked_at is not None:
        return Quote(author, _("Deleted by the sender"))
    return Quote(author, answered.body[:_QUOTED] or type_words(answered.type))


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
