"""How long does a program wait for a list of calendar events, remembered and not?

Through the web server, with the key, the limit and everything else a program meets; the simulator's Google takes 120 ms
for each list. Not remembered: one after the other, each for another period. Remembered: the same period at fixed
moments, whether or not earlier answers have come. The client takes these times, so the way there and back is in them.
Beside it `python -m bench.listing`, with the settings of the stack: the same list from the service itself, as the
server has it, at the same pace.
"""

import http.client
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
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
SECONDS = 10
READERS = 8
P95_MS = 5
TIMES_FASTER = 20
# Until what was put into the calendar has been told and read.
SETTLING_SECONDS = 3


def measure(house: House) -> list[Figure]:
    """The rows about lists."""
    web, sandbox = _Line(house.stack.addresses.port), _Line(house.stack.addresses.sandbox_port)
    found = json.loads((house.places.var / "demo.json").read_text())
    headers = {"Authorization": f"Bearer {found['api_keys']['aurora']}"}
    first = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    _fill(sandbox, first)
    rule = {"target": "google", "operation": "events.list", "kind": "slow", "seconds": LATENCY_SECONDS, "count": 10_000}
    sandbox.ask("POST", "/control/faults", rule)
    time.sleep(SETTLING_SECONDS)

    def ask(minutes: int) -> float:
        return web.timed(_address(first + timedelta(minutes=minutes)), headers)

    anew = [ask(number) for number in range(1, ASKED_ANEW + 1)]
    ask(0)
    remembered = _at_fixed_moments(lambda: ask(0), house.supervisor.check)
    program = Program("listing", [sys.executable, "-m", "bench.listing", first.isoformat()], house.stack.environ, ROOT)
    child, said = run_to_end(program, seconds=300, check=house.supervisor.check)
    if child.process.returncode != 0:
        raise Trouble("bench.listing failed:\n" + "\n".join(said[-20:]))
    sandbox.ask("DELETE", "/control/faults", None)
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


def _figures(anew: list[float], remembered: list[float], inside: list[float]) -> list[Figure]:
    slow, ratio = share_below(inside, 0.95), median(anew) / median(remembered)
    said = f"A remembered list of two calendars, {2 * EVENTS} events, {PER_SECOND}/s for {SECONDS} s"
    return [
        Figure(f"{said}: the service, p95", f"{slow:.1f} ms", f"< {P95_MS} ms", slow < P95_MS),
        Figure("… median, p99", _spread(inside)),
        Figure("… the whole answer to a client, p95", f"{share_below(remembered, 0.95):.1f} ms"),
        Figure("… median, p99", _spread(remembered)),
        Figure(
            f"… asked of a Google that takes {LATENCY_SECONDS * 1000:.0f} ms, median: times as long",
            f"{ratio:.0f} ({median(anew):.0f} ms)",
            f"≥ {TIMES_FASTER}",
            ratio >= TIMES_FASTER,
        ),
    ]


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
    return f"/api/v1/events/?{urlencode(asked)}"


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
