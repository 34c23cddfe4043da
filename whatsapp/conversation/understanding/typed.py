"""What does a typed message want? The first reader that recognises it answers.

The order is the meaning: danger first, then no to promotions, then what picks an option shown, then commands, then
short answers, then wishes for a time. While a name is asked for, only clear commands are not a name.
"""

from __future__ import annotations

from whatsapp.conversation.facts import Vocabulary
from whatsapp.conversation.search import ANYTHING
from whatsapp.conversation.states import SETTLED, State, Step
from whatsapp.conversation.wishes import (
    Abandon,
    Acknowledge,
    AskCancel,
    AskPerson,
    AskPrice,
    BookForOther,
    GiveName,
    Greet,
    NotUnderstood,
    RefuseName,
    ShowOfferings,
    ShowTimes,
    TellMarketing,
    Thanks,
    Urgent,
    Wish,
)

from . import answers, appointments, cancelling, intents, marketing
from .details import join, read_details
from .intents import has, is_command
from .message import Reader, Typed
from .names import read_name
from .picking import first_time, pick, pick_time
from .words import GRATEFUL, GREETING, GREETING_CORE, NO, NO_CORE, THANKS, THANKS_CORE, YES, YES_CORE, is_only, plain


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


def _marketing(typed: Typed) -> Wish | None:
    """Before what could take "não quero mais" for an appointment. Under an open question a bare "parar" leaves that."""
    words = typed.words
    is_bare = has(marketing.BARE_STOP, words) and not typed.state.is_open(typed.vocabulary.today)
    if is_bare or has(marketing.STOP, words):
        return TellMarketing(is_wanted=False)
    return TellMarketing(is_wanted=True) if has(marketing.RESUME, words) else None


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


def _relative(typed: Typed) -> Wish | None:
    """ "é minha filha": who it is for, not yet what they are called."""
    return BookForOther() if typed.state.slot is not None and has(intents.IS_RELATIVE, typed.words) else None


def _waiting(typed: Typed) -> Wish | None:
    """A moment is asked for, with no command in the same breath; to talk it over at home is no call for a person."""
    if not has(intents.WAIT, typed.words):
        return None
    others = (intents.CANCEL, intents.RESCHEDULE, intents.PERSON, intents.ABANDON)
    words = intents.AT_HOME.sub(" ", intents.LET_ME.sub(" ", typed.words)).strip()
    return None if any(is_command(one, words) for one in others) else RefuseName(is_waiting=True)


def _person(typed: Typed) -> Wish | None:
    return AskPerson("asked") if is_command(intents.PERSON, typed.words) else None


def _greeting(typed: Typed) -> Wish | None:
    is_hello = is_only(typed.words, GREETING, GREETING_CORE) or (
        has(intents.HELLO, typed.words) and is_only(typed.words, GREETING, GREETING)
    )
    return Greet() if is_hello else None


def _agreed(typed: Typed) -> Wish | None:
    """ "tá bom", "tudo bem" under a question are a yes; "tudo bem?" otherwise a greeting."""
    if not has(intents.AGREED, typed.words) or "?" in typed.text:
        return None
    if typed.state.step in (Step.CONFIRM, Step.PRESENCE):
        return answers.yes("ok", typed.state, typed.vocabulary)
    return None if has(intents.HELLO, typed.words) else Acknowledge()


def _bare_number(typed: Typed) -> Wish | None:
    """A number beyond the options: an hour under times, a day under days."""
    if not typed.words.isdigit() or typed.state.step not in (Step.SLOT, Step.DAY):
        return None
    meant = f"{typed.words}h" if typed.state.step is Step.SLOT else f"dia {typed.words}"
    details = read_details(meant, typed.vocabulary)
    return ShowTimes(join(details, typed.state, typed.vocabulary)) if details.has_time else None


def _menu(typed: Typed) -> Wish | None:
    if has(intents.MENU, typed.words):
        return Greet()
    return answers.back(typed.state) if has(intents.BACK, typed.words) else None


def _yes(typed: Typed) -> Wish | None:
    is_yes = is_only(typed.words, YES | THANKS, YES_CORE)
    if not is_yes or (typed.state.step in SETTLED and has(intents.BOOK, typed.words)):
        return None
    return answers.yes(typed.words, typed.state, typed.vocabulary)


