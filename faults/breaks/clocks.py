"""The day ends, the month ends, and it is another day at another clinic."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from faults.fault import Fault, nothing
from faults.house import Place
from faults.load import books_in_chat, now
from faults.run import Run
from faults.usual import usual

LEAD = timedelta(seconds=4)
PASSED_SECONDS = 8.0
CHOSEN = """
SELECT a.starts_at, m.body FROM clinics_appointment a JOIN clinics_patient p ON p.id = a.patient_id
  JOIN whatsapp_contact c ON c.patient_id = p.id JOIN whatsapp_conversation chat ON chat.contact_id = c.id
  JOIN whatsapp_message m ON m.conversation_id = chat.id AND m.author = 'bot' AND m.body LIKE '%%arcado%%'
 WHERE a.clinic_id = %s AND a.source = 'chat' AND m.id > %s AND p.name = %s
"""


def move_to(run: Run, moment: datetime) -> None:
    """The whole house's clock, forward only."""
    seconds = (moment - now(run)).total_seconds()
    run.house.control("POST", "clock", {"advance_seconds": max(seconds, 0)})


def before_midnight(run: Run) -> None:
    """A few seconds before midnight at clinic `a`; the load then goes over it."""
    local = now(run).astimezone(ZoneInfo(run.a.zone))
    move_to(run, _midnight(local) - LEAD)
    load(run)


def before_month_end(run: Run) -> None:
    """The same on the last day of the month."""
    local = now(run).astimezone(ZoneInfo(run.a.zone))
    first = (local.replace(day=1) + timedelta(days=32)).replace(day=1)
    move_to(run, _midnight(first - timedelta(days=1)) - LEAD)
    load(run)


def between_zones(run: Run) -> None:
    """It is tomorrow in the eastern one of the two clinics, and still today in the other."""
    east = min(run.places, key=lambda place: _midnight(now(run).astimezone(ZoneInfo(place.zone))))
    local = now(run).astimezone(ZoneInfo(east.zone))
    move_to(run, _midnight(local) + timedelta(minutes=run.rng.randint(1, 40)))
    load(run)


def _midnight(local: datetime) -> datetime:
    return (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)


def load(run: Run) -> None:
    """Chats and bookings at both clinics."""
    usual(run)
    run.start(books_in_chat, run.person(run.b), steps=4)


def pass_it(run: Run) -> None:
    """Until the moment is past; this clock cannot be hurried."""
    run.notes["booked"] = True
    time.sleep(PASSED_SECONDS if run.fault != "clock-zones" else 0.5)


def told_in_local_time(run: Run) -> None:
    """Who booked in the chat reads the time of the clinic."""
    for person in run.people:
        for starts_at, body in run.house.query(CHOSEN, person.place.clinic_id, run.since["message"], person.name):
            if not _is_told(person.place, starts_at, body):
                run.wrong.append(f"told another time than {starts_at:%H:%M} UTC")


def _is_told(place: Place, starts_at: datetime, body: str) -> bool:
    local = starts_at.astimezone(ZoneInfo(place.zone))
    day = "1º" if local.day == 1 else str(local.day)
    return f", {day} de " in body and f"às {local:%H:%M}" in body


FAULTS = (
    Fault("clock-zones", "another day in another zone", pass_it, nothing, between_zones, told_in_local_time, True),
    Fault("clock-midnight", "midnight", pass_it, nothing, before_midnight, told_in_local_time, True),
    Fault("clock-month-end", "the end of a month", pass_it, nothing, before_month_end, told_in_local_time, True),
)
