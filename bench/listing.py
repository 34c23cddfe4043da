"""How long does a program wait for a list of calendar events, remembered and not?

Through the web server, with the key, the limit and everything else a program meets; the simulator's Google takes 120 ms
for each list. Not remembered: one after the other, each for another period. Remembered: the same period at fixed
moments, whether or not earlier answers have come. The client takes these times, so the way there and back is in them.
Beside them what the server's own log says of the same requests, from the first middleware to the answer, and
`python -m bench.listing`, with the settings of the stack: the same list from the service itself, at the same pace.
"""

import http.client
import json
import os
import re
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote, urlencode

from bench.house import House
from bench.table import Figure, share_below
from dev.children import Program, run_to_end
from dev.places import ROOT
from dev.ports import LOOPBACK
from dev.problems import Trouble

EVENTS = 60
DAYS = 31
LATENCY_SECONDS = 0.12
ASKED_ANEW = 40
PER_SECOND = 100
SECONDS = 30
READERS = 8
P95_MS = 5
MEDIAN_MS = 3.5
TIMES_FASTER = 20
# Until what was put into the calendar has been told and read.
SETTLING_SECONDS = 3
PATH = "/api/v1/events/"
_REQUEST = re.compile(rf"^web .* path={PATH} status=200 duration_ms=([\d.]+)")
LOG_SECONDS = 10


@dataclass(frozen=True)
class Times:
    """Milliseconds of the same requests: as a client took them, and as the server's log has them."""

    taken: list[float]
    logged: list[float]


def measure(house: House) -> list[Figure]:
    """The rows about lists."""
    web, sandbox = _Line(house.stack.addresses.port), _Line(house.stack.addresses.sandbox_port)
    log = _Log(house.log, house.supervisor.check)
    found = json.loads((house.places.var / "demo.json").read_text())
    headers = {"Authorization": f"Bearer {found['api_keys']['aurora']}"}
    first = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    _fill(sandbox, first)
    rule = {"target": "google", "operation": "events.list", "kind": "slow", "seconds": LATENCY_SECONDS, "count": 10_000}
    sandbox.ask("POST", "/control/faults", rule)
    time.sleep(SETTLING_SECONDS)

    def ask(minutes: int) -> float:
        return web.timed(_address(first + timedelta(minutes=minutes)), headers)

    anew = Times([ask(number) for number in range(1, ASKED_ANEW + 1)], log.read(ASKED_ANEW))
    ask(0)
    log.read(1)
    remembered = Times(_at_fixed_moments(lambda: ask(0), house.supervisor.check), log.read(PER_SECOND * SECONDS))
    program = Program("listing", [sys.executable, "-m", "bench.listing", first.isoformat()], house.stack.environ, ROOT)
    child, said = run_to_end(program, seconds=300, check=house.supervisor.check)
    if child.process.returncode != 0:
        raise Trouble("bench.listing failed:\n" + "\n".join(said[-20:]))
    # The first line has been idle for too long: the simulator has let go of it.
    _Line(house.stack.addresses.sandbox_port).ask("DELETE", "/control/faults", None)
    return _figures(anew, remembered, json.loads(said[-1]))


