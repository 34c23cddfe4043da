"""What is a message read against? Its words, the question asked, and what the clinic knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from whatsapp.conversation.facts import Vocabulary
from whatsapp.conversation.states import State
from whatsapp.conversation.wishes import Wish

from .details import Details, read_details


@dataclass(frozen=True)
class Typed:
    """A message with what it is read against."""

    text: str
    words: str
    state: State
    vocabulary: Vocabulary

    def details(self) -> Details:
        return read_details(self.words, self.vocabulary)


Reader = Callable[[Typed], Wish | None]
"""Answers with what it recognises, else None."""
