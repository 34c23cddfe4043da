"""What do "sim", "não", "voltar", "outro dia" answer to? Short words take their meaning from the question."""

from __future__ import annotations

from dataclasses import replace

from whatsapp.conversation import choices
from whatsapp.conversation.facts import Vocabulary
from whatsapp.conversation.search import ANYTHING, Search, around
from whatsapp.conversation.states import SETTLED, State, Step
from whatsapp.conversation.wishes import (
    Abandon,
    Acknowledge,
    AskCancel,
    ConfirmBooking,
    ConfirmPresence,
    Greet,
    NotUnderstood,
    RefuseName,
    ShowDays,
    ShowOfferings,
    ShowProfessionals,
    ShowTimes,
    Wish,
)

from .picking import first_option, first_time
from .words import SURE

LISTS = (Step.OFFERING, Step.SLOT, Step.DAY, Step.PROFESSIONAL)


def is_booking(state: State) -> bool:
    """Is a time being looked for or about to be booked?"""
    return state.step in (*LISTS, Step.NAME, Step.CONFIRM)


def search_of(state: State) -> Search:
    """What is being looked for at the moment."""
    if state.step in (Step.NAME, Step.CONFIRM) and state.slot is not None:
        return around(state.slot, state.search)
    return state.search if is_booking(state) else ANYTHING


def yes(words: str, state: State, vocabulary: Vocabulary) -> Wish:
    if state.step is Step.CONFIRM and state.slot is not None:
        return ConfirmBooking(state.slot)
    if state.step is Step.PRESENCE and state.appointment_id is not None:
        return ConfirmPresence(state.appointment_id)
    if state.step is Step.NAME:
        return RefuseName()
    if state.step not in SETTLED:
        only = first_time(state) if len(_times(state)) == 1 else None
        return only or NotUnderstood()
    is_sure = not SURE.isdisjoint(words.split())
    if is_sure and len(state.options) in (1, 2):
        return first_option(state) or Greet()
    if is_sure:
        return ConfirmPresence() if vocabulary.appointments else Greet()
    return Acknowledge()


def no(state: State) -> Wish:
    if state.step in (Step.NAME, Step.CONFIRM):
        return ShowTimes(search_of(state))
    if state.step is Step.SLOT:
        return ShowDays(state.search.anytime())
    if state.step in (Step.DAY, Step.PROFESSIONAL):
        return ShowTimes(state.search.anytime())
    if state.step is Step.PRESENCE and state.appointment_id is not None:
        return AskCancel(state.appointment_id)
    if state.step in (Step.APPOINTMENTS, Step.CONFIRM_CANCEL, Step.OFFERING):
        return Abandon()
    return Acknowledge()


def back(state: State) -> Wish:
    if state.step in (Step.NAME, Step.CONFIRM):
        return ShowTimes(search_of(state))
    if state.step in (Step.DAY, Step.PROFESSIONAL):
        return ShowTimes(state.search.anytime())
    if state.step is Step.SLOT:
        return ShowOfferings(Search(replaces=state.search.replaces))
    return Greet()


def other_day(state: State) -> Wish:
    if state.step is Step.DAY:
        return _shown(state, "days:") or ShowDays(state.search.anytime())
    return ShowDays(search_of(state).anytime())


def more_times(state: State) -> Wish:
    """The next page of the list shown; elsewhere the list itself."""
    if state.step is Step.SLOT:
        return _shown(state, "more:") or ShowDays(state.search.anytime())
    return ShowTimes(search_of(state))


def other_professional(state: State) -> Wish:
    if state.step is Step.PROFESSIONAL:
        return _shown(state, "professionals:") or ShowProfessionals(state.search)
    return ShowProfessionals(replace(search_of(state), professional_id=None))


def anyone(state: State) -> Wish | None:
    if state.step is Step.PROFESSIONAL:
        return ShowTimes(replace(state.search, professional_id=None))
    if state.step is Step.DAY:
        return ShowTimes(state.search.anytime())
    return first_time(state) if state.step is Step.SLOT else None


def _shown(state: State, kind: str) -> Wish | None:
    """The way on that the list shown offers, if it does."""
    return next((choices.parse(one) for one, _ in state.options if one.startswith(kind)), None)


def _times(state: State) -> list[str]:
    return [one for one, _ in state.options if one.startswith("slot:")]
