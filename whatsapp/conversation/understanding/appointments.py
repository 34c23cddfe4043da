"""Is the message about an appointment there already is? To see, cancel, move or confirm it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from whatsapp.conversation.search import Search
from whatsapp.conversation.states import State, Step
from whatsapp.conversation.wishes import (
    Abandon,
    AskCancel,
    AskReschedule,
    ConfirmPresence,
    NotUnderstood,
    SeeAppointments,
    ShowTimes,
    Wish,
)

from . import answers, intents
from .details import Details, join, read_details
from .intents import has, is_command
from .message import Typed


def reschedule(typed: Typed) -> Wish | None:
    words, state = typed.words, typed.state
    if not (is_command(intents.RESCHEDULE, words) or has(intents.CHANGE_PART, words)):
        return None
    if answers.is_booking(state):
        return _change(typed.details(), typed)
    old, _, new = words.rpartition(" para ")
    details = read_details(new, typed.vocabulary)
    if old and details.has_time:
        known = meant(replace(typed, words=old))
    else:
        details, known = typed.details(), None
    if state.step is Step.CONFIRM_CANCEL:
        known = state.appointment_id
    return AskReschedule(known, _without_offering(join(details, State(), typed.vocabulary)))


def _without_offering(search: Search) -> Search:
    """An appointment is moved as what it is."""
    return replace(search, offering_id=None)


def _change(details: Details, typed: Typed) -> Wish:
    if details.has_time:
        return ShowTimes(join(details, typed.state, typed.vocabulary))
    if has(intents.OTHER_DAY, typed.words) or " dia" in typed.words or " data" in typed.words:
        return answers.other_day(typed.state)
    return ShowTimes(answers.search_of(typed.state).anytime())


def cancel(typed: Typed) -> Wish | None:
    """While booking, "cancelar" stops; "cancelar minha consulta", and elsewhere, it is about an appointment."""
    words, state = typed.words, typed.state
    if not is_command(intents.CANCEL, words):
        return None
    if state.step is Step.CONFIRM_CANCEL:
        return AskCancel(meant(typed) or state.appointment_id)
    is_about_booked = bool({"minha", "meu", "desmarcar", "desmarque"}.intersection(words.split()))
    if answers.is_booking(state) and not (is_about_booked and typed.vocabulary.appointments):
        return Abandon()
    return AskCancel(meant(typed))


def meant(typed: Typed) -> int | None:
    """The appointment of the day or the professional named, if that is one; with neither, the one reminded of."""
    details = typed.details()
    fitting = [
        one.id
        for one in typed.vocabulary.appointments
        if _is_on(one.starts_at.astimezone(typed.vocabulary.zone).date(), details)
        and (details.professional is None or details.professional.id == one.professional_id)
    ]
    is_told = details.days is not None or details.professional is not None
    if not is_told and typed.state.step is Step.PRESENCE:
        return typed.state.appointment_id
    return fitting[0] if is_told and len(fitting) == 1 else None


def _is_on(day: date, details: Details) -> bool:
    return details.days is None or details.days[0] <= day < details.days[1]


def confirm(typed: Typed) -> Wish | None:
    state = typed.state
    asked_about = state.appointment_id if state.step is Step.CONFIRM_CANCEL else None
    if has(intents.NOT_CONFIRM, typed.words):
        is_own = typed.vocabulary.appointments and not answers.is_booking(state)
        return AskCancel(meant(typed) or asked_about) if is_own else None
    if not has(intents.CONFIRM, typed.words):
        return None
    if asked_about is not None:
        return NotUnderstood()
    if state.step is Step.CONFIRM:
        return answers.yes("confirmo", state, typed.vocabulary)
    return ConfirmPresence(meant(typed)) if typed.vocabulary.appointments else None


def see(typed: Typed) -> Wish | None:
    return SeeAppointments() if has(intents.APPOINTMENTS, typed.words) else None


def picked(typed: Typed) -> Wish | None:
    """ "a de sexta" when asked which of several."""
    if typed.state.step is not Step.APPOINTMENTS:
        return None
    known = meant(typed)
    if known is None:
        return None
    purposes: dict[str, Wish] = {
        "cancel": AskCancel(known),
        "reschedule": AskReschedule(known),
        "confirm": ConfirmPresence(known),
    }
    return purposes.get(typed.state.purpose.value)
