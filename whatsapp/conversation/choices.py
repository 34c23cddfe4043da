"""What does a pressed button or row mean?

Ids are self-contained: an old button still says all it meant, whatever the conversation is about now. `parse` is
the inverse of the makers, and answers None for ids nobody here made.

Settled ids: `menu` `abandon` `person` `offerings:<page>:<search>` `times:<search>` (an offering, a day or a
professional was chosen) `more:<search>:<unix minutes>:<professional>` `days:<search>` `professionals:<page>:<search>`
`slot:<slot>` `confirm:<slot>` `appointments:<purpose>:<page>` `cancel:<appointment>` `cancel_yes:<appointment>`
`reschedule:<appointment>` `confirm_presence:<appointment>` (appointment 0: the patient is asked which)
`about:<purpose>:<appointment>:<unix minutes>` (a template's button: an appointment as it was then).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from atendeai.common.whole_numbers import parse_whole

from .search import Cursor, Search, Slot, minutes_of, parse_minutes, parse_search, parse_slot
from .states import Purpose, parse_cursor
from .wishes import (
    Abandon,
    AboutAppointment,
    AskCancel,
    AskPerson,
    AskReschedule,
    CancelNow,
    ChooseSlot,
    ConfirmBooking,
    ConfirmPresence,
    Greet,
    PickAppointment,
    ShowDays,
    ShowOfferings,
    ShowProfessionals,
    ShowTimes,
    Wish,
)

MENU = "menu"
ABANDON = "abandon"
PERSON = "person"


def offerings(search: Search, page: int = 0) -> str:
    return f"offerings:{page}:{search.code()}"


def times(search: Search) -> str:
    return f"times:{search.code()}"


def more(search: Search, cursor: Cursor) -> str:
    return f"more:{search.code()}:{minutes_of(cursor.starts_at)}:{cursor.professional_id}"


def days(search: Search) -> str:
    return f"days:{search.code()}"


def professionals(search: Search, page: int = 0) -> str:
    return f"professionals:{page}:{search.code()}"


def slot(chosen: Slot) -> str:
    return f"slot:{chosen.code()}"


def confirm(chosen: Slot) -> str:
    return f"confirm:{chosen.code()}"


def appointments(purpose: Purpose, page: int = 0) -> str:
    return f"appointments:{purpose.value}:{page}"


def cancel(appointment_id: int = 0) -> str:
    return f"cancel:{appointment_id}"


def cancel_yes(appointment_id: int) -> str:
    return f"cancel_yes:{appointment_id}"


def reschedule(appointment_id: int = 0) -> str:
    return f"reschedule:{appointment_id}"


def confirm_presence(appointment_id: int = 0) -> str:
    return f"confirm_presence:{appointment_id}"


def about(purpose: Purpose, appointment_id: int, starts_at: datetime) -> str:
    return f"about:{purpose.value}:{appointment_id}:{minutes_of(starts_at)}"


def parse(choice_id: str) -> Wish | None:
    """The wish behind a choice id, or None."""
    kind, _, rest = choice_id.partition(":")
    plain = PLAIN.get(choice_id)
    if plain is not None:
        return plain
    reader = READERS.get(kind)
    return reader(rest) if reader else None


def _offerings(rest: str) -> Wish | None:
    page, search = _paged(rest)
    return None if page is None else ShowOfferings(search, page)


def _professionals(rest: str) -> Wish | None:
    page, search = _paged(rest)
    return None if page is None else ShowProfessionals(search, page)


def _paged(rest: str) -> tuple[int | None, Search]:
    page, _, code = rest.partition(":")
    return parse_whole(page), parse_search(code) or Search()


def _times(rest: str) -> Wish | None:
    search = parse_search(rest)
    return None if search is None else ShowTimes(search)


def _more(rest: str) -> Wish | None:
    code, _, position = rest.partition(":")
    search, cursor = parse_search(code), parse_cursor(position)
    return None if search is None or cursor is None else ShowTimes(search, cursor)


def _days(rest: str) -> Wish | None:
    search = parse_search(rest)
    return None if search is None else ShowDays(search)


def _slot(rest: str) -> Wish | None:
    chosen = parse_slot(rest)
    return None if chosen is None else ChooseSlot(chosen)


def _confirm(rest: str) -> Wish | None:
    chosen = parse_slot(rest)
    return None if chosen is None else ConfirmBooking(chosen)


def _appointments(rest: str) -> Wish | None:
    name, _, number = rest.partition(":")
    page = parse_whole(number)
    if page is None or name not in list(Purpose):
        return None
    return PickAppointment(Purpose(name), page)


def _cancel(rest: str) -> Wish | None:
    number = parse_whole(rest)
    return None if number is None else AskCancel(number or None)


def _cancel_yes(rest: str) -> Wish | None:
    number = parse_whole(rest)
    return None if number is None else CancelNow(number)


def _reschedule(rest: str) -> Wish | None:
    number = parse_whole(rest)
    return None if number is None else AskReschedule(number or None)


def _confirm_presence(rest: str) -> Wish | None:
    number = parse_whole(rest)
    return None if number is None else ConfirmPresence(number or None)


def _about(rest: str) -> Wish | None:
    name, _, place = rest.partition(":")
    number, _, minutes = place.partition(":")
    appointment_id, starts_at = parse_whole(number), parse_minutes(minutes)
    if not appointment_id or starts_at is None or name not in ABOUT:
        return None
    return AboutAppointment(Purpose(name), appointment_id, starts_at)


ABOUT = frozenset((Purpose.CONFIRM, Purpose.RESCHEDULE, Purpose.CANCEL))
PLAIN: dict[str, Wish] = {MENU: Greet(), ABANDON: Abandon(), PERSON: AskPerson()}
READERS: dict[str, Callable[[str], Wish | None]] = {
    "offerings": _offerings,
    "times": _times,
    "more": _more,
    "days": _days,
    "professionals": _professionals,
    "slot": _slot,
    "confirm": _confirm,
    "appointments": _appointments,
    "cancel": _cancel,
    "cancel_yes": _cancel_yes,
    "reschedule": _reschedule,
    "confirm_presence": _confirm_presence,
    "about": _about,
}
