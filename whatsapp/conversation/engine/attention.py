"""What if it is not about a time? Greetings, thanks, prices, things not understood, and people who need a person."""

from __future__ import annotations

from dataclasses import replace

from whatsapp.conversation import layout, texts
from whatsapp.conversation.actions import NoteMarketing
from whatsapp.conversation.engine.outcome import Outcome, ask, close, hand_over, joined
from whatsapp.conversation.engine.questions import ask_question
from whatsapp.conversation.engine.resolving import current
from whatsapp.conversation.facts import Facts, OfferingFact
from whatsapp.conversation.states import State, Step
from whatsapp.conversation.wishes import (
    Acknowledge,
    AskPerson,
    AskPrice,
    CannotRead,
    Greet,
    Ignore,
    NotUnderstood,
    RefuseName,
    TellMarketing,
    Thanks,
    Urgent,
)

MISSES_BEFORE_PERSON = 3


def greet(state: State, wish: Greet, facts: Facts, opening: str = "") -> Outcome:
    """The menu, from the start. The hello itself is put before the day's first message whatever it is."""
    is_known_today = state.greeted_on == facts.vocabulary.today
    hello = opening or (texts.hello_again(facts.vocabulary) if is_known_today else "")
    fresh = State(greeted_on=state.greeted_on, misses=state.misses)
    return ask_question(fresh, wish, facts, hello)


def thanks(state: State, _wish: Thanks, _facts: Facts, _opening: str = "") -> Outcome:
    return state, (layout.say(texts.THANKS),)


def acknowledge(state: State, _wish: Acknowledge, _facts: Facts, _opening: str = "") -> Outcome:
    return state, (layout.say(texts.ACKNOWLEDGED),)


def ignore(state: State, _wish: Ignore, _facts: Facts, _opening: str = "") -> Outcome:
    return state, ()


def urgent(state: State, _wish: Urgent, _facts: Facts, _opening: str = "") -> Outcome:
    return hand_over(state, "urgent")


def person(state: State, wish: AskPerson, _facts: Facts, _opening: str = "") -> Outcome:
    reason = wish.reason if wish.reason in texts.HANDED_OVER else "asked"
    return hand_over(state, reason)


def marketing(state: State, wish: TellMarketing, facts: Facts, _opening: str = "") -> Outcome:
    """Answered and written down; a question that is open is asked again, so that no "ok" to this answers that one."""
    text = texts.MARKETING_ALLOWED if wish.is_wanted else texts.MARKETING_STOPPED
    call = NoteMarketing(wish.is_wanted)
    if not state.is_open(facts.vocabulary.today):
        return close(state, layout.say(text), call)
    after, actions = _again(state, facts, text)
    return after, (*actions, call)


def price(state: State, wish: AskPrice, facts: Facts, _opening: str = "") -> Outcome:
    """The price the clinic has written down, and on with the question; without one, somebody answers."""
    priced = [one for one in _asked_about(state, wish, facts) if one.price is not None]
    if not priced:
        return person(state, AskPerson("question"), facts)
    return _again(state, facts, texts.prices(priced))


def not_understood(state: State, _wish: NotUnderstood, facts: Facts, _opening: str = "") -> Outcome:
    is_first_word = state.greeted_on != facts.vocabulary.today and state.step is Step.IDLE
    return _missed(state, facts, "" if is_first_word else texts.FIRST_MISS)


def cannot_read(state: State, wish: CannotRead, facts: Facts, _opening: str = "") -> Outcome:
    return _missed(state, facts, texts.UNREADABLE.get(wish.type, texts.UNREADABLE_KIND))


def refuse_name(state: State, wish: RefuseName, _facts: Facts, _opening: str = "") -> Outcome:
    if wish.is_waiting:
        return ask(state, Step.NAME, layout.say(texts.WAITING_FOR_NAME))
    misses = state.misses + 1
    if misses >= MISSES_BEFORE_PERSON:
        return hand_over(state, "not_understood")
    text = texts.BAD_NAME if misses == 1 else joined(texts.FIRST_NAME_MISS, texts.BAD_NAME_AGAIN)
    return ask(state, Step.NAME, layout.say(text), misses=misses)


def _missed(state: State, facts: Facts, first_words: str) -> Outcome:
    """The question again, differently; the third time a person."""
    misses = state.misses + 1
    if misses >= MISSES_BEFORE_PERSON:
        return hand_over(state, "not_understood")
    after, actions = _again(state, facts, first_words if misses == 1 else texts.SECOND_MISS)
    return replace(after, misses=misses), actions


def _again(state: State, facts: Facts, opening: str) -> Outcome:
    if state.step is Step.NAME and state.slot is not None:
        return ask(state, Step.NAME, layout.say(joined(opening, texts.ASK_NAME)))
    return ask_question(state, current(state), facts, opening)


def _asked_about(state: State, wish: AskPrice, facts: Facts) -> tuple[OfferingFact, ...]:
    """The offering named, else the one being booked, else all."""
    named = facts.vocabulary.find_offering(wish.offering_id or state.search.offering_id)
    return (named,) if named else facts.vocabulary.bookable()
