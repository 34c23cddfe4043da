"""How does a chosen time become an appointment?

Nothing is booked that is not in the answer just given: a name, or "Confirmar" under the summary shown last.
"""

from __future__ import annotations

from dataclasses import replace

from whatsapp.conversation import choices, layout, texts
from whatsapp.conversation.actions import Book, Booked, Refused, Rescheduled, SlotTaken
from whatsapp.conversation.engine.choosing import list_times, no_times, only_time_asked_for, show_times
from whatsapp.conversation.engine.outcome import Outcome, ask, close, hand_over, joined
from whatsapp.conversation.engine.queries import queries
from whatsapp.conversation.engine.resolving import usable
from whatsapp.conversation.facts import AppointmentFact, Facts, Vocabulary
from whatsapp.conversation.search import Slot, around
from whatsapp.conversation.states import State, Step
from whatsapp.conversation.wishes import Abandon, BookForOther, ChooseSlot, ConfirmBooking, GiveName, ShowTimes


def times(state: State, wish: ShowTimes, facts: Facts, opening: str = "") -> Outcome:
    """Free times to choose from; the one asked for exactly is already chosen."""
    only = only_time_asked_for(wish, facts)
    if only is None:
        return show_times(state, wish, facts, opening)
    state = replace(state, search=replace(usable(wish.search, facts.vocabulary), near=None))
    return choose_slot(state, ChooseSlot(only), facts, opening)


def choose_slot(state: State, wish: ChooseSlot, facts: Facts, opening: str = "") -> Outcome:
    slot = wish.slot
    own = _own_at(slot, facts.vocabulary)
    if own is not None:
        return close(state, layout.say(joined(texts.ALREADY_BOOKED, texts.appointment(own, facts.vocabulary))))
    if not _is_free(slot, facts):
        return _others(state, wish, facts, texts.SLOT_NOT_FREE)
    return ask_to_confirm(state, slot, facts, opening)


def ask_to_confirm(state: State, slot: Slot, facts: Facts, opening: str = "") -> Outcome:
    """The last question: the name of somebody new, else a summary with buttons."""
    vocabulary = facts.vocabulary
    name = state.name or vocabulary.patient_name
    if not name and slot.replaces is None:
        return ask_name(state, slot, vocabulary, opening)
    replaced = vocabulary.find_appointment(slot.replaces)
    text = _summary(slot, replaced, name or "", state.name is None, vocabulary)
    options = (
        (choices.confirm(slot), texts.CONFIRM),
        (choices.times(around(slot, state.search)), texts.CHANGE_TIME),
        (choices.ABANDON, texts.KEEP if replaced else texts.CANCEL),
    )
    return ask(state, Step.CONFIRM, layout.buttons(joined(opening, text), options), slot=slot)


def ask_name(state: State, slot: Slot, vocabulary: Vocabulary, opening: str = "") -> Outcome:
    text = texts.ask_name(_details(slot, vocabulary))
    return ask(state, Step.NAME, layout.say(joined(opening, text)), slot=slot)


def ask_other_name(state: State, _wish: BookForOther, facts: Facts, _opening: str = "") -> Outcome:
    if state.slot is None:
        return no_times(state, facts)
    text = texts.ask_other_name(_details(state.slot, facts.vocabulary))
    return ask(state, Step.NAME, layout.say(text), name=None)


def give_name(state: State, wish: GiveName, facts: Facts, _opening: str = "") -> Outcome:
    if state.slot is None:
        return no_times(state, facts)
    return book(replace(state, name=wish.name), state.slot)


def confirm_booking(state: State, wish: ConfirmBooking, facts: Facts, _opening: str = "") -> Outcome:
    own = _own_at(wish.slot, facts.vocabulary)
    if own is not None:
        return choose_slot(state, ChooseSlot(wish.slot), facts)
    if not (state.name or facts.vocabulary.patient_name) and wish.slot.replaces is None:
        return ask_name(state, wish.slot, facts.vocabulary)
    return book(state, wish.slot)


def book(state: State, slot: Slot) -> Outcome:
    """The call; what is said follows from its outcome."""
    name = state.name if slot.replaces is None else None
    call = Book(slot.offering_id, slot.professional_id, slot.starts_at, name, slot.replaces)
    return replace(state, slot=slot), (call,)


def booked(state: State, event: Booked, facts: Facts, _opening: str = "") -> Outcome:
    name = state.name or facts.vocabulary.patient_name or ""
    return close(state, layout.say(texts.booked(event.appointment, facts.vocabulary, name)))


def rescheduled(state: State, event: Rescheduled, facts: Facts, _opening: str = "") -> Outcome:
    return close(state, layout.say(texts.rescheduled(event.appointment, facts.vocabulary)))


def taken(state: State, event: SlotTaken, facts: Facts, _opening: str = "") -> Outcome:
    return _others(state, event, facts, texts.SLOT_GONE)


def refused(state: State, event: Refused, _facts: Facts, _opening: str = "") -> Outcome:
    if event.code == "calendar_unknown":
        return hand_over(state, event.code)
    words = texts.REFUSED.get(event.code, texts.REFUSED_KIND)
    options = ((choices.MENU, texts.MENU), (choices.PERSON, texts.PERSON))
    return close(state, layout.buttons(joined(words, texts.WHAT_NOW), options))


def abandon(state: State, _wish: Abandon, _facts: Facts, _opening: str = "") -> Outcome:
    is_about_existing = state.step in (Step.APPOINTMENTS, Step.CONFIRM_CANCEL) or state.search.replaces
    is_about_existing = is_about_existing or (state.slot is not None and state.slot.replaces is not None)
    return close(state, layout.say(texts.ALL_AS_IT_WAS if is_about_existing else texts.NOTHING_BOOKED))


def _others(state: State, turn: ChooseSlot | SlotTaken, facts: Facts, opening: str) -> Outcome:
    tried = queries(state, turn, facts.vocabulary)
    if not facts.found.slots or facts.found.relaxed >= len(tried):
        return no_times(state, facts, texts.SLOT_TAKEN_ALONE)
    return list_times(state, tried[facts.found.relaxed], facts, opening)


def _is_free(slot: Slot, facts: Facts) -> bool:
    return facts.found.relaxed == 0 and any(
        free.professional_id == slot.professional_id and free.starts_at == slot.starts_at for free in facts.found.slots
    )


def _own_at(slot: Slot, vocabulary: Vocabulary) -> AppointmentFact | None:
    return next(
        (
            one
            for one in vocabulary.appointments
            if one.professional_id == slot.professional_id and one.starts_at == slot.starts_at
        ),
        None,
    )


def _details(slot: Slot, vocabulary: Vocabulary) -> str:
    offering = vocabulary.find_offering(slot.offering_id)
    professional = vocabulary.find_professional(slot.professional_id)
    return texts.whole(
        offering.name if offering else "",
        professional.name if professional else "",
        slot.starts_at,
        vocabulary,
    )


def _summary(slot: Slot, replaced: AppointmentFact | None, name: str, is_known: bool, vocabulary: Vocabulary) -> str:
    details = _details(slot, vocabulary)
    if replaced is not None:
        return texts.summary_of_move(texts.appointment(replaced, vocabulary), details)
    return texts.summary(details, name, is_known)
