"""What does it cost to unpack a delivery: each item alone, and a thousand updates of a thousand new people in one call?

A process of its own, `python -m bench.unpacking`, with the settings of the stack; makes a clinic and its number, and
prints an UnpackingTimes as JSON. No worker may run meanwhile: it would take the deliveries first.
"""

import json
import os
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from whatsapp.models import Number

UPDATES = 1_000
PURE_RUNS = 30
CALLS = 7


@dataclass(frozen=True)
class UnpackingTimes:
    """`pure_us`: microseconds per item from bytes to typed items; the others: milliseconds per call of UPDATES, from
    the stored call to its stored items, each with contact and conversation of somebody new, or repeated. `own_ms`: the
    processor time of this process in them, whatever else the machine does."""

    pure_us: float
    new_ms: float
    slowest_ms: float
    own_ms: float
    repeated_ms: float
    statuses_ms: float
    queries: int


def main() -> None:
    """Makes the clinic, measures, prints."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "atendeai.settings")
    import django

    django.setup()
    print(json.dumps(asdict(_measure(_make_number()))))


def _make_number() -> "Number":
    from clinics.models import Clinic
    from whatsapp.models import Number

    clinic = Clinic.objects.create(slug="bench-unpacking", name="Bench")
    return Number.objects.create(clinic=clinic, phone_number_id="990000000000001")


def _measure(number: "Number") -> UnpackingTimes:
    from whatsapp import payloads

    body = _messages(number, 0)
    pure = [_timed(lambda: payloads.unpack(body)) for _ in range(PURE_RUNS)]
    bodies = [_messages(number, call) for call in range(CALLS)]
    began = time.process_time()
    new = [_unpacked(one) for one in bodies]
    own = (time.process_time() - began) / CALLS
    queries = _queries(_messages(number, CALLS))
    return UnpackingTimes(
        pure_us=median(pure) * 1e6 / UPDATES,
        new_ms=median(new) * 1000,
        slowest_ms=max(new) * 1000,
        own_ms=own * 1000,
        repeated_ms=median(_unpacked(one) for one in bodies) * 1000,
        statuses_ms=median(_unpacked(_statuses(number, call)) for call in range(CALLS)) * 1000,
        queries=queries,
    )


def _timed(work: Any) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _unpacked(body: bytes) -> float:
    from whatsapp import inbox

    inbox.store(body=body, signed_by=None)
    return _timed(lambda: inbox.unpack_some(now=datetime.now(UTC)))


def _queries(body: bytes) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        _unpacked(body)
    return len(queries)


def _messages(number: "Number", call: int) -> bytes:
    people = [f"55119{60_000_000 + call * UPDATES + person}" for person in range(UPDATES)]
    return _body(
        number,
        contacts=[{"wa_id": one, "profile": {"name": f"Pessoa {one[-4:]}"}} for one in people],
        messages=[
            {
                "from": one,
                "id": f"wamid.{one}",
                "timestamp": str(int(time.time())),
                "type": "text",
                "text": {"body": "oi"},
            }
            for one in people
        ],
    )


def _statuses(number: "Number", call: int) -> bytes:
    reports = [
        {"id": f"wamid.s{call}.{one}", "status": "delivered", "timestamp": str(int(time.time()))}
        for one in range(UPDATES)
    ]
    return _body(number, statuses=reports)


def _body(number: "Number", **value: Any) -> bytes:
    value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": number.phone_number_id}, **value}
    entry = {"id": "990000000000002", "changes": [{"field": "messages", "value": value}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


if __name__ == "__main__":
    main()