def main() -> None:
    """Milliseconds of each call of the service, as JSON."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "atendeai.settings")
    import django

    django.setup()
    from calendar_sync.service import GoogleCalendarService
    from clinics.models import Clinic

    first = datetime.fromisoformat(sys.argv[1])
    clinic_id = Clinic.objects.get(slug="aurora").pk
    taken, began = [], time.monotonic()
    for number in range(PER_SECOND * SECONDS):
        time.sleep(max(0.0, began + number / PER_SECOND - time.monotonic()))
        start = time.perf_counter()
        found = GoogleCalendarService(clinic_id).list_events(first, first + timedelta(days=DAYS))
        taken.append((time.perf_counter() - start) * 1000)
        if len(found) < EVENTS:
            raise SystemExit(f"only {len(found)} events")
    print(json.dumps(taken))


def _figures(anew: Times, remembered: Times, inside: list[float]) -> list[Figure]:
    slow, slow_inside = share_below(remembered.logged, 0.95), share_below(inside, 0.95)
    said = f"A remembered list of two calendars, {2 * EVENTS} events, {PER_SECOND}/s for {SECONDS} s"
    middle = median(remembered.logged)
    google = f"… asked of a Google that takes {LATENCY_SECONDS * 1000:.0f} ms"
    return [
        Figure(
            f"{said}: the whole request by the server's log, p95", f"{slow:.1f} ms", f"< {P95_MS} ms", slow < P95_MS
        ),
        Figure("… median", f"{middle:.1f} ms", f"≤ {MEDIAN_MS} ms", middle <= MEDIAN_MS),
        Figure("… p99", f"{share_below(remembered.logged, 0.99):.1f} ms"),
        Figure("… the service alone, p95", f"{slow_inside:.1f} ms", f"< {P95_MS} ms", slow_inside < P95_MS),
        Figure("… median, p99", _spread(inside)),
        Figure("… the whole answer to a client, p95", f"{share_below(remembered.taken, 0.95):.1f} ms"),
        Figure("… median, p99", _spread(remembered.taken)),
        _ratio(f"{google}, median by the server's log: times as long", anew.logged, remembered.logged),
        _ratio("… to a client", anew.taken, remembered.taken),
    ]


def _ratio(what: str, anew: list[float], remembered: list[float]) -> Figure:
    ratio = median(anew) / median(remembered)
    return Figure(what, f"{ratio:.0f} ({median(anew):.0f} ms)", f"≥ {TIMES_FASTER}", ratio >= TIMES_FASTER)


def _spread(times: list[float]) -> str:
    return f"{median(times):.1f} ms, {share_below(times, 0.99):.1f} ms"


def _at_fixed_moments(ask: Callable[[], float], check: Callable[[], None]) -> list[float]:
    began = time.monotonic()
    with ThreadPoolExecutor(READERS) as readers:
        asked = []
        for number in range(PER_SECOND * SECONDS):
            check()
            time.sleep(max(0.0, began + number / PER_SECOND - time.monotonic()))
            asked.append(readers.submit(ask))
        return [one.result() for one in asked]


def _address(from_at: datetime) -> str:
    asked = {"from": from_at.isoformat(), "to": (from_at + timedelta(days=DAYS)).isoformat(), "limit": EVENTS}
    return f"{PATH}?{urlencode(asked)}"


def _fill(sandbox: "_Line", first: datetime) -> None:
    calendars = sandbox.ask("GET", "/control/calendars", None)["calendars"]
    linked = [one["id"] for one in calendars if one.get("clinic") == "aurora"]
    if not linked:
        raise Trouble("The demo has no linked calendar.")
    for number in range(EVENTS):
        starts_at = first + timedelta(hours=12 * number / 2)
        edges = {"start": starts_at, "end": starts_at + timedelta(minutes=30)}
        body = {"summary": "Compromisso", **{name: {"dateTime": at.isoformat()} for name, at in edges.items()}}
        for calendar_id in linked:
            sandbox.ask("POST", f"/control/calendars/{quote(calendar_id)}/events", body)


class _Log:
    """What the web server wrote about lists since it was last asked."""

    def __init__(self, path: Path, check: Callable[[], None]) -> None:
        self._path, self._check = path, check
        self._read_to = path.stat().st_size

    def read(self, count: int) -> list[float]:
        """The durations of the `count` lists that were just answered; the last lines may still be on their way."""
        deadline = time.monotonic() + LOG_SECONDS
        while True:
            self._check()
            with self._path.open(encoding="utf-8") as file:
                file.seek(self._read_to)
                found = [float(match[1]) for match in map(_REQUEST.match, file) if match]
                end = file.seek(0, os.SEEK_END)
            if len(found) >= count:
                break
            if time.monotonic() > deadline:
                raise Trouble(f"The log tells of {len(found)} of {count} lists.")
            time.sleep(0.1)
        self._read_to = end
        return found


class _Line:
    """One kept connection per thread."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._own = threading.local()

    def timed(self, address: str, headers: dict[str, str]) -> float:
        """Milliseconds for a GET that is answered 200."""
        began = time.perf_counter()
        status, _ = self._call("GET", address, None, headers)
        if status != 200:
            raise Trouble(f"The list was answered {status}.")
        return (time.perf_counter() - began) * 1000

    def ask(self, method: str, path: str, body: Any) -> Any:
        status, text = self._call(
            method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"}
        )
        if status >= 300:
            raise Trouble(f"The simulator answered {status} to {method} {path}.")
        return json.loads(text) if text else None

    def _call(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> tuple[int, bytes]:
        if not hasattr(self._own, "line"):
            self._own.line = http.client.HTTPConnection(LOOPBACK, self._port, timeout=30)
        self._own.line.request(method, path, body, headers)
        answer = self._own.line.getresponse()
        return answer.status, answer.read()


if __name__ == "__main__":
    main()
