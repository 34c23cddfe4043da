"""What does a turn come to, given what the clinic offers and the patient has?

Both `needed` and `step` begin here, so they always speak of the same thing: questions with one possible answer are
skipped, things gone since a button was made are replaced by what is nearest to them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from whatsapp.conversation.actions import Event
from whatsapp.conversation.facts import AppointmentFact, OfferingFact, Vocabulary
from whatsapp.conversation.search import Search
from whatsapp.conversation.states import Purpose, State, Step
from whatsapp.conversation.wishes import (
    AboutAppointment,
    AskCancel,
    AskReschedule,
    BookForOther,
    CancelNow,
    ChooseSlot,
    ConfirmBooking,
    ConfirmPresence,
    GiveName,
    Greet,
    PickAppointment,
    RefuseName,
    ShowDays,
    ShowOfferings,
    ShowProfessionals,
    ShowTimes,
    Wish,
)

Turn = Wish | Event


def resolve(state: State, turn: Turn, vocabulary: Vocabulary) -> Turn:
    """The turn to be answered instead; often the same one."""
    resolver = RESOLVERS.get(type(turn))
    return resolver(state, turn, vocabulary) if resolver else turn


def current(state: State) -> Wish:
    """The wish that asks the present question again."""
    if state.slot is not None and state.step in (Step.NAME, Step.CONFIRM):
        return ChooseSlot(state.slot)
    questions: dict[Step, Wish] = {
        Step.OFFERING: ShowOfferings(state.search, state.page),
        Step.SLOT: ShowTimes(state.search, state.cursor),
        Step.DAY: ShowDays(state.search),
        Step.PROFESSIONAL: ShowProfessionals(state.search, state.page),
        Step.APPOINTMENTS: PickAppointment(state.purpose, state.page),
        Step.CONFIRM_CANCEL: AskCancel(state.appointment_id),
    }
    return questions.get(state.step, Greet())


def candidates(search: Search, vocabulary: Vocabulary) -> tuple[OfferingFact, ...]:
    """Offerings to choose from: those of the professional asked for, if any."""
    offerings = vocabulary.bookable()
    given = tuple(one for one in offerings if search.professional_id in one.professional_ids)
    return given or offerings


def usable(search: Search, vocabulary: Vocabulary) -> Search:
    """The search without a professional who does not give the offering."""
    offering = vocabulary.find_offering(search.offering_id)
    is_given = offering is not None and search.professional_id in offering.professional_ids
    is_given = is_given and vocabulary.find_professional(search.professional_id) is not None
    return search if is_given else replace(search, professional_id=None)


def movable(wish: AskReschedule, vocabulary: Vocabulary) -> AppointmentFact | None:
    """The one appointment meant: the one named, or the only one."""
    if wish.appointment_id is None and len(vocabulary.appointments) == 1:
        return vocabulary.appointments[0]
    return vocabulary.find_appointment(wish.appointment_id)


def times_for_moving(appointment: AppointmentFact, search: Search) -> ShowTimes:
    """New times for an appointment: the same offering, and the same professional unless another was named."""
    professional_id = search.professional_id or appointment.professional_id
    return ShowTimes(
        replace(
            search,
            offering_id=appointment.offering_id,
            professional_id=professional_id,
            replaces=appointment.id,
        )
    )


def _current_only(search: Search, vocabulary: Vocabulary) -> Search:
    """The search, forgetting an appointment to move that is no longer there."""
    return search if vocabulary.find_appointment(search.replaces) else replace(search, replaces=None)


def _offerings(_state: State, wish: ShowOfferings, vocabulary: Vocabulary) -> Turn:
    search = _current_only(wish.search, vocabulary)
    offered = candidates(search, vocabulary)
    if len(offered) == 1:
        return ShowTimes(replace(search, offering_id=offered[0].id))
    return ShowOfferings(replace(search, offering_id=None), wish.page)


def _times(state: State, wish: ShowTimes, vocabulary: Vocabulary) -> Turn:
    search = _current_only(wish.search, vocabulary)
    if vocabulary.find_offering(search.offering_id) is None:
        return _offerings(state, ShowOfferings(search), vocabulary)
    return ShowTimes(search, wish.cursor)


def _days(state: State, wish: ShowDays, vocabulary: Vocabulary) -> Turn:
    search = _current_only(wish.search, vocabulary)
    if vocabulary.find_offering(search.offering_id) is None:
        return _offerings(state, ShowOfferings(search), vocabulary)
    return ShowDays(usable(search, vocabulary))


def _professionals(state: State, wish: ShowProfessionals, vocabulary: Vocabulary) -> Turn:
    search = replace(_current_only(wish.search, vocabulary), professional_id=None)
    offering = vocabulary.find_offering(search.offering_id)
    if offering is None:
        return _offerings(state, ShowOfferings(search), vocabulary)
    if len(vocabulary.giving(offering)) == 1:
        return ShowTimes(search)
    return ShowProfessionals(search, wish.page)


def _choose(state: State, wish: ChooseSlot, vocabulary: Vocabulary) -> Turn:
    slot = wish.slot
    if vocabulary.find_offering(slot.offering_id) is None:
        return _offerings(state, ShowOfferings(slot.search()), vocabulary)
    replaced = vocabulary.find_appointment(slot.replaces)
    return wish if replaced else ChooseSlot(replace(slot, replaces=None))


def _confirm(state: State, wish: ConfirmBooking, vocabulary: Vocabulary) -> Turn:
    """Only the summary just shown books; an older button shows its summary again."""
    is_asked = state.step is Step.CONFIRM and state.slot == wish.slot
    chosen = _choose(state, ChooseSlot(wish.slot), vocabulary)
    return wish if is_asked and chosen == ChooseSlot(wish.slot) else chosen


def _named(state: State, wish: GiveName | RefuseName | BookForOther, vocabulary: Vocabulary) -> Turn:
    if state.slot is None:
        return Greet()
    return wish if vocabulary.find_offering(state.slot.offering_id) else _offerings(state, ShowOfferings(), vocabulary)


def _cancel(state: State, wish: CancelNow, vocabulary: Vocabulary) -> Turn:
    """Only the question just asked cancels; an older button asks again."""
    is_asked = state.step is Step.CONFIRM_CANCEL and state.appointment_id == wish.appointment_id
    is_there = vocabulary.find_appointment(wish.appointment_id) is not None
    return wish if is_asked and is_there else AskCancel(wish.appointment_id)


def _reschedule(_state: State, wish: AskReschedule, vocabulary: Vocabulary) -> Turn:
    if wish.appointment_id is None and len(vocabulary.appointments) > 1:
        return PickAppointment(Purpose.RESCHEDULE)
    return wish


def _ask_cancel(_state: State, wish: AskCancel, vocabulary: Vocabulary) -> Turn:
    if wish.appointment_id is not None:
        return wish
    if len(vocabulary.appointments) > 1:
        return PickAppointment(Purpose.CANCEL)
    return AskCancel(vocabulary.appointments[0].id) if vocabulary.appointments else wish


def _about(state: State, wish: AboutAppointment, vocabulary: Vocabulary) -> Turn:
    """What the button says, while the appointment is as the notice told; else the wish itself, which is answered with
    what became of it."""
    named = vocabulary.find_appointment(wish.appointment_id)
    if named is None or named.starts_at != wish.starts_at:
        return wish
    return resolve(state, ABOUT[wish.purpose](named.id), vocabulary)


ABOUT: dict[Purpose, Callable[[int], Wish]] = {
    Purpose.CONFIRM: ConfirmPresence,
    Purpose.RESCHEDULE: AskReschedule,
    Purpose.CANCEL: AskCancel,
}
RESOLVERS: dict[type, Callable[[State, Any, Vocabulary], Turn]] = {
    ShowOfferings: _offerings,
    ShowTimes: _times,
    ShowDays: _days,
    ShowProfessionals: _professionals,
    ChooseSlot: _choose,
    ConfirmBooking: _confirm,
    GiveName: _named,
    RefuseName: _named,
    BookForOther: _named,
    CancelNow: _cancel,
    AskReschedule: _reschedule,
    AskCancel: _ask_cancel,
    AboutAppointment: _about,
}
