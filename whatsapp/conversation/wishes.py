"""What did the patient mean?

Small frozen values, each complete by itself: `understand` has already joined a typed word with the question it
answers.

Settled: `Incoming(kind, text, choice_id, title, type)`: kind "text" (typed; also a caption), "choice" (a button or
row: `choice_id`, `title`; a template's quick reply too, its payload as `choice_id`), "other" (`type` = the
provider's type). `Ignore` wants no answer and changes nothing: `step` returns the same state and no actions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from .search import ANYTHING, Cursor, Search, Slot
from .states import Purpose


@dataclass(frozen=True)
class Incoming:
    kind: Literal["text", "choice", "other"]
    text: str = ""
    choice_id: str = ""
    title: str = ""
    type: str = ""


@dataclass(frozen=True)
class Greet:
    """Hello, the menu, or from the start again."""


@dataclass(frozen=True)
class ShowOfferings:
    search: Search = ANYTHING
    page: int = 0


@dataclass(frozen=True)
class ShowTimes:
    """Free times; asks for the offering first if the search lacks it."""

    search: Search
    cursor: Cursor | None = None


@dataclass(frozen=True)
class ShowDays:
    """Days with free times, from the search's first day on."""

    search: Search


@dataclass(frozen=True)
class ShowProfessionals:
    search: Search
    page: int = 0


@dataclass(frozen=True)
class ChooseSlot:
    slot: Slot


@dataclass(frozen=True)
class ConfirmBooking:
    slot: Slot


@dataclass(frozen=True)
class GiveName:
    name: str


@dataclass(frozen=True)
class RefuseName:
    """An answer to the name question that cannot be a name; `is_waiting`: they asked for a moment."""

    is_waiting: bool = False


@dataclass(frozen=True)
class BookForOther:
    """The appointment being made is for another person."""


@dataclass(frozen=True)
class Abandon:
    """Stop what is going on; appointments stay as they are."""


@dataclass(frozen=True)
class SeeAppointments:
    """What is booked for me?"""


@dataclass(frozen=True)
class PickAppointment:
    """Which of several: to cancel, to move or to confirm."""

    purpose: Purpose
    page: int = 0


@dataclass(frozen=True)
class AskCancel:
    appointment_id: int | None = None


@dataclass(frozen=True)
class CancelNow:
    appointment_id: int


@dataclass(frozen=True)
class AskReschedule:
    """Move an appointment; `search` holds what was said about the new time."""

    appointment_id: int | None = None
    search: Search = ANYTHING


@dataclass(frozen=True)
class ConfirmPresence:
    appointment_id: int | None = None


@dataclass(frozen=True)
class AboutAppointment:
    """A button of a notice that spoke of an appointment at a time: confirm, move or cancel it, if it is still so."""

    purpose: Purpose
    appointment_id: int
    starts_at: datetime


@dataclass(frozen=True)
class AskPrice:
    offering_id: int | None = None


@dataclass(frozen=True)
class TellMarketing:
    """Promotional messages: no more of them, or welcome again. No word about an appointment."""

    is_wanted: bool


@dataclass(frozen=True)
class Thanks:
    """Thanks: nothing is asked."""


@dataclass(frozen=True)
class Acknowledge:
    """Ok, good-bye, never mind: nothing is asked."""


@dataclass(frozen=True)
class AskPerson:
    """`reason`: "asked", "question" (nothing we can answer), "health" (never answered by a machine), "file" or "form"
    (something only a person can look at)."""

    reason: str = "asked"


@dataclass(frozen=True)
class Urgent:
    """Words of an emergency."""


@dataclass(frozen=True)
class NotUnderstood:
    pass


@dataclass(frozen=True)
class CannotRead:
    """Audio, place, sticker: what has to be said again in writing."""

    type: str = ""


@dataclass(frozen=True)
class Ignore:
    """Kinds the provider does not pass on, and what wants no answer."""


Wish = (
    Greet
    | ShowOfferings
    | ShowTimes
    | ShowDays
    | ShowProfessionals
    | ChooseSlot
    | ConfirmBooking
    | GiveName
    | RefuseName
    | BookForOther
    | Abandon
    | SeeAppointments
    | PickAppointment
    | AskCancel
    | CancelNow
    | AskReschedule
    | ConfirmPresence
    | AboutAppointment
    | AskPrice
    | TellMarketing
    | Thanks
    | Acknowledge
    | AskPerson
    | Urgent
    | NotUnderstood
    | CannotRead
    | Ignore
)
