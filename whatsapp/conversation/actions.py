"""What shall be done now, and what came of it?

Actions are what `step` asks `handling` to do, in order: messages to send, use cases to call. Events are the outcomes,
given back to `needed` and `step` as the next turn.

Settled. Messages: `Say`, `Buttons`, `ListMessage` (made only by `layout`, so always within the provider's limits).
Calls: `Book` (with `replaces` it moves that appointment: call `reschedule`), `Cancel`, `Confirm`,
`NoteMarketing(is_wanted)`, `HandOver(reason)` with reason asked | question | health | urgent | file | form |
not_understood | nothing_to_offer. At most one call with an event in a step, after the messages. Outcome of a call →
event: Book → `Booked`/`Rescheduled`, or `SlotTaken()` for any refusal because of the *time* (taken, outside hours,
too soon, too far), or `Refused(code)` (not offered, closed, invalid transition, appointment gone); Cancel →
`Cancelled` or `Refused`; Confirm → `Confirmed` or `Refused`. HandOver and NoteMarketing have no event.
`Book.patient_name` None = the patient this contact is known as; a text = the name just told (find or make that
patient).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .facts import AppointmentFact
from .states import Option


@dataclass(frozen=True)
class Say:
    text: str


@dataclass(frozen=True)
class Buttons:
    text: str
    buttons: tuple[Option, ...]
    """(id, title), one to three."""


@dataclass(frozen=True)
class Row:
    id: str
    title: str
    description: str = ""


@dataclass(frozen=True)
class Section:
    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class ListMessage:
    text: str
    button: str
    sections: tuple[Section, ...]

    @property
    def rows(self) -> tuple[Row, ...]:
        return tuple(row for section in self.sections for row in section.rows)


@dataclass(frozen=True)
class Book:
    offering_id: int
    professional_id: int
    starts_at: datetime
    patient_name: str | None = None
    replaces: int | None = None


@dataclass(frozen=True)
class Cancel:
    appointment_id: int


@dataclass(frozen=True)
class Confirm:
    appointment_id: int


@dataclass(frozen=True)
class NoteMarketing:
    """Write down what the person said about promotional messages."""

    is_wanted: bool


@dataclass(frozen=True)
class HandOver:
    reason: str


Message = Say | Buttons | ListMessage
Action = Message | Book | Cancel | Confirm | NoteMarketing | HandOver


@dataclass(frozen=True)
class Booked:
    appointment: AppointmentFact


@dataclass(frozen=True)
class Rescheduled:
    appointment: AppointmentFact


@dataclass(frozen=True)
class Cancelled:
    appointment: AppointmentFact


@dataclass(frozen=True)
class Confirmed:
    appointment: AppointmentFact


@dataclass(frozen=True)
class SlotTaken:
    """The time of `state.slot` cannot be had."""


@dataclass(frozen=True)
class Refused:
    code: str = ""


Event = Booked | Rescheduled | Cancelled | Confirmed | SlotTaken | Refused
