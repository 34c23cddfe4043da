"""What did the patient mean by this message?

Settled: `understand(state, incoming, vocabulary) -> Wish`.
"""

from __future__ import annotations

from whatsapp.conversation import choices
from whatsapp.conversation.facts import Vocabulary
from whatsapp.conversation.states import State
from whatsapp.conversation.wishes import (
    Acknowledge,
    AskPerson,
    CannotRead,
    Greet,
    Ignore,
    Incoming,
    NotUnderstood,
    Urgent,
    Wish,
)

from .intents import is_urgent
from .typed import read
from .words import plain

SILENT = frozenset(
    (
        "",
        "reaction",
        "unsupported",
        "system",
        "unknown",
        "ephemeral",
        "errors",
        "call_permission_reply",
    )
)
# What only a person can look at: exams, prescriptions, filled forms. Not a miss of the patient's.
FOR_A_PERSON = {
    "image": "file",
    "video": "file",
    "document": "file",
    "nfm_reply": "form",
    "order": "question",
}


def understand(state: State, incoming: Incoming, vocabulary: Vocabulary) -> Wish:
    """The wish behind a message, read in the light of the question it answers. Never raises."""
    if incoming.kind == "choice":
        # a quick reply of a template written elsewhere carries no id of ours: its words are read
        return choices.parse(incoming.choice_id) or read(incoming.title, state, vocabulary)
    if incoming.kind == "text":
        return read(incoming.text, state, vocabulary) if incoming.text.strip() else NotUnderstood()
    return _other(incoming)


def _other(incoming: Incoming) -> Wish:
    if incoming.type in SILENT:
        return Ignore()
    if incoming.type == "request_welcome":
        return Greet()
    if incoming.type == "contact_request":
        return Acknowledge()
    if incoming.text and is_urgent(plain(incoming.text)):
        return Urgent()
    reason = FOR_A_PERSON.get(incoming.type)
    return AskPerson(reason) if reason else CannotRead(incoming.type)
