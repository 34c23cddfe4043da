"""What about the appointments a patient already has? Seen, cancelled, moved, confirmed."""

from __future__ import annotations

from collections.abc import Sequence

from whatsapp.conversation import choices, layout, texts
from whatsapp.conversation.actions import Cancel, Cancelled, Confirm, Confirmed, Message, Row
from whatsapp.conversation.engine.booking import times
from whatsapp.conversation.engine.choosing import show_offerings
from whatsapp.conversation.engine.outcome import Outcome, ask, close, joined
from whatsapp.conversation.engine.resolving import movable, resolve, times_for_moving
from whatsapp.conversation.facts import AppointmentFact, Facts
from whatsapp.conversation.search import Search
from whatsapp.conversation.states import Option, Purpose, State, Step
from whatsapp.conversation.wishes import (
    AboutAppointment,
    AskCancel,
    AskReschedule,
    CancelNow,
    ConfirmPresence,
    PickAppointment,
    SeeAppointments,
    ShowOfferings,
    ShowTimes,
)

QUESTIONS = {
    Purpose.CANCEL: texts.ASK_WHICH_CANCEL,
    Purpose.RESCHEDULE: texts.ASK_WHICH_RESCHEDULE,
    Purpose.CONFIRM: texts.ASK_WHICH_CONFIRM,
}
CHOICES = {
    Purpose.CANCEL: choices.cancel,
    Purpose.RESCHEDULE: choices.reschedule,
    Purpose.CONFIRM: choices.confirm_presence,
}


def see(state: State, _wish: SeeAppointments, facts: Facts, opening: str = "") -> Outcome:
    """The menu of somebody with appointments."""
    mine = facts.appointments
    if not mine:
        return none_booked(state, opening)
    known = mine[0].id if len(mine) == 1 else 0
    options = (
        (choices.offerings(Search()), texts.BOOK_ANOTHER),
        (choices.reschedule(known), texts.RESCHEDULE),
        (choices.cancel(known), texts.CANCEL),
    )
    text = joined(opening, texts.upcoming(mine, facts.vocabulary), texts.HOW_CAN_I_HELP)
    return ask(state, Step.MENU, layout.buttons(text, options), search=Search(), slot=None, name=None)


def none_booked(state: State, opening: str = "") -> Outcome:
    options = ((choices.offerings(Search()), texts.BOOK), (choices.PERSON, texts.PERSON))
    message = layout.buttons(joined(opening, texts.NO_APPOINTMENTS), options)
    return ask(state, Step.MENU, message, search=Search(), slot=None, name=None)


def pick(state: State, wish: PickAppointment, facts: Facts, opening: str = "") -> Outcome:
    """A list of appointments, page by page."""
    if not facts.appointments or wish.purpose not in CHOICES:
        return see(state, SeeAppointments(), facts, opening)
    text = joined(opening, QUESTIONS[wish.purpose])
    message = _appointment_list(text, facts, wish)
    return ask(state, Step.APPOINTMENTS, message, purpose=wish.purpose, page=wish.page, search=Search(), slot=None)


def ask_cancel(state: State, wish: AskCancel, facts: Facts, opening: str = "") -> Outcome:
    appointment = facts.vocabulary.find_appointment(wish.appointment_id)
    if appointment is None:
        return _gone(state, wish.appointment_id, facts)
    options = (
        (choices.cancel_yes(appointment.id), texts.CANCEL_YES),
        (choices.reschedule(appointment.id), texts.RESCHEDULE),
        (choices.ABANDON, texts.KEEP),
    )
    message = layout.buttons(joined(opening, texts.ask_cancel(appointment, facts.vocabulary)), options)
    return ask(state, Step.CONFIRM_CANCEL, message, appointment_id=appointment.id, slot=None)


def cancel(state: State, wish: CancelNow, _facts: Facts, _opening: str = "") -> Outcome:
    return state, (Cancel(wish.appointment_id),)


def cancelled(state: State, event: Cancelled, facts: Facts, _opening: str = "") -> Outcome:
    text = texts.cancelled(event.appointment, facts.vocabulary)
    options = ((choices.offerings(Search()), texts.BOOK_ANOTHER),)
    return close(state, layout.buttons(text, options))


