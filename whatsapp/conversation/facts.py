"""What may the engine know about the clinic and the patient? Only these values.

`handling` loads a `Vocabulary` once per message, and before every `step` the free times that `needed` named.
Nothing here is read from anywhere by itself.

Settled: `Vocabulary(clinic_name, zone, now, offerings, professionals, patient_name, appointments)`: offerings and
professionals are the active ones, in the order the clinic shows them; `patient_name` None = nobody is known at this
contact; `appointments` are that patient's upcoming ones (booked or confirmed, not yet begun), earliest first.
`Facts(vocabulary, found)`: `found` comes from `slot_search.find`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from decimal import Decimal


@dataclass(frozen=True)
class OfferingFact:
    id: int
    name: str
    minutes: int
    price: Decimal | None = None
    professional_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class ProfessionalFact:
    id: int
    name: str
    specialty: str = ""


@dataclass(frozen=True)
class SlotFact:
    """A free time. `starts_at` is aware."""

    professional_id: int
    starts_at: datetime


@dataclass(frozen=True)
class DayFact:
    """A local day with `count` (> 0) free times, the first at `first_at`."""

    date: date
    count: int
    first_at: datetime


@dataclass(frozen=True)
class AppointmentFact:
    """`status` is the clinic's word: booked, confirmed, cancelled, …"""

    id: int
    offering_id: int
    offering_name: str
    professional_id: int
    professional_name: str
    starts_at: datetime
    status: str = "booked"


@dataclass(frozen=True)
class Vocabulary:
    """What a message is read against. `now` is aware; `zone` is the clinic's."""

    clinic_name: str
    zone: tzinfo
    now: datetime
    offerings: tuple[OfferingFact, ...] = ()
    professionals: tuple[ProfessionalFact, ...] = ()
    patient_name: str | None = None
    appointments: tuple[AppointmentFact, ...] = ()

    @property
    def now_local(self) -> datetime:
        return self.now.astimezone(self.zone)

    @property
    def today(self) -> date:
        return self.now_local.date()

    def bookable(self) -> tuple[OfferingFact, ...]:
        """Offerings that at least one active professional gives."""
        known = {professional.id for professional in self.professionals}
        return tuple(offering for offering in self.offerings if known.intersection(offering.professional_ids))

    def find_appointment(self, appointment_id: int | None) -> AppointmentFact | None:
        return next((one for one in self.appointments if one.id == appointment_id), None)

    def find_offering(self, offering_id: int | None) -> OfferingFact | None:
        return next((offering for offering in self.bookable() if offering.id == offering_id), None)

    def find_professional(self, professional_id: int | None) -> ProfessionalFact | None:
        return next((one for one in self.professionals if one.id == professional_id), None)

    def giving(self, offering: OfferingFact) -> tuple[ProfessionalFact, ...]:
        """Professionals who give the offering, in the clinic's order."""
        return tuple(one for one in self.professionals if one.id in offering.professional_ids)


@dataclass(frozen=True)
class Found:
    """What a search of free times brought.

    `relaxed` says which of the queries answered: 0 the one asked for, higher ones looser. `slots` fill one
    page; `days` for a search by day; `has_more` means the next page has something.
    """

    slots: tuple[SlotFact, ...] = ()
    days: tuple[DayFact, ...] = ()
    has_more: bool = False
    relaxed: int = 0


@dataclass(frozen=True)
class Facts:
    vocabulary: Vocabulary
    found: Found = field(default_factory=Found)

    @property
    def appointments(self) -> tuple[AppointmentFact, ...]:
        return self.vocabulary.appointments