def _no(typed: Typed) -> Wish | None:
    if answers.is_booking(typed.state) and has(intents.REJECTED, typed.words):
        return answers.no(typed.state)
    if not is_only(typed.words, NO | GRATEFUL, NO_CORE):
        return None
    is_declined = answers.is_booking(typed.state) and not GRATEFUL.isdisjoint(typed.words.split())
    return Abandon() if is_declined else answers.no(typed.state)


def _thanks(typed: Typed) -> Wish | None:
    if not is_only(typed.words, THANKS, THANKS_CORE):
        return None
    return Acknowledge() if GRATEFUL.isdisjoint(typed.words.split()) else Thanks()


def _keep(typed: Typed) -> Wish | None:
    return Abandon() if has(intents.KEEP, typed.words) else None


def _abandon(typed: Typed) -> Wish | None:
    if not has(intents.ABANDON, typed.words):
        return None
    is_open = typed.state.step not in SETTLED
    if not is_open and typed.vocabulary.appointments and has(intents.CANCEL, typed.words):
        return AskCancel()
    return Abandon() if is_open else Acknowledge()


def _price(typed: Typed) -> Wish | None:
    if not has(intents.PRICE, typed.words) or has(intents.EARLIEST, typed.words):
        return None
    offering = typed.details().offering
    return AskPrice(offering.id if offering else None)


def _question(typed: Typed) -> Wish | None:
    is_asking = "?" in typed.text or not has(intents.BOOK, typed.words)
    return AskPerson("question") if is_asking and has(intents.CLINIC_QUESTION, typed.words) else None


def _ways_on(typed: Typed) -> Wish | None:
    words, state = typed.words, typed.state
    if has(intents.OTHER_PROFESSIONAL, words):
        return answers.other_professional(state)
    if has(intents.EARLIEST, words) and state.step is Step.SLOT:
        return first_time(state)
    if typed.details().has_time:
        return None
    if has(intents.OTHER_DAY, words):
        return answers.other_day(state)
    if has(intents.MORE_TIMES, words) and answers.is_booking(state):
        return answers.more_times(state)
    return answers.anyone(state) if has(intents.ANYONE, words) else None


def _time(typed: Typed) -> Wish | None:
    details = typed.details()
    picked = pick_time(details, typed.state, typed.vocabulary)
    if picked is not None:
        return picked
    if details.is_empty:
        is_booking = any(has(one, typed.words) for one in (intents.BOOK, intents.EARLIEST, intents.ANYONE))
        return ShowOfferings(ANYTHING) if is_booking else None
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
    for reader in (_keep, appointments.reschedule, appointments.cancel, _abandon, _menu):
        wish = reader(typed)
        if wish is not None:
            return wish
    is_other = has(intents.MORE_TIMES, typed.words) or has(intents.OTHER_DAY, typed.words)
    is_other = is_other or has(intents.OTHER_PROFESSIONAL, typed.words)
    return _ways_on(typed) if is_other else None


def _asking(typed: Typed) -> Wish | None:
    """A question where a name was asked for; without the look of one, it is a name."""
    if "?" not in typed.text and not has(intents.ASKING, typed.words):
        return None
    return _health(typed) or _price(typed) or _question(typed)


def _name(typed: Typed) -> Wish | None:
    is_answer = is_only(typed.words, YES | THANKS, YES | THANKS_CORE)
    name = None if is_answer or "?" in typed.text else read_name(typed.text)
    return GiveName(name) if name else RefuseName()


READERS: tuple[Reader, ...] = (
    _urgent,
    _marketing,
    _option,
    _bare_number,
    _other_person,
    _person,
    cancelling.answer,
    _agreed,
    _greeting,
    _keep,
    _health,
    _yes,
    _abandon,
    _no,
    _thanks,
    _menu,
    appointments.reschedule,
    appointments.cancel,
    appointments.confirm,
    _price,
    appointments.see,
    _question,
    appointments.picked,
    _ways_on,
    _time,
)
NAME_READERS: tuple[Reader, ...] = (
    _urgent,
    _marketing,
    _waiting,
    _person,
    _greeting,
    _other_person,
    _relative,
    _short_command,
    _no,
    _asking,
    _only_time,
    _name,
)
