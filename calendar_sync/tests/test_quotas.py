"""A day of a thousand linked calendars, by the timetable itself and without a call: it stays within Google's quotas.

Counted are calls of the Calendar API; tokens are asked of another service. The clinics are busy: thirty writes a
day and calendar, half as many changes made in Google; Google pushes our own writes back to us, too.
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from calendar_sync import timetable, watch
from calendar_sync.models import Link, PullState
from calendar_sync.pull import asking_free_busy
from calendar_sync.pull.fetching import BEYOND, needs_full
from clinics.models import CalendarMode, Clinic

CALENDARS = 1000
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
PER_DAY, PER_MINUTE, PER_MINUTE_AND_USER = 1_000_000, 10_000, 600
# Events in the window of one calendar: three pages of a full list.
PAGES = 3
WRITES = 30
# A touched event is looked at; a change of ours that meets somebody else's reads once more.
LOOKS = 10
# What people change in their own calendars, each of it pushed.
FOREIGN_CHANGES = 15
CHANNEL_LIFE = timedelta(days=7)
START = datetime(2026, 11, 24, tzinfo=UTC)


@dataclass
class Day:
    """Calls by operation, and by minute over all calendars."""

    calls: Counter[str] = field(default_factory=Counter)
    minutes: Counter[int] = field(default_factory=Counter)
    busiest_user: int = 0

    def of(self, link: Link, *, is_pushed: bool) -> None:
        """One calendar's day."""
        mine: Counter[int] = Counter()
        state = PullState(link=link, sync_token="t", calendar_id="c", free_busy_at=START, free_busy_far_at=START)
        state.full_at = START - random.random() * DAY
        state.horizon_until = state.full_at + timedelta(days=link.clinic.horizon_days) + BEYOND
        compare_at = START + random.random() * DAY
        now = START + random.random() * 5 * MINUTE
        while now < START + DAY:
            self._pull(state, now, mine)
            now += timetable.interval(link.mode, is_pushed=is_pushed)
        for _ in range(WRITES + FOREIGN_CHANGES if is_pushed else 0):
            self._pull(state, START + random.random() * DAY, mine)
        for _ in range(WRITES):
            self._call("events.write", START + random.random() * DAY, mine)
        for _ in range(LOOKS):
            self._call("events.get", START + random.random() * DAY, mine)
        self._compare(state, compare_at, mine)
        if is_pushed and random.random() < DAY / (CHANNEL_LIFE - watch.OVERLAP):
            self._call("events.watch", compare_at, mine)
            self._call("channels.stop", compare_at, mine)
        self.busiest_user = max(self.busiest_user, *mine.values())

    def _pull(self, state: PullState, now: datetime, mine: Counter[int]) -> None:
        if state.link.mode == CalendarMode.OWN:
            self._call("freebusy.query", now, mine, asking_free_busy.requests(state, now=now))
            if asking_free_busy.is_far_due(state, now=now):
                state.free_busy_far_at = now
        is_full = needs_full(state, now=now)
        self._call("events.list", now, mine, PAGES if is_full else 1)
        if is_full:
            state.full_at = now
            state.horizon_until = now + timedelta(days=state.link.clinic.horizon_days) + BEYOND

    def _compare(self, state: PullState, now: datetime, mine: Counter[int]) -> None:
        """What is new, then everything."""
        self._pull(state, now, mine)
        if state.link.mode == CalendarMode.OWN:
            self._call("freebusy.query", now, mine, asking_free_busy.requests(state, now=now))
        self._call("events.list", now, mine, PAGES)

    def _call(self, operation: str, now: datetime, mine: Counter[int], number: int = 1) -> None:
        minute = int((now - START) / MINUTE)
        self.calls[operation] += number
        self.minutes[minute] += number
        mine[minute] += number


def day_of(mode: str, horizon_days: int, *, is_pushed: bool) -> Day:
    random.seed(20261125)
    day = Day()
    clinic = Clinic(horizon_days=horizon_days)
    for number in range(CALENDARS):
        day.of(Link(pk=number + 1, clinic=clinic, mode=mode, calendar_id="c"), is_pushed=is_pushed)
    return day


@pytest.mark.parametrize(
    ("mode", "horizon_days", "is_pushed", "most"),
    [
        (CalendarMode.EXISTING, 60, True, 260_000),
        (CalendarMode.EXISTING, 60, False, 380_000),
        (CalendarMode.OWN, 60, True, 800_000),
        (CalendarMode.OWN, 365, True, 950_000),
    ],
)
def test_a_thousand_calendars_stay_within_the_quotas_of_a_day(
    mode: str, horizon_days: int, is_pushed: bool, most: int
) -> None:
    day = day_of(mode, horizon_days, is_pushed=is_pushed)
    total = day.calls.total()
    assert total < most < PER_DAY
    assert max(day.minutes.values()) < PER_MINUTE / 4
    assert day.busiest_user < PER_MINUTE_AND_USER / 4
    # And it is no empty day.
    assert day.calls["events.list"] > CALENDARS * 140
