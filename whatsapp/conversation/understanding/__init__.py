"""What did the patient mean by this message?

Settled: `understand(state, incoming, vocabulary) -> Wish`.
"""

from __future__ import annotations

from whatsapp.conversation import choices
from whatsapp.conversation.facts import Vocabulary
from whatsapp.conversation.states import State
from whatsapp.conversation.wishes import CannotRead, Ignore, Incoming, NotUnderstood, Wish

from .typed import read

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
        "request_welcome",
    )
)


def understand(state: State, incoming: Incoming, vocabulary: Vocabulary) -> Wish:
    """The wish behind a message, read in the light of the question it answers. Never raises."""
    if incoming.kind == "choice":
        # a quick reply of a template written elsewhere carries no id of ours: its words are read
        return choices.parse(incoming.choice_id) or read(incoming.title, state, vocabulary)
    if incoming.kind == "text":
        return read(incoming.text, state, vocabulary) if incoming.text.strip() else NotUnderstood()
    return Ignore() if incoming.type in SILENT else CannotRead(incoming.type)
