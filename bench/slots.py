"""How long does it take to find the free times of a whole clinic for a month?

A process of its own, `python -m bench.slots`, with the settings of the stack; makes a clinic with 10 professionals and
5,000 appointments around today, and prints a SlotTimes as JSON.
"""

import json
import os
import random
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from statistics import median
from typing import TYPE_CHECKING

from bench.table import share_below

if TYPE_CHECKING:
    from clinics.models import Appointment, Clinic, Offering, Professional

PROFESSIONALS = 10
DAYS = 30
APPOINTMENTS = 5_000
MINUTES = 30
RUNS = 30
SHIFTS = ((8, 12), (13, 18))


@dataclass(frozen=True)
class SlotTimes:
    """Of `free_slots` alone, in this process; `slots` is how many it found."""

    median_ms: float
    p95_ms: float
    queries: int
    slots: int


def main() -> None:
    """Makes the clinic, measures, prints."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "atendeai.settings")
    import django

    django.setup()
    print(json.dumps(asdict(_measure(*_make_clinic()))))


def _measure(clinic: "Clinic", offering: "Offering") -> SlotTimes:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from clinics.availability import free_slots

    now = datetime.now(UTC)
    to_at = now + timedelta(days=DAYS)
    with CaptureQueriesContext(connection) as queries:
        found = free_slots(clinic=clinic, offering=offering, from_at=now, to_at=to_at, now=now)
    taken = []
    for _ in range(RUNS):
        began = time.perf_counter()
        free_slots(clinic=clinic, offering=offering, from_at=now, to_at=to_at, now=now)
        taken.append((time.perf_counter() - began) * 1000)
    return SlotTimes(median(taken), share_below(taken, 0.95), len(queries), len(found))


def _make_clinic() -> tuple["Clinic", "Offering"]:
    from clinics.models import Appointment, Clinic, Offering, OfferingProfessional, Patient, Professional, WorkingHours

    clinic = Clinic.objects.create(slug="bench", name="Clínica Bench", horizon_days=2 * DAYS)
    offering = Offering.objects.create(clinic=clinic, name="Consulta", minutes=MINUTES)
    people = [Professional.objects.create(clinic=clinic, name=f"Dra. {number}") for number in range(PROFESSIONALS)]
    OfferingProfessional.objects.bulk_create(
        OfferingProfessional(clinic=clinic, offering=offering, professional=person) for person in people
    )
    WorkingHours.objects.bulk_create(
        WorkingHours(
            clinic=clinic,
            professional=person,
            weekday=day,
            starts_at=clock_time(opens),
            ends_at=clock_time(closes),
        )
        for person in people
        for day in range(5)
        for opens, closes in SHIFTS
    )
    patient = Patient.objects.create(clinic=clinic, name="Fulana")
    Appointment.objects.bulk_create(_appointments(clinic, offering, people, patient.pk), batch_size=1000)
    return clinic, offering


def _appointments(
    clinic: "Clinic", offering: "Offering", people: list["Professional"], patient_id: int
) -> list["Appointment"]:
    """A random part of all times from 30 days back to 30 days ahead."""
    from clinics.models import Appointment, Source

    times = [(person, starts_at) for starts_at in _times(clinic) for person in people]
    return [
        Appointment(
            clinic=clinic,
            professional=person,
            offering=offering,
            patient_id=patient_id,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=MINUTES),
            blocked_from=starts_at,
            blocked_to=starts_at + timedelta(minutes=MINUTES),
            source=Source.PORTAL,
        )
        for person, starts_at in random.Random(1).sample(times, APPOINTMENTS)
    ]


def _times(clinic: "Clinic") -> Iterator[datetime]:
    today = datetime.now(clinic.zone).date()
    for day in (today + timedelta(days=offset) for offset in range(-DAYS, DAYS)):
        if day.weekday() < 5:
            for opens, closes in SHIFTS:
                first = datetime.combine(day, clock_time(opens), tzinfo=clinic.zone)
                yield from (first + timedelta(minutes=MINUTES) * step for step in range((closes - opens) * 2))


if __name__ == "__main__":
    main()
