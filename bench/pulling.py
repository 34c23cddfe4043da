"""How long does it take to read a calendar of ten thousand events for the first time, and with how much memory?

A process of its own, `python -m bench.pulling`, with the settings of the stack: fills a linked calendar of the demo
through the simulator's control calls, reads it once from nothing, once more without a change, and prints a PullTimes
as JSON.
"""

import http.client
import json
import os
import resource
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from calendar_sync.models import Link

EVENTS = 10_000
SPREAD_MINUTES = 8
MIB = 1024


@dataclass(frozen=True)
class PullTimes:
    """Of one process; `peak_mib` is the most it ever held, `before_mib` the most before the pull."""

    full_seconds: float
    quiet_seconds: float
    busy_periods: int
    before_mib: float
    peak_mib: float


def main() -> None:
    """Fills, measures, prints."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "atendeai.settings")
    import django

    django.setup()
    print(json.dumps(asdict(_measure())))


def _measure() -> PullTimes:
    from calendar_sync import pull, timetable
    from calendar_sync.models import Link, LinkState
    from clinics.models import BusyPeriod, BusySource

    # The installation's first linked calendar, whoever's it is.
    link = Link.objects.filter(state=LinkState.LINKED).select_related("clinic", "professional").order_by("id")[0]
    _fill(link)
    timetable.arm(link=link, is_full=True)
    before = _peak()
    full = _timed(lambda: pull.pull_now(link=link, now=datetime.now(UTC)).events)
    quiet = _timed(lambda: pull.pull_now(link=link, now=datetime.now(UTC)).events + 1)
    rows = BusyPeriod.objects.for_clinic(link.clinic).filter(source=BusySource.GOOGLE)
    return PullTimes(full, quiet, rows.count(), before, _peak())


def _timed(work: Callable[[], int]) -> float:
    start = time.monotonic()
    if not work():
        raise SystemExit("the pull did not go through")
    return time.monotonic() - start


def _fill(link: "Link") -> None:
    """Events of five minutes, one every eight, from tomorrow on: all inside the window of sixty days."""
    from django.conf import settings

    place = urlsplit(settings.GOOGLE_API_BASE_URL).netloc
    path = f"/control/calendars/{quote(link.calendar_id)}/events"
    first = datetime.now(UTC) + timedelta(hours=1)

    def add(numbers: range) -> None:
        connection = http.client.HTTPConnection(place, timeout=30)
        for number in numbers:
            starts_at = first + number * timedelta(minutes=SPREAD_MINUTES)
            edges = {"start": starts_at, "end": starts_at + timedelta(minutes=5)}
            body = {"summary": "Compromisso", **{name: {"dateTime": at.isoformat()} for name, at in edges.items()}}
            connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            if answer.status != 201:
                raise SystemExit(f"the simulator answered {answer.status}")
        connection.close()

    parts = 4
    with ThreadPoolExecutor(parts) as pool:
        list(pool.map(add, [range(part, EVENTS, parts) for part in range(parts)]))


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB


if __name__ == "__main__":
    main()
