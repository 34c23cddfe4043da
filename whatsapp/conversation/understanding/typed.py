"""What does a typed message want? The first reader that recognises it answers.

The order is the meaning: danger first, then what picks an option shown, then commands, then short answers, then wishes
for a time. While a name is asked for, only clear commands are not a name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from whatsapp.conversation.facts import Vocabulary
from whatsapp.conversation.search import ANYTHING, Search
from whatsapp.conversation.states import State, Step
from whatsapp.conversation.wishes import (
    Abandon,
    AskCancel,
    AskPerson,
    AskPrice,
    AskReschedule,
    BookForOther,
    CancelNow,
    ConfirmPresence,
    GiveName,
    Greet,
    NotUnderstood,
    RefuseName,
    SeeAppointments,
    ShowOfferings,
    ShowTimes,
    Thanks,
    Urgent,
    Wish,
)

from . import answers, intents
from .details import Details, join, read_details
from .intents import has, is_command
from .names import read_name
from .picking import first_time, pick, pick_time
from .words import GREETING, GREETING_CORE, NO, NO_CORE, THANKS, THANKS_CORE, YES, is_only, plain


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


def read(text: str, state: State, vocabulary: Vocabulary) -> Wish:
    typed = Typed(text, plain(text), state, vocabulary)
    readers = NAME_READERS if state.step is Step.NAME else READERS
    for reader in readers:
        wish = reader(typed)
        if wish is not None:
            return wish
    return RefuseName() if state.step is Step.NAME else NotUnderstood()


def _urgent(typed: Typed) -> Wish | None:
    return Urgent() if intents.is_urgent(typed.words) else None


def _health(typed: Typed) -> Wish | None:
    """Advice is never given; a complaint told while booking is no question."""
    is_asking = "?" in typed.text or not has(intents.BOOK, typed.words)
    if has(intents.ADVICE, typed.words) or (is_asking and has(intents.SYMPTOM, typed.words)):
        return AskPerson("health")
    return None


def _option(typed: Typed) -> Wish | None:
    return pick(typed.words, typed.state, typed.vocabulary)


def _other_person(typed: Typed) -> Wish | None:
    is_asked = typed.state.step in (Step.CONFIRM, Step.NAME) and typed.state.slot is not None
    return BookForOther() if is_asked and has(intents.OTHER_PERSON, typed.words) else None


def _person(typed: Typed) -> Wish | None:
    return AskPerson("asked") if is_command(intents.PERSON, typed.words) else None


def _greeting(typed: Typed) -> Wish | None:
    return Greet() if is_only(typed.words, GREETING, GREETING_CORE) else None


def _menu(typed: Typed) -> Wish | None:
    if has(intents.MENU, typed.words):
        return Greet()
    return answers.back(typed.state) if has(intents.BACK, typed.words) else None


def _yes(typed: Typed) -> Wish | None:
    is_yes = is_only(typed.words, YES, YES)
    return answers.yes(typed.words, typed.state, typed.vocabulary) if is_yes else None


def _no(typed: Typed) -> Wish | None:
    return answers.no(typed.state) if is_only(typed.words, NO, NO_CORE) else None


def _thanks(typed: Typed) -> Wish | None:
    return Thanks() if is_only(typed.words, THANKS, THANKS_CORE) else None


def _keep(typed: Typed) -> Wish | None:
    return Abandon() if has(intents.KEEP, typed.words) else None


def _reschedule(typed: Typed) -> Wish | None:
    words, state = typed.words, typed.state
    if not (is_command(intents.RESCHEDULE, words) or has(intents.CHANGE_PART, words)):
        return None
    details = typed.details()
    if answers.is_booking(state):
        return _change(details, typed)
    known = state.appointment_id if state.step is Step.CONFIRM_CANCEL else None
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


def _cancel(typed: Typed) -> Wish | None:
    """While booking, "cancelar" stops; "cancelar minha consulta", and elsewhere, it is about an appointment."""
    words, state = typed.words, typed.state
    if not is_command(intents.CANCEL, words):
        return None
    if state.step is Step.CONFIRM_CANCEL and state.appointment_id is not None:
        return CancelNow(state.appointment_id)
    is_about_booked = bool({"minha", "meu", "desmarcar", "desmarque"}.intersection(words.split()))
    if answers.is_booking(state) and not (is_about_booked and typed.vocabulary.appointments):
        return Abandon()
    return AskCancel(_meant(typed))


def _meant(typed: Typed) -> int | None:
    """The appointment of the day or the professional named, if that is one."""
    details = typed.details()
    fitting = [
        one.id
        for one in typed.vocabulary.appointments
        if _is_on(one.starts_at.astimezone(typed.vocabulary.zone).date(), details)
        and (details.professional is None or details.professional.id == one.professional_id)
    ]
    is_told = details.days is not None or details.professional is not None
    return fitting[0] if is_told and len(fitting) == 1 else None


def _is_on(day: object, details: Details) -> bool:
    return details.days is None or details.days[0] <= day < details.days[1]  # type: ignore[operator]


def _abandon(typed: Typed) -> Wish | None:
    if not has(intents.ABANDON, typed.words):
        return None
    is_open = typed.state.step not in answers.SETTLED
    return Abandon() if is_open else Thanks()


def _confirm(typed: Typed) -> Wish | None:
    if not has(intents.CONFIRM, typed.words) or has(intents.NOT_CONFIRM, typed.words):
        return None
    if typed.state.step in (Step.CONFIRM, Step.CONFIRM_CANCEL):
        return answers.yes("confirmo", typed.state, typed.vocabulary)
    return ConfirmPresence(_meant(typed)) if typed.vocabulary.appointments else None


def _appointments(typed: Typed) -> Wish | None:
    return SeeAppointments() if has(intents.APPOINTMENTS, typed.words) else None


def _price(typed: Typed) -> Wish | None:
    if not has(intents.PRICE, typed.words) or has(intents.EARLIEST, typed.words):
        return None
    offering = typed.details().offering
    return AskPrice(offering.id if offering else None)


def _question(typed: Typed) -> Wish | None:
    is_asking = "?" in typed.text or not has(intents.BOOK, typed.words)
    return AskPerson("question") if is_asking and has(intents.CLINIC_QUESTION, typed.words) else None


def _picked_appointment(typed: Typed) -> Wish | None:
    """ "a de sexta" when asked which of several."""
    if typed.state.step is not Step.APPOINTMENTS:
        return None
    meant = _meant(typed)
    if meant is None:
        return None
    purposes: dict[str, Wish] = {
        "cancel": AskCancel(meant),
        "reschedule": AskReschedule(meant),
        "confirm": ConfirmPresence(meant),
    }
    return purposes.get(typed.state.purpose.value)


def _ways_on(typed: Typed) -> Wish | None:
    words, state = typed.words, typed.state
    if has(intents.OTHER_PROFESSIONAL, words):
        return answers.other_professional(state)
    if typed.details().has_time:
        return None
    if has(intents.OTHER_DAY, words):
        return answers.other_day(state)
    if has(intents.MORE_TIMES, words) and answers.is_booking(state):
        return answers.more_times(state)
    if has(intents.EARLIEST, words) and state.step is Step.SLOT:
        return first_time(state)
    return answers.anyone(state) if has(intents.ANYONE, words) else None


def _time(typed: Typed) -> Wish | None:
    details = typed.details()
    picked = pick_time(details, typed.state, typed.vocabulary)
    if picked is not None:
        return picked
    if details.is_empty:
        return ShowOfferings(ANYTHING) if has(intents.BOOK, typed.words) else None
    return ShowTimes(join(details, typed.state, typed.vocabulary))


def _only_time(typed: Typed) -> Wish | None:
    details = typed.details()
    if not details.is_only_time and not (details.has_time and any(char.isdigit() for char in typed.text)):
        return None
    return ShowTimes(join(details, typed.state, typed.vocabulary))


def _short_command(typed: Typed) -> Wish | None:
    """A command of few words; a longer text with such a word in it may be a name."""
    if len(typed.words.split()) > 6:
        return None
    for reader in (_keep, _reschedule, _cancel, _abandon, _menu):
        wish = reader(typed)
        if wish is not None:
            return wish
    is_other = has(intents.MORE_TIMES, typed.words) or has(intents.OTHER_DAY, typed.words)
    is_other = is_other or has(intents.OTHER_PROFESSIONAL, typed.words)
    return _ways_on(typed) if is_other else None


def _name(typed: Typed) -> Wish | None:
    is_answer = is_only(typed.words, YES | THANKS, YES | THANKS_CORE)
    name = None if is_answer or "?" in typed.text else read_name(typed.text)
    return GiveName(name) if name else RefuseName()


READERS: tuple[Reader, ...] = (
    _urgent,
    _option,
    _other_person,
    _person,
    _greeting,
    _keep,
    _health,
    _yes,
    _no,
    _thanks,
    _menu,
    _reschedule,
    _cancel,
    _abandon,
    _confirm,
    _price,
    _appointments,
    _question,
    _picked_appointment,
    _ways_on,
    _time,
)
NAME_READERS: tuple[Reader, ...] = (
    _urgent,
    _person,
    _greeting,
    _other_person,
    _short_command,
    _no,
    _health,
    _price,
    _question,
    _only_time,
    _name,
)
