"""What does a message say about the time wanted, and how does it join what was said before?"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta

from whatsapp.conversation.facts import OfferingFact, ProfessionalFact, Vocabulary
from whatsapp.conversation.search import ANYTHING, Search, around
from whatsapp.conversation.states import State, Step

from .days import Period, find_days
from .hours import Hours, find_hours
from .mentions import find_offering, find_professional
from .words import FILLER, set_of

GREETINGS = re.compile(r"\b(?:bom dia|boa tarde|boa noite)\b")
AROUND_TIMES = set_of("quero queria prefiro seria melhor tem teria pode ser so horario horarios se tiver vaga livre")
FLOW = (Step.OFFERING, Step.SLOT, Step.DAY, Step.PROFESSIONAL)


@dataclass(frozen=True)
class Details:
    """Parts of a wish for a time; `rest` = the words that named none of the days and hours."""

    offering: OfferingFact | None
    professional: ProfessionalFact | None
    days: Period | None
    hours: Hours
    rest: str

    @property
    def has_time(self) -> bool:
        return self.days is not None or bool(self.hours)

    @property
    def is_empty(self) -> bool:
        return not (self.has_time or self.offering or self.professional)

    @property
    def is_only_time(self) -> bool:
        """Nothing but days and hours was said."""
        return self.has_time and all(word in FILLER or word in AROUND_TIMES for word in self.rest.split())


def read_details(words: str, vocabulary: Vocabulary) -> Details:
    spoken = GREETINGS.sub(" ", words)
    days, rest = find_days(spoken, vocabulary.today)
    hours, rest = find_hours(rest)
    rest = " ".join(rest.split())
    professional = find_professional(rest, vocabulary)
    offering = find_offering(rest, vocabulary) or _only_offering_of(professional, vocabulary)
    return Details(offering, professional, days, hours, rest)


def join(details: Details, state: State, vocabulary: Vocabulary) -> Search:
    """The search of the question being asked, with what was said now laid over it."""
    search = _searched_so_far(state, details, vocabulary)
    if details.offering is not None:
        search = replace(search, offering_id=details.offering.id)
    if details.professional is not None:
        search = replace(search, professional_id=details.professional.id)
    if details.days is not None:
        first, last = details.days
        search = replace(search.anytime(), from_date=first, to_date=last)
    if details.hours:
        hours = details.hours
        search = replace(search, from_time=hours.from_time, to_time=hours.to_time, near=hours.near)
    return search


def _searched_so_far(state: State, details: Details, vocabulary: Vocabulary) -> Search:
    if state.step in FLOW:
        return state.search
    if state.step in (Step.NAME, Step.CONFIRM) and state.slot is not None:
        day = state.slot.starts_at.astimezone(vocabulary.zone).date()
        same_day = details.hours and details.days is None
        search = around(state.slot, state.search)
        return replace(search, from_date=day, to_date=day + timedelta(days=1)) if same_day else search
    return ANYTHING


def _only_offering_of(professional: ProfessionalFact | None, vocabulary: Vocabulary) -> OfferingFact | None:
    if professional is None:
        return None
    given = [one for one in vocabulary.bookable() if professional.id in one.professional_ids]
    return given[0] if len(given) == 1 else None
