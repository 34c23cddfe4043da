"""Which of the options last shown does an answer pick? By number, by title, by time."""

from __future__ import annotations

import re

from whatsapp.conversation import choices
from whatsapp.conversation.facts import Vocabulary
from whatsapp.conversation.search import Slot
from whatsapp.conversation.states import State, Step
from whatsapp.conversation.wishes import ChooseSlot, Wish

from .details import Details
from .words import NUMBERS, ORDINALS, plain, set_of

POSITION = re.compile(
    r"^(?:quero |prefiro |pode ser |fico com )?(?:a |o )?(?:opcao |numero |item |n |no )?(?:a "
    r"|o )?(?P<which>\d{1,2}[ao]?|[a-z]+)"
    r"(?: (?:opcao|horario|item|mesmo|um|uma|por favor|favor|dele|deles|da lista))*$"
)
DAYLIKE = set_of("segunda terca quarta quinta")


def pick(words: str, state: State, vocabulary: Vocabulary) -> Wish | None:
    """The wish behind the option meant, or None."""
    titled = _by_title(words, state)
    if titled is not None:
        return titled
    position = _position(words, state)
    if position is None or not state.options:
        return None
    return _by_hour(position, state, vocabulary) or _at(position, state)


def pick_time(details: Details, state: State, vocabulary: Vocabulary) -> Wish | None:
    """The one time shown that has exactly the hour said, and the day and professional if those were said."""
    if state.step is not Step.SLOT or details.hours.near is None or details.offering is not None:
        return None
    fitting = [slot for slot in _slots(state) if _fits(slot, details, vocabulary)]
    return ChooseSlot(fitting[0]) if len(fitting) == 1 else None


def first_time(state: State) -> Wish | None:
    slots = _slots(state) if state.step is Step.SLOT else []
    return ChooseSlot(slots[0]) if slots else None


def first_option(state: State) -> Wish | None:
    return choices.parse(state.options[0][0]) if state.options else None


def _fits(slot: Slot, details: Details, vocabulary: Vocabulary) -> bool:
    local = slot.starts_at.astimezone(vocabulary.zone)
    is_day = details.days is None or details.days[0] <= local.date() < details.days[1]
    is_who = details.professional is None or details.professional.id == slot.professional_id
    return is_day and is_who and local.time() == details.hours.near


def _slots(state: State) -> list[Slot]:
    wishes = (choices.parse(choice_id) for choice_id, _ in state.options)
    return [wish.slot for wish in wishes if isinstance(wish, ChooseSlot)]


def _by_title(words: str, state: State) -> Wish | None:
    titles = {plain(title): choice_id for choice_id, title in state.options}
    return choices.parse(titles[words]) if words and words in titles else None


def _position(words: str, state: State) -> int | None:
    match = POSITION.match(words)
    if not match:
        return None
    which = match["which"]
    if which[0].isdigit():
        return int(which.rstrip("ao"))
    is_day = which in DAYLIKE and state.step in (Step.SLOT, Step.DAY) and "opcao" not in words
    return None if is_day else NUMBERS.get(which) or ORDINALS.get(which)


def _at(position: int, state: State) -> Wish | None:
    if position == -1:
        times = [option for option in state.options if option[0].startswith("slot:")]
        return choices.parse((times or state.options)[-1][0])
    return choices.parse(state.options[position - 1][0]) if 1 <= position <= len(state.options) else None


def _by_hour(position: int, state: State, vocabulary: Vocabulary) -> Wish | None:
    """ "10" under seven times, one of them at 10:00, is that one."""
    slots = _slots(state)
    if state.step is not Step.SLOT or 1 <= position <= len(slots):
        return None
    fitting = [slot for slot in slots if slot.starts_at.astimezone(vocabulary.zone).hour == position]
    return ChooseSlot(fitting[0]) if len(fitting) == 1 else None
