"""What does an appointment look like in a calendar? Pure: facts in, Google's event body out.

Promises: the least personal data. A calendar is shared, synchronised to phones and read by assistants, and that
somebody sees a doctor is health data (LGPD): the title shows the patient only as far as the clinic chose, details stand
behind a link into the portal, `visibility` is private, and patients are never attendees.
"""

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

# In extendedProperties.private; an own event is told from a foreign one by these.
MARK = "atendeai"
CLINIC = "clinic_id"
APPOINTMENT = "appointment_id"
HASH = "hash"
Body = dict[str, Any]


@dataclass(frozen=True)
class AppointmentFacts:
    """What an event may be made of. `detail` is the clinic's choice: minimal, initials or full."""

    clinic_id: int
    appointment_id: int
    starts_at: datetime
    ends_at: datetime
    zone: str
    detail: str
    patient_name: str
    page_url: str


def event_id(key: uuid.UUID, generation: int) -> str:
    """An id of Google's alphabet (a–v, 0–9), fixed before the first call; the next generation is another id.

    Google does not give a deleted event's id back, so making it anew takes a new generation.
    """
    return f"{key.hex}g{generation}"


def appointment_body(facts: AppointmentFacts) -> Body:
    """The whole event of an appointment."""
    body: Body = {
        "summary": _summary(facts),
        "description": f"Detalhes no AtendeAí: {facts.page_url}",
        **times(facts.starts_at, facts.ends_at, facts.zone),
        "visibility": "private",
        "status": "confirmed",
    }
    marks = {APPOINTMENT: str(facts.appointment_id), HASH: hash_of(body)}
    return marked(body, clinic_id=facts.clinic_id, marks=marks)


def times(starts_at: datetime, ends_at: datetime, zone: str) -> Body:
    """Start and end as the clinic reads them, with the offset of that day and the zone's name."""
    return {"start": _moment(starts_at, zone), "end": _moment(ends_at, zone)}


def _moment(at: datetime, zone: str) -> dict[str, str]:
    local = at.astimezone(ZoneInfo(zone)).replace(microsecond=0)
    return {"dateTime": local.isoformat(), "timeZone": zone}


def marked(body: Body, *, clinic_id: int, marks: Mapping[str, str]) -> Body:
    """The body with our private properties."""
    return {**body, "extendedProperties": {"private": {MARK: "1", CLINIC: str(clinic_id), **marks}}}


def is_own(private: Mapping[str, str], *, clinic_id: int, appointment_id: int | None) -> bool:
    """Whether an event's private properties say that we made it, for this clinic and this appointment."""
    return (
        private.get(MARK) == "1"
        and private.get(CLINIC) == str(clinic_id)
        and private.get(APPOINTMENT) == (None if appointment_id is None else str(appointment_id))
    )


def mark_of(private: Mapping[str, str]) -> tuple[str, str] | None:
    """Clinic and appointment that an event names as its own, as text; None for one without the product's mark."""
    return (private.get(CLINIC, ""), private.get(APPOINTMENT, "")) if private.get(MARK) == "1" else None


def key_of(event_id: str) -> uuid.UUID | None:
    """The key from which `event_id` was made, whatever the generation; None for an id that is not of ours."""
    key, _, generation = event_id.partition("g")
    is_ours = len(key) == 32 and generation.isdecimal() and all(digit in "0123456789abcdef" for digit in key)
    return uuid.UUID(key) if is_ours else None


def hash_of(body: Body) -> str:
    """A short fingerprint of what a person sees of the event."""
    seen = [body.get("summary"), body.get("description"), body["start"], body["end"]]
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:32]


def text_hash(body: Body) -> str:
    """A fingerprint of title and description only."""
    return hashlib.sha256(repr([body.get("summary"), body.get("description")]).encode()).hexdigest()[:32]


def without_texts(body: Body) -> Body:
    """For a change that leaves title and description as they are, with what the professional wrote there since."""
    return {name: value for name, value in body.items() if name not in ("summary", "description")}


def without_times(body: Body) -> Body:
    """For a change that leaves the event where somebody put it."""
    return {name: value for name, value in body.items() if name not in ("start", "end")}


def plain(changes: Body) -> Body:
    """Changes that also take back what makes an event all-day or repeating: a patch leaves what it does not name."""
    if "start" not in changes:
        return changes
    edges = {edge: {**changes[edge], "date": None} for edge in ("start", "end")}
    return {**changes, **edges, "recurrence": []}


def _summary(facts: AppointmentFacts) -> str:
    shown = {"initials": initials(facts.patient_name), "full": facts.patient_name.strip()}
    name = shown.get(facts.detail, "")
    return f"Consulta – {name}" if name else "Consulta"


def initials(name: str) -> str:
    """«Dalva de Souza Nogueira» → «D. N.»: first and last name only."""
    words = [word for word in name.split() if word[0].isalpha()]
    ends = words[:1] + words[1:][-1:]
    return " ".join(f"{word[0].upper()}." for word in ends)
