"""What did the clinic's messages of a month count for at Meta: by category, by day, by who wrote?

Counts are Meta's own (`pricing` in the statuses, one row per message). Meta names no price: an estimate is made only
for the categories whose price a person has typed in.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Count

from clinics import audit
from clinics.audit import Actor
from clinics.models import Clinic
from whatsapp.models import Author, MessageCost, MessagePrice

# Those of Meta that a clinic meets; others are shown when they occur.
CATEGORIES = ("service", "utility", "marketing", "authentication")
WRITERS: dict[str, str] = {Author.BOT: "bot", Author.STAFF: "staff"}


@dataclass(frozen=True)
class Tally:
    """How many messages: charged, free; and of all of them, how many the assistant, the team or anything else wrote."""

    charged: int = 0
    free: int = 0
    bot: int = 0
    staff: int = 0
    other: int = 0

    @property
    def total(self) -> int:
        return self.charged + self.free


@dataclass(frozen=True)
class Line:
    """A category of the month; `price` of one and `estimate` of the charged ones, if somebody has typed a price."""

    category: str
    tally: Tally
    price: Decimal | None
    estimate: Decimal | None


@dataclass(frozen=True)
class Month:
    """`days`: those with messages, the latest first. `is_complete`: every charged category has a price."""

    first: date
    lines: tuple[Line, ...]
    days: tuple[tuple[date, Tally], ...]
    total: Tally
    estimate: Decimal | None
    is_complete: bool


_Row = tuple[date, str, bool, str, int]


def month(*, clinic: Clinic, first: date) -> Month:
    """The month that begins on `first`, in the clinic's local days. Two queries, however many messages there were."""
    rows = _rows(clinic, first)
    prices = dict(MessagePrice.objects.for_clinic(clinic).values_list("category", "price"))
    lines = tuple(_line(name, _tally(rows, category=name), prices.get(name)) for name in _categories(rows))
    days = sorted({row[0] for row in rows}, reverse=True)
    estimates = [line.estimate for line in lines if line.estimate is not None]
    return Month(
        first=first,
        lines=lines,
        days=tuple((day, _tally(rows, day=day)) for day in days),
        total=_tally(rows),
        estimate=sum(estimates, Decimal()) if estimates else None,
        is_complete=all(line.price is not None for line in lines if line.tally.charged),
    )


def _rows(clinic: Clinic, first: date) -> list[_Row]:
    after = (first + timedelta(days=32)).replace(day=1)
    counted = MessageCost.objects.for_clinic(clinic).filter(day__gte=first, day__lt=after, is_void=False)
    grouped = counted.order_by().values_list("day", "category", "is_billable", "author")
    return list(grouped.annotate(count=Count("pk")))


def _categories(rows: list[_Row]) -> list[str]:
    met = Counter({row[1]: row[4] for row in rows})
    known = [name for name in CATEGORIES if name in met]
    return [*known, *sorted(set(met) - set(known))]


def _tally(rows: list[_Row], *, day: date | None = None, category: str | None = None) -> Tally:
    counts: Counter[str] = Counter()
    for row_day, row_category, is_billable, author, count in rows:
        if day not in (None, row_day) or category not in (None, row_category):
            continue
        counts["charged" if is_billable else "free"] += count
        counts[WRITERS.get(author, "other")] += count
    return Tally(**counts)


def _line(category: str, tally: Tally, price: Decimal | None) -> Line:
    return Line(category, tally, price, None if price is None else price * tally.charged)


def prices(clinic: Clinic) -> dict[str, Decimal]:
    """What somebody has typed in, by category."""
    return dict(MessagePrice.objects.for_clinic(clinic).values_list("category", "price"))


def set_prices(*, clinic: Clinic, wanted: Mapping[str, Decimal | None], by: Actor, now: datetime) -> list[str]:
    """Keeps the prices of these categories (None takes one away); which have changed."""
    with transaction.atomic():
        known = prices(clinic)
        changed = [category for category, price in wanted.items() if known.get(category) != price]
        for category in changed:
            if wanted[category] is None:
                MessagePrice.objects.for_clinic(clinic).filter(category=category).delete()
            else:
                values = {"price": wanted[category]}
                MessagePrice.objects.update_or_create(clinic=clinic, category=category, defaults=values)
        if changed:
            audit.record(
                clinic=clinic, action="messageprice_changed", target_type="messageprice", by=by, now=now, fields=changed
            )
    return changed
