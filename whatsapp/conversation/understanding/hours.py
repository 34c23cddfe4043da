"""Which time of day does a message speak of?

An hour from 1 to 6 without more is in the afternoon: a clinic is meant. "14h30" is a time to be near to; "depois das
16h", "de manhã" are bounds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time

from .words import NUMBERS

HOUR_WORD = "|".join(sorted((word for word, n in NUMBERS.items() if n <= 20), key=len, reverse=True))
MINUTE_WORD = r"meia|quinze|vinte|trinta|\d{1,2}"
PART = r"(?: (?:d[ae]|a|pela) (?P<part>manha|tarde|noite|madrugada))?"
TIME = (
    r"(?:(?P<noon>meio dia)(?: e (?P<noon_half>meia))?"
    rf"|(?P<h1>\d{{1,2}}) ?(?::|h(?![a-z])|horas?\b) ?(?P<m1>\d{{2}})?(?:min)?(?: horas?\b"
    rf"|h\b)?(?: e (?P<m2>{MINUTE_WORD}))?"
    rf"|(?P<h2>{HOUR_WORD}) horas?\b(?: e (?P<m3>{MINUTE_WORD}))?)"
)
AFTER_AS = (
    rf"(?:as|a|umas|pelas|das|ate as|la pelas) (?P<h3>\d{{1,2}}|{HOUR_WORD})\b(?! dias?\b"
    rf"| de [a-z])(?: e (?P<m4>{MINUTE_WORD}))?"
)
HALF_PAST = rf"(?P<h3>\d{{1,2}}|{HOUR_WORD}) e (?P<m4>meia)\b"
WITH_PART = rf"(?P<h3>\d{{1,2}}|{HOUR_WORD}) d[ae] (?P<part>manha|tarde|noite)\b"
PARTS = {"manha": (None, time(12)), "tarde": (time(12), time(18)), "noite": (time(18), None)}
NAMED: tuple[tuple[str, time | None, time | None], ...] = (
    (r"\b(?:no )?(?:fim|final|finalzinho) d[ae] tarde\b", time(16), time(20)),
    (r"\b(?:no )?(?:comeco|inicio) d[ae] tarde\b", time(12), time(15)),
    (r"\b(?:no )?(?:fim|final) d[ae] manha\b", time(10), time(13)),
    (r"\bdepois do almoco\b", time(13), None),
    (r"\bantes do almoco\b", None, time(12)),
    (r"\b(?:n[ao] )?(?:hora|horario) d[oe] almoco\b", time(11, 30), time(14)),
    (r"\b(?:bem |mais )?(?:cedinho|cedo)\b(?! possivel)", None, time(10)),
)


@dataclass(frozen=True)
class Hours:
    """Bounds (half-open) or a time to be near to; all None when nothing was said."""

    from_time: time | None = None
    to_time: time | None = None
    near: time | None = None

    def __bool__(self) -> bool:
        return self != Hours()


def find_hours(words: str) -> tuple[Hours, str]:
    """The time of day, and the message without the words that named it."""
    for reader in (_between, _bounded, _exact, _named, _part):
        hours, rest = reader(words)
        if hours:
            return hours, rest
    return Hours(), words


def _between(words: str) -> tuple[Hours, str]:
    pattern = (
        r"\b(?:entre|das?|de) (?:as? )?(?P<a>\d{1,2})(?: ?(?:h|:)(?P<am>\d{2})?)?(?: horas)? (?:e|as"
        r"|ate|a)(?: as)? (?P<b>\d{1,2}) ?(?:h|:|horas\b|$)(?P<bm>\d{2})?"
    )
    match = re.search(pattern, words)
    if not match:
        return Hours(), words
    start, end = _clock(int(match["a"]), match["am"]), _clock(int(match["b"]), match["bm"])
    if start is None or end is None or start >= end:
        return Hours(), words
    return Hours(start, end), _without(words, match)


def _bounded(words: str) -> tuple[Hours, str]:
    after = r"\b(?:depois|a partir|apos|passando|passado)(?: d?as?| de| do)? "
    before = r"\b(?:antes|ate)(?: d?as?| de| do| o)? "
    for opening, is_after in ((after, True), (before, False)):
        match = re.search(rf"{opening}(?:{TIME}|(?P<h3>\d{{1,2}}|{HOUR_WORD})\b(?P<m4>)){PART}", words)
        moment = _time_of(match) if match else None
        if match and moment:
            return (Hours(moment) if is_after else Hours(None, moment)), _without(words, match)
    return Hours(), words


def _exact(words: str) -> tuple[Hours, str]:
    for pattern in (
        rf"\b(?:as |a |umas |pelas |la )*{TIME}{PART}",
        rf"\b{AFTER_AS}{PART}",
        rf"\b{HALF_PAST}{PART}",
        rf"\b{WITH_PART}",
    ):
        match = re.search(pattern, words)
        moment = _time_of(match) if match else None
        if match and moment:
            return Hours(near=moment), _without(words, match)
    return Hours(), words


def _named(words: str) -> tuple[Hours, str]:
    for pattern, from_time, to_time in NAMED:
        match = re.search(pattern, words)
        if match:
            return Hours(from_time, to_time), _without(words, match)
    return Hours(), words


def _part(words: str) -> tuple[Hours, str]:
    match = re.search(
        r"\b(?:d[ae] |pel[ao] |n[ao] |a |durante a |periodo d[ae] |parte d[ae] )*(?P<part>manha|tarde|noite)\b",
        words,
    )
    if not match:
        return Hours(), words
    return Hours(*PARTS[match["part"]]), _without(words, match)


def _time_of(match: re.Match[str]) -> time | None:
    groups = match.groupdict()
    if groups.get("noon"):
        return time(12, 30 if groups.get("noon_half") else 0)
    hour = next((groups[name] for name in ("h1", "h2", "h3") if groups.get(name)), None)
    minute = next((groups[name] for name in ("m1", "m2", "m3", "m4") if groups.get(name)), None)
    if hour is None:
        return None
    number = NUMBERS.get(hour)
    return _clock(int(hour) if number is None else number, minute, groups.get("part"))


def _clock(hour: int, minute: str | None, part: str | None = None) -> time | None:
    minutes = _minutes(minute or "0")
    is_afternoon = part in ("tarde", "noite") or (part is None and 1 <= hour <= 6)
    if is_afternoon and hour < 12:
        hour += 12
    return time(hour, minutes) if hour < 24 and minutes < 60 else None


def _minutes(word: str) -> int:
    return 30 if word == "meia" else NUMBERS.get(word) or int(word)


def _without(words: str, match: re.Match[str]) -> str:
    return f"{words[: match.start()]} {words[match.end() :]}"
