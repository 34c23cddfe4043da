"""Everybody wants the same time: patients in the chat, people at the desk, programs."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from faults import load
from faults.fault import Fault, nothing
from faults.house import wait_until
from faults.portal import BOOKING, Portal
from faults.run import Person, Run

IN_CHAT, AT_DESKS, BY_PROGRAMS = 8, 48, 144
DESKS = 3
THREADS = 24
WITH_STATE = """
SELECT chat.state ->> 'step' FROM whatsapp_conversation chat JOIN whatsapp_contact contact ON contact.id = contact_id
 WHERE contact.wa_id = %s AND chat.clinic_id = %s
"""
BOOKED = (
    "SELECT count(*) FROM clinics_appointment WHERE professional_id = %s AND starts_at = %s AND status <> 'cancelled'"
)


@dataclass(frozen=True)
class Slot:
    """The time that all of them want."""

    professional: int
    starts_at: datetime


def choose(run: Run) -> None:
    """Patients choose the same time in their chats and are asked for their names."""
    people = [run.person(run.a) for _ in range(IN_CHAT)]
    run.notes["people"] = people
    with ThreadPoolExecutor(IN_CHAT) as pool:
        slots = list(pool.map(lambda person: _come_to_the_name(run, person), people))
    run.notes["slot"] = slots[0]
    if len(set(slots)) != 1:
        run.wrong.append("the patients were not offered the same time")


def _come_to_the_name(run: Run, person: Person) -> Slot | None:
    steps = ((load.greet, "offering"), (load.choose_consulta, "slot"), (load.choose_time, "name"))
    chosen: Slot | None = None
    for act, step in steps:
        said = [one for one in load.chat(run, person) if one["direction"] == "out"]
        last = said[-1] if said else {}
        if step == "name":
            chosen = _first_time(last)
        act(run, person, last)
        if wait_until(lambda: _is_asked(run, person, step, len(said)), 30, 0.1) is None:  # noqa: B023
            return None
    return chosen


def _is_asked(run: Run, person: Person, step: str, said: int) -> bool:
    rows = run.house.query(WITH_STATE, person.phone, person.place.clinic_id)
    answers = sum(one["direction"] == "out" for one in load.chat(run, person))
    return rows == [(step,)] and answers > said


def _first_time(bubble: dict[str, object]) -> Slot | None:
    rows = bubble.get("rows")
    if not isinstance(rows, list):
        return None
    first = next(str(row["id"]) for row in rows if ":" in str(row["title"]))
    # As in "slot:o3.p7:29384160": the product's own words, which come back unchanged when the row is pressed.
    professional, minutes = re.findall(r"[.:]p(\d+)|:(\d+)$", first)
    return Slot(int(professional[0]), datetime.fromtimestamp(int(minutes[1]) * 60, UTC))


def fight(run: Run) -> None:
    """Two hundred at once."""
    slot: Slot | None = run.notes["slot"]
    if slot is None:
        run.wrong.append("no time was offered in the chat")
        return
    patients = [run.registered(run.a)["id"] for _ in range(8)]
    desks = [Portal(run, run.a) for _ in range(DESKS)]
    made: list[str] = []
    locks = [threading.Lock() for _ in desks]

    def in_chat(number: int) -> None:
        load.writes(run, run.notes["people"][number], run.notes["people"][number].name)

    def at_desk(number: int) -> None:
        local = slot.starts_at.astimezone(ZoneInfo(run.a.zone))
        with locks[number % DESKS]:
            answer = desks[number % DESKS].posts(
                BOOKING,
                professional=str(slot.professional),
                offering=str(run.a.offering),
                patient=str(patients[number % 8]),
                day=f"{local:%Y-%m-%d}",
                time=f"{local:%H:%M}",
            )
        if answer.status_code == 302:
            made.append("desk")
        elif answer.status_code >= 500:
            run.wrong.append(f"the page answered {answer.status_code}")

    def by_program(number: int) -> None:
        body = {"professional": slot.professional, "offering": run.a.offering, "patient": patients[number % 8]}
        answer = load.api_once(run, run.a, "POST", "appointments/", {**body, "starts_at": slot.starts_at.isoformat()})
        if answer.status_code == 201:
            made.append("program")
        elif answer.status_code != 409:
            run.wrong.append(f"a program was answered {answer.status_code}")

    jobs = [(in_chat, one) for one in range(IN_CHAT)] + [(at_desk, one) for one in range(AT_DESKS)]
    jobs += [(by_program, one) for one in range(BY_PROGRAMS)]
    run.rng.shuffle(jobs)
    with ThreadPoolExecutor(THREADS) as pool:
        for job in [pool.submit(act, number) for act, number in jobs]:
            job.result()
    run.notes["made"] = made


def one_has_it(run: Run) -> None:
    """Exactly one, and at most one was told so by page or program."""
    slot: Slot | None = run.notes["slot"]
    if slot is None:
        return
    booked = run.house.number(BOOKED, slot.professional, slot.starts_at)
    if booked != 1 or len(run.notes["made"]) > 1:
        run.wrong.append(f"{booked} have the time, {len(run.notes['made'])} of page and programs were told so")


FAULTS = (
    Fault("one-slot-200", "200 bookings for one slot from chat, portal and API", fight, nothing, choose, one_has_it),
)
