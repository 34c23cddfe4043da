"""Which offering and which professional does a message name? Safe guesses only: two that fit equally are none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TypeVar

from whatsapp.conversation.facts import OfferingFact, ProfessionalFact, Vocabulary

from .days import WEEKDAYS
from .words import FILLER, GREETING, MONTHS, NO, NUMBERS, ORDINALS, THANKS, YES, is_like, plain, set_of

TITLES = set_of("dr dra doutor doutora prof profa professor professora enf enfermeiro enfermeira sr sra")
COMMON = (
    set_of("dia dias manha tarde noite hora horas horario horarios semana mes hoje amanha feira")
    | set_of("quero queria gostaria preciso marcar agendar remarcar cancelar desmarcar confirmar")
    | set_of("depois antes medico medica paciente clinica nome")
    | FILLER
    | GREETING
    | frozenset(NUMBERS)
    | frozenset(ORDINALS)
    | frozenset(WEEKDAYS)
    | frozenset(MONTHS)
    | NO
    | THANKS
    | YES
)
SPECIALTY_STEM = 6
T = TypeVar("T")


def find_offering(words: str, vocabulary: Vocabulary) -> OfferingFact | None:
    """The offering whose whole name is there (the longest), else the only one a telling word points to."""
    offerings = vocabulary.bookable()
    names = [_telling(one.name) for one in offerings]
    said = words.split()
    hits = [[part for part in name if _is_said(part, said)] for name in names]
    whole = [(len(name), one) for name, hit, one in zip(names, hits, offerings, strict=True) if name and hit == name]
    return _best(whole) or _only_pointed_to(names, hits, offerings)


def find_professional(words: str, vocabulary: Vocabulary) -> ProfessionalFact | None:
    """The professional with most parts of the name in the message, else the only one of the specialty named."""
    said = [word for word in words.split() if word not in COMMON]
    counted = [(len(_hits(_name_parts(one), said)), one) for one in vocabulary.professionals]
    return _best([pair for pair in counted if pair[0]]) or _by_specialty(said, vocabulary)


def _only_pointed_to(
    names: Sequence[list[str]], hits: Sequence[list[str]], offerings: Sequence[OfferingFact]
) -> OfferingFact | None:
    uses = Counter(part for name in names for part in set(name))
    pointed = [one for hit, one in zip(hits, offerings, strict=True) if any(uses[part] == 1 for part in hit)]
    return pointed[0] if len(pointed) == 1 else None


def _by_specialty(said: Sequence[str], vocabulary: Vocabulary) -> ProfessionalFact | None:
    stems = {word[:SPECIALTY_STEM] for word in said if len(word) >= SPECIALTY_STEM}
    fitting = [
        one
        for one in vocabulary.professionals
        if any(part[:SPECIALTY_STEM] in stems for part in plain(one.specialty).split() if len(part) >= SPECIALTY_STEM)
    ]
    return fitting[0] if len(fitting) == 1 else None


def _best(scored: Iterable[tuple[int, T]]) -> T | None:
    """The one with the highest score, if it is alone there."""
    ranked = sorted(scored, key=lambda pair: -pair[0])
    if not ranked or (len(ranked) > 1 and ranked[0][0] == ranked[1][0]):
        return None
    return ranked[0][1]


def _telling(name: str) -> list[str]:
    return [part for part in plain(name).split() if part not in FILLER]


def _name_parts(one: ProfessionalFact) -> list[str]:
    parts = plain(one.name).split()
    return [part for part in parts if len(part) >= 3 and part not in TITLES and part not in COMMON]


def _hits(parts: Sequence[str], said: Sequence[str]) -> list[str]:
    return [part for part in parts if _is_said(part, said)]


def _is_said(part: str, said: Sequence[str]) -> bool:
    return any(word == part or (word not in COMMON and is_like(word, part)) for word in said)
