"""When is a professional free? Pure: opening hours minus what is taken = start times.

All periods are half-open `(start, end)` pairs of whole epoch seconds: comparing integers is an order of magnitude
cheaper than comparing aware datetimes, and thirty days of ten professionals must take milliseconds.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

Period = tuple[int, int]


@dataclass(frozen=True)
class Span:
    """How long an appointment takes and keeps its professional, and where it may start. All in seconds."""

    length: int
    step: int
    buffer_before: int = 0
    buffer_after: int = 0


def merge(periods: Iterable[Period]) -> list[Period]:
    """The same time in as few sorted periods as possible; touching ones become one."""
    merged: list[Period] = []
    for start, end in sorted(periods):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _joined(hours: Iterable[Period]) -> list[Period]:
    """Sorted stretches of which no two share time. Ones that only touch stay two: each begins a grid."""
    joined: list[Period] = []
    for opens, closes in sorted(hours):
        if joined and opens < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(closes, joined[-1][1]))
        else:
            joined.append((opens, closes))
    return joined


def starts(
    *,
    open_hours: Iterable[Period],
    booked: Iterable[Period],
    busy: Iterable[Period],
    span: Span,
    not_before: int,
) -> Iterator[int]:
    """Free start times in order, on the grid that begins at each opening.

    `booked` are other appointments with their buffers: ours must fit between them with its own buffers.
    `busy` is the time taken by anything else: there the bare appointment must fit.
    """
    booked_periods, busy_periods = merge(booked), merge(busy)
    booked_at = busy_at = 0
    # What is behind one start is never looked at again, so no stretch may begin before another's end.
    for opens, closes in _joined(open_hours):
        start = _first_on_grid(opens, span.step, not_before)
        for candidate in range(start, closes - span.length + 1, span.step):
            end = candidate + span.length
            taken, booked_at = _overlaps(
                booked_periods, booked_at, candidate - span.buffer_before, end + span.buffer_after
            )
            blocked, busy_at = _overlaps(busy_periods, busy_at, candidate, end)
            if not taken and not blocked:
                yield candidate


def _first_on_grid(opens: int, step: int, not_before: int) -> int:
    if not_before <= opens:
        return opens
    return opens + -(-(not_before - opens) // step) * step


def _overlaps(periods: Sequence[Period], at: int, start: int, end: int) -> tuple[bool, int]:
    """Whether [start, end) meets one of the sorted periods; and the first index still of interest to later starts."""
    while at < len(periods) and periods[at][1] <= start:
        at += 1
    return at < len(periods) and periods[at][0] < end, at
