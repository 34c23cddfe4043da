"""What does the patient look for, and how is that written into a button?

A `Search` narrows free times; a `Slot` is one of them, chosen. Both are written into choice ids, so that a button
pressed weeks later still says by itself what it meant.

Settled: `Search.code()` is dotted, tagged parts, for instance `o12.p5.f20261127.t20261128.a0800.b1200.n1430.r77`
(offering, professional, from and to day, from and to time, near time, appointment to replace). `Slot.code()` is
`o12.p5.r77:29412840` (the last part: unix minutes). `parse_…` return None for anything they did not write.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

END_OF_TIME = 68_000_000  # minutes: the year 2099
PART = re.compile(r"([opftabnr])([0-9]{1,18})")


@dataclass(frozen=True)
class Search:
    """Free times wanted. Days and times are the clinic's local ones; both periods are half-open.

    `near`: an exact time was asked for; times around it are next best. `replaces`: the appointment being moved.
    """

    offering_id: int | None = None
    professional_id: int | None = None
    from_date: date | None = None
    to_date: date | None = None
    from_time: time | None = None
    to_time: time | None = None
    near: time | None = None
    replaces: int | None = None

    def anytime(self) -> Search:
        """The same, on whatever day and at whatever time."""
        return replace(self, from_date=None, to_date=None, from_time=None, to_time=None, near=None)

    def code(self) -> str:
        parts = [
            _number("o", self.offering_id),
            _number("p", self.professional_id),
            _day("f", self.from_date),
            _day("t", self.to_date),
            _time("a", self.from_time),
            _time("b", self.to_time),
            _time("n", self.near),
            _number("r", self.replaces),
        ]
        return ".".join(part for part in parts if part)


ANYTHING = Search()


@dataclass(frozen=True)
class Slot:
    """One time the patient chose. `starts_at` is aware, on a whole minute."""

    offering_id: int
    professional_id: int
    starts_at: datetime
    replaces: int | None = None

    def code(self) -> str:
        search = Search(self.offering_id, self.professional_id, replaces=self.replaces)
        return f"{search.code()}:{minutes_of(self.starts_at)}"

    def search(self) -> Search:
        return Search(self.offering_id, replaces=self.replaces)


def around(slot: Slot, searched: Search) -> Search:
    """Where other times than the slot are looked for: where it was found, if that is still the matter."""
    is_same = (searched.offering_id, searched.replaces) == (slot.offering_id, slot.replaces)
    return replace(searched, near=None) if is_same else slot.search()


@dataclass(frozen=True)
class Cursor:
    """The last free time shown; the next page begins behind it."""

    starts_at: datetime
    professional_id: int


def minutes_of(moment: datetime) -> int:
    """Whole minutes since 1970."""
    return int(moment.timestamp()) // 60


def parse_minutes(text: str) -> datetime | None:
    is_moment = re.fullmatch(r"[0-9]{1,10}", text) and int(text) < END_OF_TIME
    return datetime.fromtimestamp(int(text) * 60, UTC) if is_moment else None


def parse_day(text: str) -> date:
    """A day of this century written as YYYYMMDD. Raises ValueError."""
    if len(text) != 8 or not text.startswith("20"):
        raise ValueError("not a day of this century")
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


def parse_search(text: str) -> Search | None:
    parts = [PART.fullmatch(part) for part in text.split(".")] if text else []
    found = {match[1]: match[2] for match in parts if match}
    if len(found) != len(parts):
        return None
    try:
        return _search(found)
    except ValueError:
        return None


def parse_slot(text: str) -> Slot | None:
    code, _, minutes = text.partition(":")
    search, starts_at = parse_search(code), parse_minutes(minutes)
    if search is None or starts_at is None or search.offering_id is None or search.professional_id is None:
        return None
    return Slot(search.offering_id, search.professional_id, starts_at, search.replaces)


def _search(found: dict[str, str]) -> Search:
    def number(tag: str) -> int | None:
        return int(found[tag]) if tag in found else None

    def day(tag: str) -> date | None:
        return parse_day(found[tag]) if tag in found else None

    def clock(tag: str) -> time | None:
        return time(int(found[tag][:2]), int(found[tag][2:4] or "x")) if tag in found else None

    return Search(number("o"), number("p"), day("f"), day("t"), clock("a"), clock("b"), clock("n"), number("r"))


def _number(tag: str, value: int | None) -> str:
    return "" if value is None else f"{tag}{value}"


def _day(tag: str, value: date | None) -> str:
    return "" if value is None else f"{tag}{value:%Y%m%d}"


def _time(tag: str, value: time | None) -> str:
    return "" if value is None else f"{tag}{value:%H%M}"
