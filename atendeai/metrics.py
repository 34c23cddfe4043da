"""What can be counted, and what waits? The metrics' names are a contract; they are right across all processes.

Counters live in files of PROMETHEUS_MULTIPROC_DIR that every web and worker process writes; queue gauges are read from
the database when somebody scrapes. Labels never hold personal data.
"""

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from atendeai.common import breaker, http
from atendeai.common.addresses import client_address, is_allowed

logger = logging.getLogger(__name__)

MESSAGES = Counter("whatsapp_messages_total", "WhatsApp messages by outcome", ["clinic_id", "status", "type"])
CALENDAR_OPERATIONS = Counter(
    "google_calendar_operations_total", "Google Calendar operations", ["clinic_id", "operation", "status"]
)
CALENDAR_PULLS = Counter("atendeai_calendar_pulls_total", "Readings of linked calendars", ["result"])
CALENDAR_LOOKS = Counter("atendeai_calendar_looks_total", "Last looks before an appointment is confirmed", ["result"])
CALENDAR_PUSHES = Counter("atendeai_calendar_pushes_total", "Google's pushes by what they led to", ["result"])
DELIVERIES = Counter("atendeai_webhook_deliveries_total", "Webhook calls by result", ["result"])
APPOINTMENTS = Counter("atendeai_appointments_total", "Appointment events", ["clinic_id", "event", "source"])
READ_MARKS = Counter("atendeai_read_marks_total", "Read marks and “typing…” by outcome", ["operation", "result"])
UNKNOWN_ITEMS = Counter("atendeai_unhandled_items_total", "Items kept and not acted on", ["kind", "reason"])
FOREIGN_ADDRESSES = Counter(
    "atendeai_media_foreign_addresses_total",
    "Addresses of files that are not Meta's and were not called",
    ["clinic_id"],
)
RESENDS = Counter("atendeai_message_resends_total", "Sends repeated after an unknown outcome", ["clinic_id"])
OUTBOUND_SECONDS = Histogram(
    "atendeai_outbound_seconds",
    "Duration of calls to providers",
    ["provider", "operation"],
    buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15),
)
UNGUARDED = Counter("atendeai_unguarded_calls_total", "Calls made while Redis kept no circuits", ["provider"])


@dataclass(frozen=True)
class QueueReading:
    """How many rows wait, and for how long the oldest has (seconds)."""

    depth: int
    oldest_seconds: float


_queues: dict[str, Callable[[], QueueReading]] = {}
# In the order of the contract's numbers.
CIRCUIT_STATES = ("closed", "half-open", "open")
CircuitReader = Callable[[], Iterable[tuple[int, str, str]]]
_circuits: list[CircuitReader] = []


def register_queue(name: str, read: Callable[[], QueueReading]) -> None:
    """Apps call this from `ready()`; `read` runs one cheap query at each scrape."""
    _queues[name] = read


def register_circuits(read: CircuitReader) -> None:
    """`read` answers clinic, provider and state of every circuit, at each scrape."""
    _circuits[:] = [read]


def observe_call(provider: str, operation: str, clinic_id: int | None, outcome: str, seconds: float) -> None:  # noqa: ARG001
    """An observer for `common.http`."""
    OUTBOUND_SECONDS.labels(provider, operation).observe(seconds)


http.observe(observe_call)
breaker.watch_unguarded(lambda provider: UNGUARDED.labels(provider).inc())


class _QueueCollector(Collector):
    def collect(self) -> Iterable[GaugeMetricFamily]:
        depth = GaugeMetricFamily("atendeai_queue_depth", "Rows that wait", labels=["queue"])
        oldest = GaugeMetricFamily("atendeai_queue_oldest_seconds", "Age of the oldest waiting row", labels=["queue"])
        for name, reading in _readings():
            depth.add_metric([name], reading.depth)
            oldest.add_metric([name], reading.oldest_seconds)
        return [depth, oldest]


class _CircuitCollector(Collector):
    """Read when somebody scrapes: a gauge that each process sets would stand still when Redis is emptied."""

    def collect(self) -> Iterable[GaugeMetricFamily]:
        labels = ["clinic_id", "provider"]
        state = GaugeMetricFamily("atendeai_circuit_state", "0 closed, 1 half-open, 2 open", labels=labels)
        try:
            for clinic_id, provider, name in (found for read in _circuits for found in read()):
                state.add_metric([str(clinic_id), provider], CIRCUIT_STATES.index(name))
        except DatabaseError as error:
            logger.warning("circuits not readable", extra={"error": type(error).__name__})
        return [state]


def _readings() -> Iterator[tuple[str, QueueReading]]:
    for name, read in sorted(_queues.items()):
        try:
            yield name, read()
        except DatabaseError as error:
            # The counters must stay visible while PostgreSQL is away.
            logger.warning("queue not readable", extra={"queue": name, "error": type(error).__name__})


def scrape(request: HttpRequest) -> HttpResponse:
    """`GET /metrics` for the networks of METRICS_ALLOWED_NETWORKS; 403 for everybody else."""
    address = client_address(request.META, settings.TRUSTED_PROXIES)
    if not is_allowed(address, settings.METRICS_ALLOWED_NETWORKS):
        return HttpResponse(status=403)
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=os.environ["PROMETHEUS_MULTIPROC_DIR"])  # type: ignore[no-untyped-call]
    registry.register(_QueueCollector())
    registry.register(_CircuitCollector())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
