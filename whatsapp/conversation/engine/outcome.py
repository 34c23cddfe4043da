"""How does a step end? With the next state and the actions, options remembered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from whatsapp.conversation import layout, texts
from whatsapp.conversation.actions import Action, HandOver, Message
from whatsapp.conversation.states import State, Step

Outcome = tuple[State, tuple[Action, ...]]


def ask(state: State, step: Step, message: Message, **changes: Any) -> Outcome:
    """A question: the next message is read as its answer."""
    return replace(state, step=step, options=layout.options_of((message,)), **changes), (message,)


def close(state: State, message: Message, *calls: Action) -> Outcome:
    """The matter is settled: everything about it is forgotten, but buttons of this message still count."""
    settled = State(greeted_on=state.greeted_on, options=layout.options_of((message,)))
    return settled, (message, *calls)


def hand_over(state: State, reason: str) -> Outcome:
    """A person takes the chat; what was asked for stands in it."""
    after = State(step=Step.PERSON, greeted_on=state.greeted_on)
    return after, (layout.say(texts.HANDED_OVER[reason]), HandOver(reason))


def joined(*parts: str) -> str:
    """Paragraphs, without the blank ones."""
    return "\n\n".join(part for part in parts if part)
