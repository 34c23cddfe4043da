"""The day ends, the month ends, it is another day at another clinic, and a day passes while Meta is away."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from faults.breaks.meta import heal
from faults.fault import Fault, nothing
from faults.house import Place, wait_until
from faults.load import api, books_in_chat, chats, now, writes
from faults.run import Person, Run
from faults.tempting import STEPS, tempts
from faults.usual import hold_a_chat, usual

ANSWERED = 4
ANSWERED_CHAT = """
SELECT chat.id FROM whatsapp_conversation chat JOIN whatsapp_contact contact ON contact.id = chat.contact_id
 WHERE contact.wa_id = %s AND chat.clinic_id = %s
   AND EXISTS (SELECT 1 FROM whatsapp_message WHERE conversation_id = chat.id AND direction = 'out' AND wamid <> '')
"""
LONGEST_SEND_SECONDS = 20
LEAD = timedelta(seconds=4)
PASSED_SECONDS = 8.0
CHOSEN = """
SELECT a.starts_at, m.body FROM clinics_appointment a JOIN clinics_patient p ON p.id = a.patient_id
  JOIN whatsapp_contact c ON c.patient_id = p.id JOIN whatsapp_conversation chat ON chat.contact_id = c.id
  JOIN whatsapp_message m ON m.conversation_id = chat.id AND m.author = 'bot' AND m.body LIKE '%%arcado%%'
 WHERE a.clinic_id = %s AND a.source = 'chat' AND m.id > %s AND p.name = %s
"""


def _move_to(run: Run, moment: datetime) -> None:
    seconds = (moment - now(run)).total_seconds()
    run.house.control("POST", "clock", {"advance_seconds": max(seconds, 0)})


def before_midnight(run: Run) -> None:
    """A few seconds before midnight at clinic `a`; the load then goes over it."""
    local = now(run).astimezone(ZoneInfo(run.a.zone))
    _move_to(run, _midnight(local) - LEAD)
    load(run)


def before_month_end(run: Run) -> None:
    """The same on the last day of the month."""
    local = now(run).astimezone(ZoneInfo(run.a.zone))
    first = (local.replace(day=1) + timedelta(days=32)).replace(day=1)
    _move_to(run, _midnight(first - timedelta(days=1)) - LEAD)
    load(run)


def between_zones(run: Run) -> None:
    """It is tomorrow in the eastern one of the two clinics, and still today in the other."""
    east = min(run.places, key=lambda place: _midnight(now(run).astimezone(ZoneInfo(place.zone))))
    local = now(run).astimezone(ZoneInfo(east.zone))
    _move_to(run, _midnight(local) + timedelta(minutes=run.rng.randint(1, 40)))
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


def only_words(run: Run) -> None:
    """Nothing about appointments: what is cancelled after its time tells nobody, and who books waits for an answer.

    And nothing at the other clinic, for which Meta is there: a call that is on its way when the clock jumps by a day
    comes too late, as none does where time passes.
    """
    hold_a_chat(run)
    for _ in range(3):
        run.start(chats, run.person(run.a), 3, steps=3)
    run.start(tempts, run.a, steps=STEPS)


def close_windows(run: Run) -> None:
    """Meta is away, programs answer patients by free text, and the 24 hours of each pass before it comes back."""
    people = [run.person(run.a) for _ in range(ANSWERED)]
    for person in people:
        writes(run, person, "oi")
    open_chats = [_answered_chat(run, person) for person in people]
    run.house.control(
        "POST",
        "faults",
        {"target": "graph", "slug": run.a.slug, "operation": "messages", "kind": "status", "status": 503, "count": 999},
    )
    run.notes["answers"] = [
        _answers(run, chat, person) for chat, person in zip(open_chats, people, strict=True) if chat
    ]
    tried = "SELECT count(*) FROM whatsapp_message WHERE id = ANY(%s) AND attempts > 0"
    if wait_until(lambda: run.house.number(tried, run.notes["answers"]) > 0, 20, 0.1) is None:
        run.wrong.append("no answer was tried while Meta was away")
    _move_to(run, now(run) + timedelta(hours=run.rng.choice((24, 25, 48)), minutes=1))
    # Whoever looked at the clock before it jumped has called by then.
    time.sleep(run.seconds(LONGEST_SEND_SECONDS))


def _answered_chat(run: Run, person: Person) -> int | None:
    if wait_until(lambda: bool(run.house.query(ANSWERED_CHAT, person.phone, run.a.clinic_id)), 20) is None:
        run.wrong.append("nobody answered before anything was broken")
        return None
    return int(run.house.number(ANSWERED_CHAT, person.phone, run.a.clinic_id))


def _answers(run: Run, chat: int, person: Person) -> int:
    body = {"conversation": chat, "type": "text", "body": f"Anotado: {person.word}"}
    return int(api(run, run.a, "POST", "messages/", body).json()["id"])


def given_up(run: Run) -> None:
    """Not one of the answers went out; each is shown as failed, with when it was given up."""
    told = "SELECT state, gave_up_at IS NOT NULL FROM whatsapp_message WHERE id = ANY(%s)"
    states = run.house.query(told, run.notes["answers"])
    if states != [("failed", True)] * ANSWERED:
        run.wrong.append(f"answers whose window had closed are {states}")


FAULTS = (
    Fault("clock-zones", "another day in another zone", pass_it, nothing, between_zones, told_in_local_time, True),
    Fault("clock-midnight", "midnight", pass_it, nothing, before_midnight, told_in_local_time, True),
    Fault("clock-month-end", "the end of a month", pass_it, nothing, before_month_end, told_in_local_time, True),
    Fault("clock-window", "the 24 hours pass while Meta is away", close_windows, heal, only_words, given_up, True),
)
