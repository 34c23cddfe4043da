"""How is a question asked? By the kind of wish that leads to it, after resolving."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from whatsapp.conversation.engine import appointments, booking, choosing
from whatsapp.conversation.engine.outcome import Outcome
from whatsapp.conversation.engine.resolving import Turn, resolve
from whatsapp.conversation.facts import Facts
from whatsapp.conversation.states import State
from whatsapp.conversation.wishes import (
    AskCancel,
    AskReschedule,
    ChooseSlot,
    Greet,
    PickAppointment,
    SeeAppointments,
    ShowDays,
    ShowOfferings,
    ShowProfessionals,
    ShowTimes,
)

Handler = Callable[[State, Any, Facts, str], Outcome]


def ask_question(state: State, turn: Turn, facts: Facts, opening: str = "") -> Outcome:
    """The question behind a wish. Anything else is answered with the menu."""
    resolved = resolve(state, turn, facts.vocabulary)
    return QUESTIONS.get(type(resolved), menu)(state, resolved, facts, opening)


def menu(state: State, _wish: object, facts: Facts, opening: str = "") -> Outcome:
    if facts.appointments:
        return appointments.see(state, SeeAppointments(), facts, opening)
    return ask_question(state, ShowOfferings(), facts, opening)


QUESTIONS: dict[type, Handler] = {
    Greet: menu,
    ShowOfferings: choosing.show_offerings,
    ShowTimes: booking.times,
    ShowDays: choosing.show_days,
    ShowProfessionals: choosing.show_professionals,
    ChooseSlot: booking.choose_slot,
    SeeAppointments: appointments.see,
    PickAppointment: appointments.pick,
    AskCancel: appointments.ask_cancel,
    AskReschedule: appointments.ask_reschedule,
}
