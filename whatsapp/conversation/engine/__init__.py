"""What is answered, and what is done?

Settled: `needed(state, turn, vocabulary) -> tuple[SlotQuery, ...]`, `step(state, turn, facts) -> (State,
tuple[Action, ...])`; a turn is a wish or an event. `facts.found` must come from exactly the queries `needed` named
for the same turn. At most one message and one call with an event in a step.
"""

from __future__ import annotations

from dataclasses import replace

from whatsapp.conversation import layout, texts
from whatsapp.conversation.actions import (
    Action,
    Booked,
    Buttons,
    Cancelled,
    Confirmed,
    Event,
    ListMessage,
    Refused,
    Rescheduled,
    Say,
    SlotTaken,
)
from whatsapp.conversation.engine import appointments, attention, booking
from whatsapp.conversation.engine.outcome import Outcome
from whatsapp.conversation.engine.queries import queries
from whatsapp.conversation.engine.questions import Handler, ask_question
from whatsapp.conversation.engine.resolving import resolve
from whatsapp.conversation.facts import Facts, Vocabulary
from whatsapp.conversation.slot_search import SlotQuery
from whatsapp.conversation.states import State
from whatsapp.conversation.wishes import (
    Abandon,
    AboutAppointment,
    Acknowledge,
    AskPerson,
    AskPrice,
    BookForOther,
    CancelNow,
    CannotRead,
    ChooseSlot,
    ConfirmBooking,
    ConfirmPresence,
    GiveName,
    Greet,
    Ignore,
    NotUnderstood,
    RefuseName,
    ShowDays,
    ShowProfessionals,
    ShowTimes,
    TellMarketing,
    Thanks,
    Urgent,
    Wish,
)

HANDLERS: dict[type, Handler] = {
    Greet: attention.greet,
    Thanks: attention.thanks,
    Acknowledge: attention.acknowledge,
    Ignore: attention.ignore,
    Urgent: attention.urgent,
    AskPerson: attention.person,
    AskPrice: attention.price,
    TellMarketing: attention.marketing,
    NotUnderstood: attention.not_understood,
    CannotRead: attention.cannot_read,
    RefuseName: attention.refuse_name,
    ConfirmBooking: booking.confirm_booking,
    GiveName: booking.give_name,
    BookForOther: booking.ask_other_name,
    Abandon: booking.abandon,
    CancelNow: appointments.cancel,
    ConfirmPresence: appointments.confirm_presence,
    AboutAppointment: appointments.stale,
    Booked: booking.booked,
    Rescheduled: booking.rescheduled,
    SlotTaken: booking.taken,
    Refused: booking.refused,
    Cancelled: appointments.cancelled,
    Confirmed: appointments.confirmed,
}
UNGREETED = (Ignore, Urgent, TellMarketing, Booked, Rescheduled, Cancelled, Confirmed, SlotTaken, Refused)
STILL_MISSING = (NotUnderstood, CannotRead, RefuseName, Ignore)


def needed(state: State, turn: Wish | Event, vocabulary: Vocabulary) -> tuple[SlotQuery, ...]:
    """The free times `step` will want for the same state and turn, for `slot_search.find`. Never raises."""
    return queries(state, turn, vocabulary)


def step(state: State, turn: Wish | Event, facts: Facts) -> tuple[State, tuple[Action, ...]]:
    """The next state, and what to do in order. Never raises."""
    resolved = resolve(state, turn, facts.vocabulary)
    handler = HANDLERS.get(type(resolved), ask_question)
    if not isinstance(turn, STILL_MISSING):
        state = replace(state, misses=0)
    outcome = handler(state, resolved, facts, texts.OFFERING_GONE if _is_gone(turn, facts.vocabulary) else "")
    return outcome if isinstance(turn, UNGREETED) else _introduced(outcome, facts.vocabulary)


def _is_gone(turn: Wish | Event, vocabulary: Vocabulary) -> bool:
    """Does a button speak of an offering the clinic no longer has?"""
    if isinstance(turn, ChooseSlot | ConfirmBooking):
        return vocabulary.find_offering(turn.slot.offering_id) is None
    if isinstance(turn, ShowTimes | ShowDays | ShowProfessionals):
        wanted = turn.search.offering_id
        return wanted is not None and vocabulary.find_offering(wanted) is None
    return False


def _introduced(outcome: Outcome, vocabulary: Vocabulary) -> Outcome:
    """The clinic says who it is in the first message of a day."""
    state, actions = outcome
    if not actions or state.greeted_on == vocabulary.today:
        return outcome
    first, *others = actions
    if not isinstance(first, Say | Buttons | ListMessage):
        return outcome
    greeted = replace(state, greeted_on=vocabulary.today)
    return greeted, (layout.prefix(texts.hello(vocabulary), first), *others)
