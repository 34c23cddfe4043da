"""Who talks in the dialogues: somebody new, and Dalva with an appointment."""

from __future__ import annotations

from datetime import datetime

from whatsapp.conversation import AppointmentFact, Book
from whatsapp.conversation.tests.driver import SAO_PAULO, Clinic, Phone


def phone(name: str | None = None, **clinic: object) -> Phone:
    return Phone(Clinic(**clinic), name)  # type: ignore[arg-type]


def with_appointment(clock: str = "14:00", day: int = 25, **clinic: object) -> Phone:
    dalva = phone("Dalva Souza", **clinic)
    hour, minute = map(int, clock.split(":"))
    at = datetime(2026, 11, day, hour, minute, tzinfo=SAO_PAULO)
    added = dalva.clinic.book(Book(1, 1, at))
    assert added
    dalva.mine.append(added.id)
    return dalva


def local(one: AppointmentFact) -> str:
    return one.starts_at.astimezone(SAO_PAULO).strftime("%d/%m %H:%M")
