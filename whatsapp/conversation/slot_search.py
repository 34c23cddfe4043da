"""Which free times answer a search?

A question is a row of queries, from what was asked to looser ones; the first that finds anything answers.
`handling` only loads free times; filtering, paging and counting by day are done here.

Settled: `find(queries, load, vocabulary) -> Found`, where `load(offering_id=, professional_id=, from_at=, to_at=)`
returns the free times (`SlotFact`s, any order) of that offering within [from_at, to_at); professional None = every
active one who gives it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Protocol

from .facts import DayFact, Found, SlotFact, Vocabulary
from .search import Cursor, Search

HORIZON_DAYS = 366  # the clinic's own horizon is applied by whoever loads; this only bounds the period

FIRST_DAYS = 15


class Shape(StrEnum):
    TIMES = "times"
    DAYS = "days"
    PROFESSIONALS = "professionals"


@dataclass(frozen=True)
class SlotQuery:
    """One search. `search.offering_id` is always set. `limit`: entries on a page."""

    search: Search
    shape: Shape = Shape.TIMES
    cursor: Cursor | None = None
    limit: int = 7


class Load(Protocol):
    def __call__(
        self, *, offering_id: int, professional_id: int | None, from_at: datetime, to_at: datetime
    ) -> Iterable[SlotFact]: ...


def find(queries: Sequence[SlotQuery], load: Load, vocabulary: Vocabulary) -> Found:
    """The answer of the first query that finds anything; an empty `Found` when none does."""
    for position, query in enumerate(queries):
        found = _search(query, load, vocabulary, position)
        if found.slots or found.days:
            return found
    return Found(relaxed=len(queries))


def _search(query: SlotQuery, load: Load, vocabulary: Vocabulary, position: int) -> Found:
    """The first weeks alone, if they fill the page: loading the whole horizon costs many times as much."""
    first_weeks = _first_weeks(query, vocabulary)
    if first_weeks is not None:
        found = answer(query, _load(first_weeks, load, vocabulary), vocabulary, position)
        if found.has_more:
            return found
    return answer(query, _load(query, load, vocabulary), vocabulary, position)


def _first_weeks(query: SlotQuery, vocabulary: Vocabulary) -> SlotQuery | None:
    if query.search.to_date is not None or query.shape is Shape.PROFESSIONALS:
        return None
    first = query.search.from_date or vocabulary.today
    if query.cursor is not None:
        first = max(first, query.cursor.starts_at.astimezone(vocabulary.zone).date())
    return replace(query, search=replace(query.search, to_date=first + timedelta(days=FIRST_DAYS)))


def answer(query: SlotQuery, slots: Iterable[SlotFact], vocabulary: Vocabulary, position: int = 0) -> Found:
    wanted = _wanted(query, slots, vocabulary)
    if query.shape is Shape.DAYS:
        days = _days(wanted, vocabulary)
        return Found(days=days[: query.limit], has_more=len(days) > query.limit, relaxed=position)
    if query.shape is Shape.PROFESSIONALS:
        firsts = {slot.professional_id: slot for slot in reversed(wanted)}
        return Found(slots=tuple(sorted(firsts.values(), key=_order)), relaxed=position)
    if query.search.near is not None:
        wanted = _nearest(wanted, query.search.near, query.limit, vocabulary)
    return Found(wanted[: query.limit], has_more=len(wanted) > query.limit, relaxed=position)


def period(search: Search, vocabulary: Vocabulary) -> tuple[datetime, datetime]:
    """The search's days as [from_at, to_at) in UTC, never before now."""
    last = vocabulary.today + timedelta(days=HORIZON_DAYS)
    to_date = min(search.to_date or last, last)
    from_at = _midnight(search.from_date, vocabulary) if search.from_date else vocabulary.now
    return max(from_at, vocabulary.now).astimezone(UTC), _midnight(to_date, vocabulary).astimezone(UTC)


def _load(query: SlotQuery, load: Load, vocabulary: Vocabulary) -> Iterable[SlotFact]:
    search = query.search
    from_at, to_at = period(search, vocabulary)
    if search.offering_id is None or from_at >= to_at:
        return ()
    if query.cursor is not None:
        from_at = max(from_at, query.cursor.starts_at)
    return load(offering_id=search.offering_id, professional_id=search.professional_id, from_at=from_at, to_at=to_at)


def _midnight(day: date, vocabulary: Vocabulary) -> datetime:
    return datetime.combine(day, time(), vocabulary.zone)


def _order(slot: SlotFact) -> tuple[datetime, int]:
    return slot.starts_at, slot.professional_id


def _wanted(query: SlotQuery, slots: Iterable[SlotFact], vocabulary: Vocabulary) -> tuple[SlotFact, ...]:
    is_wanted = _time_of_day(query.search, vocabulary)
    return tuple(sorted((one for one in slots if is_wanted(one) and _is_behind(one, query.cursor)), key=_order))


def _time_of_day(search: Search, vocabulary: Vocabulary) -> Callable[[SlotFact], bool]:
    earliest, latest = search.from_time or time.min, search.to_time or time.max
    return lambda slot: earliest <= slot.starts_at.astimezone(vocabulary.zone).time() < latest


def _is_behind(slot: SlotFact, cursor: Cursor | None) -> bool:
    return cursor is None or _order(slot) > (cursor.starts_at, cursor.professional_id)


def _days(slots: Sequence[SlotFact], vocabulary: Vocabulary) -> tuple[DayFact, ...]:
    days: dict[date, list[SlotFact]] = {}
    for slot in slots:
        days.setdefault(slot.starts_at.astimezone(vocabulary.zone).date(), []).append(slot)
    return tuple(DayFact(day, len(free), free[0].starts_at) for day, free in days.items())


def _nearest(slots: Sequence[SlotFact], wanted: time, limit: int, vocabulary: Vocabulary) -> tuple[SlotFact, ...]:
    """The times at exactly `wanted`, else the closest ones, in order of time."""

    def distance(slot: SlotFact) -> int:
        local = slot.starts_at.astimezone(vocabulary.zone)
        return abs(local.hour * 60 + local.minute - wanted.hour * 60 - wanted.minute)

    exact = tuple(slot for slot in slots if distance(slot) == 0)
    return exact or tuple(sorted(sorted(slots, key=distance)[:limit], key=_order))