def ask_reschedule(state: State, wish: AskReschedule, facts: Facts, opening: str = "") -> Outcome:
    appointment = movable(wish, facts.vocabulary)
    if appointment is None:
        return _gone(state, wish.appointment_id, facts)
    opening = joined(opening, texts.ask_new_time(appointment, facts.vocabulary))
    turn = resolve(state, times_for_moving(appointment, wish.search), facts.vocabulary)
    if isinstance(turn, ShowTimes):
        return times(state, turn, facts, opening)
    return show_offerings(state, ShowOfferings(Search(replaces=appointment.id)), facts, opening)


def confirm_presence(state: State, wish: ConfirmPresence, facts: Facts, _opening: str = "") -> Outcome:
    waiting = [one for one in facts.appointments if one.status != "confirmed"]
    named = facts.vocabulary.find_appointment(wish.appointment_id)
    if named is None and wish.appointment_id is not None:
        return _gone(state, wish.appointment_id, facts)
    if named is None and len(waiting) > 1:
        return pick(state, PickAppointment(Purpose.CONFIRM), facts)
    appointment = named or next(iter(waiting or facts.appointments), None)
    if appointment is None:
        return none_booked(state)
    if appointment.status == "confirmed":
        return close(state, layout.say(texts.confirmed(appointment, facts.vocabulary)))
    return state, (Confirm(appointment.id),)


def confirmed(state: State, event: Confirmed, facts: Facts, _opening: str = "") -> Outcome:
    return close(state, layout.say(texts.confirmed(event.appointment, facts.vocabulary)))


def stale(state: State, wish: AboutAppointment, facts: Facts, _opening: str = "") -> Outcome:
    """A button of a notice that is no longer true: moved, over, or not booked any more."""
    vocabulary = facts.vocabulary
    moved = vocabulary.find_appointment(wish.appointment_id)
    if moved is not None:
        ways = (
            (choices.about(Purpose.CONFIRM, moved.id, moved.starts_at), texts.CONFIRM),
            (choices.reschedule(moved.id), texts.RESCHEDULE),
            (choices.cancel(moved.id), texts.CANCEL),
        )
        message = layout.buttons(texts.moved_since(wish.starts_at, moved, vocabulary), ways)
        return ask(state, Step.MENU, message, search=Search(), slot=None, name=None)
    opening = texts.appointment_over(wish.starts_at, vocabulary) if wish.starts_at <= vocabulary.now else ""
    if facts.appointments:
        return see(state, SeeAppointments(), facts, opening or texts.APPOINTMENT_GONE)
    options = ((choices.offerings(Search()), texts.BOOK_ANOTHER), (choices.PERSON, texts.PERSON))
    message = layout.buttons(opening or texts.APPOINTMENT_GONE, options)
    return ask(state, Step.MENU, message, search=Search(), slot=None, name=None)


def _gone(state: State, appointment_id: int | None, facts: Facts) -> Outcome:
    opening = "" if appointment_id is None else texts.APPOINTMENT_GONE
    if not facts.appointments and opening:
        options = ((choices.offerings(Search()), texts.BOOK_ANOTHER), (choices.PERSON, texts.PERSON))
        return ask(state, Step.MENU, layout.buttons(opening, options), search=Search(), slot=None, name=None)
    return see(state, SeeAppointments(), facts, opening)


def _appointment_list(text: str, facts: Facts, wish: PickAppointment) -> Message:
    shown, more = _page(facts.appointments, wish)
    rows = [_row(one, wish.purpose, facts) for one in shown]
    return layout.menu(text, texts.SEE_APPOINTMENTS, rows, [Row(*one) for one in more])


def _page(mine: Sequence[AppointmentFact], wish: PickAppointment) -> tuple[Sequence[AppointmentFact], list[Option]]:
    if len(mine) <= layout.ROWS:
        return mine, []
    size = layout.ROWS - 1
    pages = -(-len(mine) // size)
    page = wish.page % pages
    following = choices.appointments(wish.purpose, (page + 1) % pages)
    return mine[page * size : (page + 1) * size], [(following, texts.MORE_OPTIONS)]


def _row(one: AppointmentFact, purpose: Purpose, facts: Facts) -> Row:
    title = texts.short_moment(one.starts_at, facts.vocabulary.zone)
    return Row(CHOICES[purpose](one.id), title, texts.offering_with(one.offering_name, one.professional_name))
