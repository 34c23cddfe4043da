"""Which times can be offered? Loads what `slots` needs, in a fixed number of queries whatever the period.

Order of what counts: a date exception, else a holiday (closed), else the weekly hours. Then appointments with their
buffers, blocked times and busy time from Google are taken out.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
from django.db.models import BigIntegerField, F, Func, QuerySet

from clinics.models import (
    HOLDING,
    Appointment,
    BusyPeriod,
    Clinic,
    HoursException,
    Offering,
    Professional,
    WorkingHours,
)
from clinics.slots import Period, Span, starts

ClockPeriod = tuple[time, time]


@dataclass(frozen=True)
class Slot:
    """A time that can be booked: [starts_at, ends_at), aware UTC."""

    professional_id: int
    starts_at: datetime
    ends_at: datetime


class _LastSecond(Func):
    """The whole epoch second at or before a moment. PostgreSQL computes it: reading thousands of timestamps in Python
    cost more than everything else here together."""

    template = "floor(extract(epoch FROM %(expressions)s))::bigint"
    output_field = BigIntegerField()


class _NextSecond(_LastSecond):
    """The whole epoch second at or after a moment."""

    template = "ceil(extract(epoch FROM %(expressions)s))::bigint"


@dataclass(frozen=True)
class _Hours:
    weekly: dict[int, dict[int, list[ClockPeriod]]]
    exceptions: dict[int, dict[date, list[ClockPeriod]]]


def free_slots(
    *,
    clinic: Clinic,
    offering: Offering,
    from_at: datetime,
    to_at: datetime,
    now: datetime,
    professionals: Sequence[Professional] | None = None,
    limit: int | None = None,
    notice_minutes: int | None = None,
) -> list[Slot]:
    """Free times that start in [from_at, to_at), by start and then by professional's name; at most `limit`.

    Only active professionals who give the offering; none for an inactive offering. The clinic's notice and booking
    window apply, unless `notice_minutes` says otherwise. Five queries.
    """
    people = _who_gives(clinic, offering, professionals)
    earliest = now + timedelta(minutes=clinic.min_notice_minutes if notice_minutes is None else notice_minutes)
    from_at, to_at = max(from_at, earliest), min(to_at, now + timedelta(days=clinic.horizon_days))
    if not people or from_at >= to_at or not offering.is_active:
        return []
    found = _starts_of_all(clinic, offering, people, from_at, to_at)
    length = timedelta(minutes=offering.minutes)
    chosen = sorted(found)[:limit]
    return [_slot(start, people[order], length) for start, order in chosen]


def _slot(start: int, person: Professional, length: timedelta) -> Slot:
    starts_at = datetime.fromtimestamp(start, UTC)
    return Slot(person.id, starts_at, starts_at + length)


def _who_gives(clinic: Clinic, offering: Offering, wanted: Sequence[Professional] | None) -> list[Professional]:
    giving = Professional.objects.for_clinic(clinic).filter(is_active=True, offerings=offering).order_by("name", "id")
    if wanted is None:
        return list(giving)
    ids = {person.id for person in wanted}
    return [person for person in giving if person.id in ids]


def _starts_of_all(
    clinic: Clinic, offering: Offering, people: list[Professional], from_at: datetime, to_at: datetime
) -> Iterator[tuple[int, int]]:
    ids = [person.id for person in people]
    zone = clinic.zone
    # A day more on each side: hours are clock times, and buffers reach over midnight.
    first, last = from_at.astimezone(zone).date(), to_at.astimezone(zone).date()
    hours = _load_hours(clinic, ids, first, last)
    booked = _load_periods(_booked(clinic, ids), "blocked_from", "blocked_to", from_at, to_at)
    busy = _load_periods(_busy(clinic, ids), "starts_at", "ends_at", from_at, to_at)
    end = int(to_at.timestamp())
    for order, person in enumerate(people):
        found = starts(
            open_hours=_open_periods(clinic, zone, hours, person.id, first, last),
            booked=booked[person.id],
            busy=busy[person.id],
            span=_span(clinic, offering, person),
            not_before=-int(-from_at.timestamp() // 1),
        )
        yield from ((start, order) for start in found if start < end)


def _span(clinic: Clinic, offering: Offering, person: Professional) -> Span:
    return Span(
        length=offering.minutes * 60,
        step=(clinic.slot_step_minutes or offering.minutes) * 60,
        buffer_before=person.buffer_before_minutes * 60,
        buffer_after=person.buffer_after_minutes * 60,
    )


def _booked(clinic: Clinic, ids: list[int]) -> "Iterable[Appointment]":
    return Appointment.objects.for_clinic(clinic).filter(professional__in=ids, status__in=HOLDING)


def _busy(clinic: Clinic, ids: list[int]) -> "Iterable[BusyPeriod]":
    return BusyPeriod.objects.for_clinic(clinic).filter(professional__in=ids)


def _load_periods(
    rows: "Iterable[Appointment] | Iterable[BusyPeriod]",
    start: str,
    end: str,
    from_at: datetime,
    to_at: datetime,
) -> dict[int, list[Period]]:
    periods: dict[int, list[Period]] = defaultdict(list)
    day = timedelta(days=1)
    near = rows.filter(**{f"{end}__gt": from_at - day, f"{start}__lt": to_at + day})  # type: ignore[union-attr]
    seconds = near.values_list("professional_id", _LastSecond(F(start)), _NextSecond(F(end)))
    for professional_id, first, last in seconds:
        periods[professional_id].append((first, last))
    return periods


def _load_hours(clinic: Clinic, ids: list[int], first: date, last: date) -> _Hours:
    weekly: dict[int, dict[int, list[ClockPeriod]]] = defaultdict(lambda: defaultdict(list))
    rows = WorkingHours.objects.for_clinic(clinic).filter(professional__in=ids)
    for professional_id, weekday, opens, closes in rows.values_list(
        "professional_id", "weekday", "starts_at", "ends_at"
    ):
        weekly[professional_id][weekday].append((opens, closes))
    return _Hours(weekly, _load_exceptions(clinic, ids, first, last))


def _load_exceptions(
    clinic: Clinic, ids: list[int], first: date, last: date
) -> dict[int, dict[date, list[ClockPeriod]]]:
    exceptions: dict[int, dict[date, list[ClockPeriod]]] = defaultdict(dict)
    rows = HoursException.objects.for_clinic(clinic).filter(professional__in=ids, date__range=(first, last))
    for professional_id, day, opens, closes in rows.values_list("professional_id", "date", "starts_at", "ends_at"):
        periods = exceptions[professional_id].setdefault(day, [])
        if opens is not None and closes is not None:
            periods.append((opens, closes))
    return exceptions


def _open_periods(
    clinic: Clinic, zone: ZoneInfo, hours: _Hours, professional_id: int, first: date, last: date
) -> Iterator[Period]:
    days = (first + timedelta(days=offset) for offset in range((last - first).days + 1))
    weekly, exceptions = hours.weekly[professional_id], hours.exceptions[professional_id]
    for day in days:
        if day in exceptions:
            opening = exceptions[day]
        elif clinic.closes_on_holidays and is_holiday(clinic.state, day):
            continue
        else:
            opening = weekly[day.weekday()]
        for opens, closes in opening:
            yield _moment(day, opens, zone), _moment(day, closes, zone)


def _moment(day: date, clock: time, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, clock, tzinfo=zone).timestamp())


@lru_cache(maxsize=512)
def _holidays_of(state: str, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("BR", subdiv=state, years=year))


def is_holiday(state: str, day: date) -> bool:
    """Whether the day is a national holiday or one of this state (two capital letters)."""
    return day in _holidays_of(state, day.year)


def open_periods(
    *, clinic: Clinic, professionals: Sequence[Professional], day: date
) -> dict[int, list[tuple[datetime, datetime]]]:
    """When each professional (by id) attends on that day of the clinic's, in order: two queries for any number."""
    zone = clinic.zone
    hours = _load_hours(clinic, [person.id for person in professionals], day, day)
    return {
        person.id: sorted(
            (datetime.fromtimestamp(opens, zone), datetime.fromtimestamp(closes, zone))
            for opens, closes in _open_periods(clinic, zone, hours, person.id, day, day)
        )
        for person in professionals
    }


def is_open(*, clinic: Clinic, professional: Professional, starts_at: datetime, ends_at: datetime) -> bool:
    """Whether the whole period lies inside one stretch of the professional's hours (exceptions and holidays count)."""
    day = starts_at.astimezone(clinic.zone).date()
    periods = open_periods(clinic=clinic, professionals=[professional], day=day)[professional.id]
    return any(opens <= starts_at and ends_at <= closes for opens, closes in periods)


def busy_periods(
    *, clinic: Clinic | int, professional: Professional | int, starts_at: datetime, ends_at: datetime
) -> QuerySet[BusyPeriod]:
    """Blocked times and what is in the professional's Google calendar, as far as they touch the period."""
    overlapping = BusyPeriod.objects.for_clinic(clinic).filter(starts_at__lt=ends_at, ends_at__gt=starts_at)
    return overlapping.filter(professional=professional)


def is_busy(*, clinic: Clinic, professional: Professional, starts_at: datetime, ends_at: datetime) -> bool:
    """Whether there is one."""
    return busy_periods(clinic=clinic, professional=professional, starts_at=starts_at, ends_at=ends_at).exists()
