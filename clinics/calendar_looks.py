"""Is the time really free? The last look into the professional's own calendar before an appointment is confirmed.

The domain knows no calendar: whoever does registers how to look. Unknown is not free. A look may ask another system,
so no transaction is open meanwhile: who works in one (the chat) asks through `Looks`, leaves it when told to look
first, and comes again with the answer. Two at once are held apart by the database, not by this.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from clinics import availability
from clinics.booking import CannotBook, SlotTaken
from clinics.models import HOLDING, Appointment, Clinic, Offering, Professional


class CalendarBusy(SlotTaken):
    """The professional has something else then: blocked by the clinic, or in their calendar."""


class CalendarUnknown(CannotBook):
    """The calendar could not be asked, and what is known of it is too old to promise anything."""

    code = "calendar_unknown"


class Seen(StrEnum):
    """What a look can tell."""

    FREE = "free"
    BUSY = "busy"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Wish:
    """A time that somebody wants: [starts_at, ends_at), aware. `appointment_id`: the one that would move there."""

    clinic_id: int
    professional_id: int
    starts_at: datetime
    ends_at: datetime
    appointment_id: int | None = None


class LookFirst(Exception):
    """Nobody has looked yet: to be done outside the transaction that this ends."""

    def __init__(self, wish: Wish) -> None:
        super().__init__("a look at the calendar comes first")
        self.wish = wish


@dataclass
class _Registered:
    # Whether there is a calendar to look at; one query, also inside a transaction.
    concerns: Callable[[Wish], bool] = lambda _wish: False
    look: Callable[[Wish, datetime], Seen] = lambda _wish, _now: Seen.FREE


_registered = _Registered()


def register(*, concerns: Callable[[Wish], bool], look: Callable[[Wish, datetime], Seen]) -> None:
    """An app that knows calendars calls this from `ready()`. `look` never raises for the other system's sake."""
    _registered.concerns, _registered.look = concerns, look


def wish_for(
    *,
    clinic: Clinic,
    professional: Professional,
    offering: Offering,
    starts_at: datetime,
    appointment: Appointment | None = None,
) -> Wish:
    """The wish behind a booking or a move: as long as the service takes."""
    ends_at = starts_at + timedelta(minutes=offering.minutes)
    return Wish(clinic.pk, professional.pk, starts_at, ends_at, appointment.pk if appointment else None)


def require_free(wish: Wish, *, now: datetime) -> None:
    """Looks, outside any transaction. Raises `CalendarBusy` or `CalendarUnknown`."""
    if _must_look(wish):
        _judge(_registered.look(wish, now))


@dataclass
class Looks:
    """What has been looked at for one piece of work that runs in a transaction and may be repeated."""

    seen: dict[Wish, Seen] = field(default_factory=dict)

    def require_free(self, wish: Wish) -> None:
        """As above, from what was seen before; `LookFirst` when nobody has looked."""
        if not _must_look(wish):
            return
        if wish not in self.seen:
            raise LookFirst(wish)
        _judge(self.seen[wish])

    def look(self, wish: Wish, *, now: datetime) -> None:
        """Looks once, outside any transaction."""
        self.seen[wish] = _registered.look(wish, now)


def _must_look(wish: Wish) -> bool:
    """Nothing is asked about a time that is known to be taken: by the clinic's own rows, one query each."""
    if _is_booked(wish):
        # Whose the time is, the database says when it is written.
        return False
    busy = availability.busy_periods(
        clinic=wish.clinic_id, professional=wish.professional_id, starts_at=wish.starts_at, ends_at=wish.ends_at
    )
    if busy.exists():
        raise CalendarBusy("the professional is busy then")
    return _registered.concerns(wish)


def _is_booked(wish: Wish) -> bool:
    rows = Appointment.objects.for_clinic(wish.clinic_id).filter(
        professional=wish.professional_id, status__in=HOLDING, starts_at__lt=wish.ends_at, ends_at__gt=wish.starts_at
    )
    others = rows.exclude(pk=wish.appointment_id) if wish.appointment_id else rows
    return others.exists()


def _judge(seen: Seen) -> None:
    if seen == Seen.BUSY:
        raise CalendarBusy("the professional's calendar shows something else then")
    if seen == Seen.UNKNOWN:
        raise CalendarUnknown("the professional's calendar cannot be asked")
