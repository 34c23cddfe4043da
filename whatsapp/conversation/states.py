"""Where in the conversation are we?

A `State` lives as JSON beside the conversation. Whatever is found there, `from_json` answers with a state: what
cannot be read is a fresh one, because a patient must never be stuck on an old version's words.

Settled: `State()` is the fresh state (also after a person gives the conversation back). `to_json()` /
`State.from_json(value)`. `options` are the (id, title) pairs last shown, for answers such as "1" or "a segunda".
`name`: told, not yet booked with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from atendeai.common.whole_numbers import parse_whole

from .search import ANYTHING, Cursor, Search, Slot, minutes_of, parse_minutes, parse_search, parse_slot

Option = tuple[str, str]
T = TypeVar("T")


class Step(StrEnum):
    """The question the patient was last asked."""

    IDLE = "idle"
    MENU = "menu"
    OFFERING = "offering"
    SLOT = "slot"
    DAY = "day"
    PROFESSIONAL = "professional"
    NAME = "name"
    CONFIRM = "confirm"
    APPOINTMENTS = "appointments"
    CONFIRM_CANCEL = "confirm_cancel"
    # Asked by a reminder whether they come; `appointment_id` says to which.
    PRESENCE = "presence"
    PERSON = "person"


SETTLED = (Step.IDLE, Step.MENU, Step.PERSON, Step.PRESENCE)


class Purpose(StrEnum):
    """What the patient wants with the appointment being picked from a list."""

    SEE = "see"
    CANCEL = "cancel"
    RESCHEDULE = "reschedule"
    CONFIRM = "confirm"


@dataclass(frozen=True)
class State:
    step: Step = Step.IDLE
    search: Search = ANYTHING
    cursor: Cursor | None = None
    page: int = 0
    slot: Slot | None = None
    appointment_id: int | None = None
    purpose: Purpose = Purpose.SEE
    name: str | None = None
    misses: int = 0
    greeted_on: date | None = None
    options: tuple[Option, ...] = ()

    def is_open(self, today: date) -> bool:
        """Is a question of today waiting for its answer? One of yesterday is not what a bare "parar" speaks of."""
        return self.step not in SETTLED and self.greeted_on in (None, today)

    def to_json(self) -> dict[str, Any]:
        return {
            "step": self.step.value,
            "search": self.search.code(),
            "cursor": f"{minutes_of(self.cursor.starts_at)}:{self.cursor.professional_id}" if self.cursor else "",
            "page": self.page,
            "slot": self.slot.code() if self.slot else "",
            "appointment": self.appointment_id,
            "purpose": self.purpose.value,
            "name": self.name,
            "misses": self.misses,
            "greeted_on": self.greeted_on.isoformat() if self.greeted_on else "",
            "options": [list(option) for option in self.options],
        }

    @classmethod
    def from_json(cls, stored: object) -> State:
        """A state, fresh if anything in `stored` is not what `to_json` writes."""
        try:
            return _read(stored) if isinstance(stored, dict) and set(stored) == FIELDS else cls()
        except (TypeError, ValueError):
            return cls()


FIELDS = frozenset(State().to_json())
LOOKING = (Step.OFFERING, Step.SLOT, Step.DAY, Step.PROFESSIONAL, Step.NAME)


def after_notice(state: State) -> State:
    """Once a notice stands in the chat: "sim" is no answer to what was asked before it; a search goes on."""
    return state if state.step in LOOKING else State(greeted_on=state.greeted_on)


def after_reminder(state: State, appointment_id: int, options: tuple[Option, ...]) -> State:
    """Once a reminder stands in the chat: a short answer says whether they come."""
    return State(Step.PRESENCE, appointment_id=appointment_id, greeted_on=state.greeted_on, options=options)


def parse_cursor(text: str) -> Cursor | None:
    minutes, _, professional = text.partition(":")
    starts_at = parse_minutes(minutes)
    professional_id = parse_whole(professional)
    if starts_at is None or professional_id is None:
        return None
    return Cursor(starts_at, professional_id)


def _read(stored: dict[str, Any]) -> State:
    return State(
        step=Step(stored["step"]),
        search=_filled(stored["search"], parse_search) or Search(),
        cursor=_filled(stored["cursor"], parse_cursor),
        page=_whole(stored["page"]),
        slot=_filled(stored["slot"], parse_slot),
        appointment_id=None if stored["appointment"] is None else _whole(stored["appointment"]),
        purpose=Purpose(stored["purpose"]),
        name=None if stored["name"] is None else _text(stored["name"]),
        misses=_whole(stored["misses"]),
        greeted_on=_filled(stored["greeted_on"], date.fromisoformat),
        options=tuple((_text(one), _text(other)) for one, other in map(_list, _list(stored["options"]))),
    )


def _filled(stored: object, parse: Callable[[str], T | None]) -> T | None:
    text = _text(stored)
    if not text:
        return None
    value = parse(text)
    if value is None:
        raise ValueError("not written by to_json")
    return value


def _text(stored: object) -> str:
    if not isinstance(stored, str):
        raise TypeError("a text was expected")
    return stored


def _list(stored: object) -> list[Any]:
    if not isinstance(stored, list):
        raise TypeError("a list was expected")
    return stored


def _whole(stored: object) -> int:
    if not isinstance(stored, int) or isinstance(stored, bool) or stored < 0:
        raise TypeError("a whole number was expected")
    return stored
