"""Which days does a message speak of? Local ones, as a half-open period.

"sexta" is the coming one (never today), "sexta que vem" and "sexta da semana que vem" the one of next week. A day
without a year is the next such day.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

from .words import MONTHS

Period = tuple[date, date]

WEEKDAYS = {
    "segunda": 0,
    "seg": 0,
    "2a": 0,
    "terca": 1,
    "3a": 1,
    "quarta": 2,
    "qua": 2,
    "4a": 2,
    "quinta": 3,
    "qui": 3,
    "5a": 3,
    "sexta": 4,
    "sex": 4,
    "6a": 4,
    "sabado": 5,
    "sab": 5,
    "domingo": 6,
}
MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
FULL_MONTH = "|".join(name for name in MONTHS if len(name) > 3)
WEEKDAY = r"segunda|terca|quarta|quinta|sexta|sabado|domingo|seg|qua|qui|sex|sab|[2-6]a(?= feira)"
NEXT_WEEK = r"da semana que vem|da proxima semana|da outra semana|que vem|semana que vem"


def find_days(words: str, today: date) -> tuple[Period | None, str]:
    """The first period found and the message without the words that named it."""
    for pattern, reader in READERS:
        match = re.search(pattern, words)
        period = _safely(reader, match, today) if match else None
        if match and period:
            return period, f"{words[: match.start()]} {words[match.end() :]}"
    return None, words


def _safely(reader: Callable[[re.Match[str], date], Period | None], match: re.Match[str], today: date) -> Period | None:
    try:
        return reader(match, today)
    except (ValueError, OverflowError):  # the 31st of February
        return None


def _one(day: date) -> Period:
    return day, day + timedelta(days=1)


def _in_days(count: int) -> Callable[[re.Match[str], date], Period]:
    return lambda _match, today: _one(today + timedelta(days=count))


def _numeric(match: re.Match[str], today: date) -> Period | None:
    return _dated(int(match["day"]), int(match["month"]), match["year"], today)


def _written(match: re.Match[str], today: date) -> Period | None:
    day = 1 if match["day"] == "primeiro" else int(match["day"].rstrip("o"))
    return _dated(day, MONTHS[match["month"]], match["year"], today)


def _dated(day: int, month: int, year: str | None, today: date) -> Period | None:
    if year:
        return _one(date(int(year) % 100 + 2000, month, day))
    this_year = date(today.year, month, day)
    return _one(this_year if this_year >= today else date(today.year + 1, month, day))


def _day_of_month(match: re.Match[str], today: date) -> Period | None:
    number = 1 if match["day"] == "primeiro" else int(match["day"].rstrip("o"))
    for ahead in range(3):
        months = today.year * 12 + today.month - 1 + ahead
        try:
            day = date(months // 12, months % 12 + 1, number)
        except ValueError:  # this month has no such day
            continue
        if day >= today:
            return _one(day)
    return None


def _weekday(match: re.Match[str], today: date) -> Period:
    wanted = WEEKDAYS[match["weekday"]]
    if match["next"]:
        return _one(_monday(today) + timedelta(days=7 + wanted))
    return _one(today + timedelta(days=(wanted - today.weekday() - 1) % 7 + 1))


def _monday(today: date) -> date:
    return today - timedelta(days=today.weekday())


def _next_week(_match: re.Match[str], today: date) -> Period:
    monday = _monday(today) + timedelta(days=7)
    return monday, monday + timedelta(days=7)


def _this_week(_match: re.Match[str], today: date) -> Period:
    return today, _monday(today) + timedelta(days=7)


def _weekend(_match: re.Match[str], today: date) -> Period:
    saturday = _monday(today) + timedelta(days=5)
    return max(today, saturday), saturday + timedelta(days=2)


def _month_ahead(count: int, today: date) -> date:
    months = today.year * 12 + today.month - 1 + count
    return date(months // 12, months % 12 + 1, 1)


def _next_month(_match: re.Match[str], today: date) -> Period:
    return _month_ahead(1, today), _month_ahead(2, today)


def _this_month(_match: re.Match[str], today: date) -> Period:
    return today, _month_ahead(1, today)


def _month(match: re.Match[str], today: date) -> Period:
    ahead = (MONTHS[match["month"]] - today.month) % 12
    return max(today, _month_ahead(ahead, today)), _month_ahead(ahead + 1, today)


def _ahead(match: re.Match[str], today: date) -> Period:
    count = int(match["count"]) * (7 if match["unit"].startswith("semana") else 1)
    return _one(today + timedelta(days=count))


READERS: tuple[tuple[str, Callable[[re.Match[str], date], Period | None]], ...] = (
    (r"\bdepois de amanha\b", _in_days(2)),
    (r"\bamanha\b", _in_days(1)),
    (r"\bhoje\b", _in_days(0)),
    (r"\b(?:no )?(?:dia )?(?P<day>\d{1,2})/(?P<month>\d{1,2})(?:/(?P<year>\d{4}|\d{2}))?\b", _numeric),
    (
        rf"\b(?:dia )?(?P<day>\d{{1,2}}o?|primeiro) (?:de )?(?P<month>{MONTH})\b(?: (?:de )?(?P<year>20\d\d))?",
        _written,
    ),
    (r"\bdia (?P<day>\d{1,2}o?|primeiro)\b(?!:)", _day_of_month),
    (
        rf"\b(?:na |no |nesta |nessa |neste |nesse |proxima |proximo )*(?P<weekday>{WEEKDAY})\b(?: feira)?"
        rf"(?P<next> (?:{NEXT_WEEK}))?",
        _weekday,
    ),
    (r"\b(?:na |no |proxima |proximo )(?P<weekday>seg|qua|qui|sex|sab)\b(?P<next>)", _weekday),
    (r"\b(?:(?:na |da )?semana que vem|(?:na |da )?proxima semana|(?:na )?outra semana)\b", _next_week),
    (r"\b(?:n?esta|n?essa|ainda) semana\b", _this_week),
    (r"\b(?:no )?(?:fim|final) de semana\b", _weekend),
    (r"\b(?:no |para o )?(?:mes que vem|proximo mes)\b", _next_month),
    (r"\b(?:n?este|n?esse) mes\b", _this_month),
    (r"\bdaqui (?:a )?(?P<count>\d{1,3}) (?P<unit>dias?|semanas?)\b", _ahead),
    (rf"\b(?:em |para |de )?(?P<month>{FULL_MONTH})\b", _month),
)
