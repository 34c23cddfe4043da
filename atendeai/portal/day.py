"""What does a day look like? Per professional: open hours, appointments, blocked times, and the gaps that are free."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from clinics import availability
from clinics.models import HOLDING, Appointment, BusyPeriod, Clinic, Professional, Status

Span = tuple[datetime, datetime]
# Gaps shorter than this are not offered.
SHORTEST_GAP = timedelta(minutes=15)
USUAL = (8, 18)


@dataclass(frozen=True)
class Block:
    """Something in a column; `top` and `height` in percent of the day shown."""

    kind: str
    starts_at: datetime
    ends_at: datetime
    top: float
    height: float
    row: Any = None

    @property
    def minutes(self) -> int:
        """How long."""
        return int((self.ends_at - self.starts_at).total_seconds() // 60)


@dataclass
class Column:
    """One professional's day."""

    professional: Professional
    open_blocks: list[Block] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)

    @property
    def is_closed(self) -> bool:
        """Whether the professional does not attend that day."""
        return not self.open_blocks


@dataclass
class Day:
    """The whole page: columns, and the hours at its left."""

    date: date
    columns: list[Column]
    hours: list[tuple[str, float]]
    minutes: int


def load(clinic: Clinic, day: date) -> Day:
    """The clinic's day: a fixed number of queries, however many rows."""
    start = datetime.combine(day, time(), tzinfo=clinic.zone)
    end = datetime.combine(day + timedelta(days=1), time(), tzinfo=clinic.zone)
    people = list(Professional.objects.for_clinic(clinic).filter(is_active=True))
    booked = _by_professional(_appointments(clinic, start, end))
    busy = _by_professional(BusyPeriod.objects.for_clinic(clinic).filter(starts_at__lt=end, ends_at__gt=start))
    # The same reading of hours, exceptions and holidays that free times are made of.
    opened = availability.open_periods(clinic=clinic, professionals=people, day=day)
    spans = [span for found in opened.values() for span in found]
    spans += [(row.starts_at, row.ends_at) for rows in booked.values() for row in rows]
    first, last = _shown(day, clinic, spans)
    scale = _Scale(first, last)
    columns = [
        _column(person, opened[person.pk], booked.get(person.pk, []), busy.get(person.pk, []), scale)
        for person in people
    ]
    return Day(day, columns, scale.hours(), int((last - first).total_seconds() // 60))


def _appointments(clinic: Clinic, start: datetime, end: datetime) -> Iterable[Appointment]:
    rows = Appointment.objects.for_clinic(clinic).filter(starts_at__lt=end, ends_at__gt=start)
    return rows.select_related("patient", "offering").order_by("starts_at", "id")


def _by_professional(rows: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.professional_id, []).append(row)
    return found


def _shown(day: date, clinic: Clinic, spans: list[Span]) -> Span:
    """Whole hours around everything, at least the usual ones; never beyond the day."""
    midnight = datetime.combine(day, time(), tzinfo=clinic.zone)
    locals_ = [(a.astimezone(clinic.zone), b.astimezone(clinic.zone)) for a, b in spans]
    first = min([USUAL[0], *(a.hour if a.date() == day else 0 for a, _ in locals_)])
    last = max([USUAL[1], *(_closing_hour(b, day) for _, b in locals_)])
    return midnight + timedelta(hours=first), midnight + timedelta(hours=last)


def _closing_hour(moment: datetime, day: date) -> int:
    if moment.date() > day:
        return 24
    return moment.hour + (1 if moment.minute else 0)


@dataclass(frozen=True)
class _Scale:
    first: datetime
    last: datetime

    def block(self, kind: str, starts_at: datetime, ends_at: datetime, row: Any = None) -> Block:
        start, end = max(starts_at, self.first), min(ends_at, self.last)
        whole = (self.last - self.first).total_seconds()
        top = (start - self.first).total_seconds() / whole * 100
        height = max((end - start).total_seconds(), 0) / whole * 100
        return Block(kind, starts_at, ends_at, round(top, 3), round(height, 3), row)

    def hours(self) -> list[tuple[str, float]]:
        whole = int((self.last - self.first).total_seconds() // 3600)
        return [(f"{(self.first.hour + hour) % 24:02}:00", round(hour / whole * 100, 3)) for hour in range(whole)]


def _column(
    person: Professional, opened: list[Span], booked: list[Appointment], busy: list[BusyPeriod], scale: _Scale
) -> Column:
    column = Column(person, [scale.block("open", *span) for span in opened])
    held = [row for row in booked if row.status in HOLDING]
    taken = [(row.starts_at, row.ends_at) for row in held] + [(row.starts_at, row.ends_at) for row in busy]
    blocks = [scale.block("appointment", row.starts_at, row.ends_at, row) for row in held]
    blocks += [scale.block("busy", row.starts_at, row.ends_at, row) for row in busy]
    blocks += [scale.block("gap", *gap) for span in opened for gap in _gaps(span, taken)]
    column.blocks = sorted(blocks, key=lambda block: (block.starts_at, block.kind))
    return column


def _gaps(span: Span, taken: list[Span]) -> Iterable[Span]:
    free_from, end = span
    for starts_at, ends_at in sorted(taken):
        if starts_at - free_from >= SHORTEST_GAP and starts_at < end:
            yield free_from, min(starts_at, end)
        free_from = max(free_from, ends_at)
    if end - free_from >= SHORTEST_GAP:
        yield free_from, end


def cancelled(clinic: Clinic, day: date) -> list[Appointment]:
    """What was cancelled of that day: it no longer has a place in the columns."""
    start = datetime.combine(day, time(), tzinfo=clinic.zone)
    end = datetime.combine(day + timedelta(days=1), time(), tzinfo=clinic.zone)
    return [row for row in _appointments(clinic, start, end) if row.status == Status.CANCELLED]
