"""When is a person busy whose events we may not see? Free/busy of their main calendar, for links of our own calendars.

Google answers for two to three months at once, and tells a failure of one calendar inside a 200: that is unknown, not
free, so what was known stays, with its age. Each pull asks for the next sixty days with one request; what lies beyond
is asked for once an hour: a clinic that books a year ahead would else take seven requests every five minutes.
"""

import math
from datetime import datetime, timedelta

from django.db import transaction

from atendeai.common.errors import Unreachable
from calendar_sync import calls, timetable, touched
from calendar_sync.busy import Period
from calendar_sync.deadline import Deadline
from calendar_sync.models import Link, PullState
from calendar_sync.pull.applying import put_free_busy
from calendar_sync.pull.fetching import BEYOND, DAY

PRIMARY = "primary"
MOST_DAYS = timedelta(days=60)
FAR_AGE = timedelta(hours=1)


def pull_free_busy(state: PullState, *, now: datetime, deadline: Deadline) -> None:
    """Replaces the person's busy times in one transaction. Raises the integration errors; then nothing was changed."""
    until = now + timedelta(days=state.link.clinic.horizon_days) + BEYOND
    is_far = is_far_due(state, now=now)
    near = min(now - DAY + MOST_DAYS, until)
    window = (now - DAY, until if is_far else near)
    busy = ask_free_busy(link=state.link, window=window, now=now, deadline=deadline)
    with transaction.atomic():
        timetable.held(state)
        changed = put_free_busy(state.link, busy, until=None if is_far else near)
        touched.raise_conflicts(link=state.link, busy_ids=changed, since=state.free_busy_at, now=now)
        seen = {"free_busy_at": now} | ({"free_busy_far_at": now} if is_far else {})
        type(state).objects.for_clinic(state.clinic_id).filter(pk=state.pk).update(**seen)


def is_far_due(state: PullState, *, now: datetime) -> bool:
    """Whether what lies beyond sixty days is asked for as well."""
    return state.free_busy_far_at is None or now - state.free_busy_far_at >= FAR_AGE


def requests(state: PullState, *, now: datetime) -> int:
    """How many calls the next `pull_free_busy` makes."""
    whole = timedelta(days=state.link.clinic.horizon_days) + BEYOND + DAY
    return math.ceil(whole / MOST_DAYS) if is_far_due(state, now=now) else 1


def ask_free_busy(*, link: Link, window: Period, now: datetime, deadline: Deadline) -> list[Period]:
    """When the person's main calendar is busy in that window. Raises the integration errors."""
    busy: list[Period] = []
    start = window[0]
    while start < window[1]:
        end = min(start + MOST_DAYS, window[1])
        edges = {"time_min": start, "time_max": end}
        answer = calls.call(
            link=link,
            operation="freebusy.query",
            now=now,
            deadline=deadline,
            act=lambda calendar, edges=edges: calendar.query_free_busy(PRIMARY, **edges),  # type: ignore[misc]
        )
        if answer.error:
            raise Unreachable("google", "freebusy.query", code=answer.error[:60])
        busy += answer.periods
        start = end
    return busy
