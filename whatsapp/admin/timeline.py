"""Which way did a message go, told in words with its times?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from whatsapp.admin.words import error_words
from whatsapp.models import LADDER, Message, MessageEvent, MessageState

WORDS: dict[str, Promise] = {
    MessageState.SENT: gettext_lazy("WhatsApp has taken it"),
    MessageState.DELIVERED: gettext_lazy("Arrived on the phone"),
    MessageState.READ: gettext_lazy("Read"),
    MessageState.PLAYED: gettext_lazy("Listened to"),
    MessageState.FAILED: gettext_lazy("Not delivered"),
}


@dataclass(frozen=True)
class Step:
    """One thing that happened; `at` None when nobody said when. `note`: the reason, or what comes next."""

    words: str
    at: datetime | None
    note: str = ""
    rung: int = len(LADDER)


def timeline(message: Message) -> list[Step]:
    """Oldest first. Needs `message.events`."""
    return [
        Step(_("Written by: %(author)s") % {"author": message.get_author_display()}, message.created_at),
        *sorted(_told(message), key=_moment),
        *_now(message),
    ]


def _moment(step: Step) -> tuple[int, int]:
    """WhatsApp counts whole seconds: of what happened in the same one, the lower rung came first."""
    return int(step.at.timestamp()) if step.at else 0, step.rung


def _rung(state: str) -> int:
    return LADDER.index(state) if state in LADDER else len(LADDER)


def _told(message: Message) -> Iterator[Step]:
    events = list(message.events.all())
    for event in events:
        yield Step(_state_words(event), event.at, error_words(event.error_code), _rung(event.state))
    if message.sent_at is not None and all(event.state != MessageState.SENT for event in events):
        yield Step(str(WORDS[MessageState.SENT]), message.sent_at, rung=_rung(MessageState.SENT))


def _state_words(event: MessageEvent) -> str:
    return str(WORDS.get(event.state) or _("WhatsApp reports: %(word)s") % {"word": event.state})


def _now(message: Message) -> Iterator[Step]:
    """Where it stands, when that is not told by a report."""
    if message.state == MessageState.QUEUED:
        yield Step(_waiting_words(message), message.not_before, error_words(message.error_code))
    elif message.state == MessageState.SENDING:
        yield Step(_("Being sent"), None)
    elif message.state == MessageState.UNKNOWN:
        yield Step(_("Sent, without an answer of WhatsApp"), message.unknown_since, error_words(message.error_code))
    elif message.state == MessageState.FAILED and all(one.state != MessageState.FAILED for one in message.events.all()):
        yield Step(str(WORDS[MessageState.FAILED]), None, error_words(message.error_code))


def _waiting_words(message: Message) -> str:
    if not message.attempts:
        return _("Waits for its turn")
    return _("Tried %(number)s times without success; next attempt:") % {"number": message.attempts}
