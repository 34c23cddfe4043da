"""What does an appointment look like in a calendar? Pure: facts in, Google's event body out.

Promises: the least personal data. A calendar is shared, synchronised to phones and read by assistants, and that
somebody sees a doctor is health data (LGPD): title and description show the patient only as far as the clinic chose,
details stand behind a link into the portal, `visibility` is private, and a patient is a guest only where the clinic
invites.
"""

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from calendar_sync import event_merging
from clinics import event_texts

# In extendedProperties.private; an own event is told from a foreign one by these.
MARK = "atendeai"
CLINIC = "clinic_id"
APPOINTMENT = "appointment_id"
HASH = "hash"
# When it takes place as we wrote it: what is elsewhere was moved by somebody, even if our last answer was lost.
WHEN = "when"
WROTE = event_merging.WROTE
SOURCE_TITLE = "AtendeAí"
Body = dict[str, Any]


@dataclass(frozen=True)
class Look:
    """What the clinic chose for its events. `reminders`: None for the calendar's own, else minutes before."""

    title: str = event_texts.TITLE
    description: str = event_texts.DESCRIPTION
    detail: str = "minimal"
    reminders: tuple[int, ...] | None = None
    place: str = ""
    is_tentative_until_confirmed: bool = False
    invites: bool = False


@dataclass(frozen=True)
class AppointmentFacts:
    """What an event may be made of. `color`: one of Google's eleven, or empty; `email`: the patient's, or empty."""

    clinic_id: int
    appointment_id: int
    starts_at: datetime
    ends_at: datetime
    zone: str
    look: Look
    patient_name: str
    page_url: str
    professional: str = ""
    offering: str = ""
    clinic: str = ""
    status: str = "booked"
    color: str = ""
    email: str = ""


def event_id(key: uuid.UUID, generation: int) -> str:
    """An id of Google's alphabet (a–v, 0–9), fixed before the first call; the next generation is another id.

    Google does not give a deleted event's id back, so making it anew takes a new generation.
    """
    return f"{key.hex}g{generation}"


def appointment_body(facts: AppointmentFacts) -> Body:
    """The whole event of an appointment. What the clinic does not want in it is None."""
    look, words = facts.look, _words(facts)
    is_tentative = look.is_tentative_until_confirmed and facts.status == "booked"
    body: Body = {
        "summary": event_texts.title(look.title, words),
        "description": event_texts.description(look.description, words) or None,
        **times(facts.starts_at, facts.ends_at, facts.zone),
        "visibility": "private",
        "status": "tentative" if is_tentative else "confirmed",
        "transparency": "opaque",
        "location": look.place or None,
        "colorId": facts.color or None,
        "reminders": _reminders(look.reminders),
        "source": {"title": SOURCE_TITLE, "url": facts.page_url},
        "attendees": [{"email": facts.email}] if look.invites and facts.email else None,
    }
    if body["attendees"]:
        body |= {"guestsCanInviteOthers": False, "guestsCanSeeOtherGuests": False}
    when = when_of(facts.starts_at, facts.ends_at)
    marks = {APPOINTMENT: str(facts.appointment_id), HASH: hash_of(body), WHEN: when}
    return marked(body, clinic_id=facts.clinic_id, marks=marks)


def _words(facts: AppointmentFacts) -> event_texts.Words:
    return event_texts.Words(
        patient=facts.patient_name,
        professional=facts.professional,
        offering=facts.offering,
        clinic=facts.clinic,
        status=facts.status,
        link=facts.page_url,
        detail=facts.look.detail,
    )


def _reminders(minutes: tuple[int, ...] | None) -> Body:
    if minutes is None:
        return {"useDefault": True}
    return {"useDefault": False, "overrides": [{"method": "popup", "minutes": one} for one in minutes]}


def times(starts_at: datetime, ends_at: datetime, zone: str) -> Body:
    """Start and end as the clinic reads them, with the offset of that day and the zone's name."""
    return {"start": _moment(starts_at, zone), "end": _moment(ends_at, zone)}


def when_of(starts_at: datetime, ends_at: datetime) -> str:
    """Two moments as the event's own property tells them, whatever the zone."""
    return "/".join(at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ") for at in (starts_at, ends_at))


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
    """A short fingerprint of all that a person sees of the event."""
    seen = [event_merging.fingerprint(body), body["start"], body["end"], body.get("status")]
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:32]


def text_hash(body: Body) -> str:
    """A fingerprint of what people may edit in Google: title, description, place, colour, reminders, link, guests."""
    return hashlib.sha256(repr(sorted(event_merging.fingerprint(body).items())).encode()).hexdigest()[:32]


def new(body: Body) -> Body:
    """For an event that is not there yet: only what it has, and with it what we wrote."""
    kept = {name: value for name, value in body.items() if value is not None}
    return _with_base(kept, event_merging.fingerprint(body))


def unedited(body: Body) -> Body:
    """For a change that wants nothing else of what people may edit: it stays as it is there, whoever wrote it."""
    kept = (name for name in body if name not in event_merging.EDITABLE and name not in event_merging.FOR_GUESTS)
    return {name: body[name] for name in kept}


def merged(body: Body, found: Mapping[str, Any], private: Mapping[str, str], *, last_text_hash: str) -> Body:
    """For a change of an event as it is there: theirs stays theirs, and the event tells from now on what is ours."""
    base = event_merging.base_of(private) or _base_before(found, last_text_hash)
    fields, base = event_merging.merge(body, found, base)
    return _with_base({**unedited(body), **fields}, base)


def with_guests(body: Body, found: Mapping[str, Any], private: Mapping[str, str]) -> Body:
    """A program's change, with its guests beside those that people invited."""
    base = event_merging.base_of(private)
    wished = body["attendees"] or ()
    guests = event_merging.merge_guests(wished, found.get("attendees") or (), base.get("attendees", ""))
    rest = {name: value for name, value in body.items() if name != "attendees"}
    changes = rest if guests is None else {**rest, "attendees": guests}
    return _with_base(changes, {**base, "attendees": event_merging.fingerprint(body).get("attendees", "")})


def _base_before(found: Mapping[str, Any], last_text_hash: str) -> dict[str, str]:
    """Of an event written before events told it themselves: title and description, if our row says they are ours."""
    texts = [found.get("summary"), found.get("description")]
    is_ours = hashlib.sha256(repr(texts).encode()).hexdigest()[:32] == last_text_hash
    return event_merging.fingerprint({"summary": texts[0], "description": texts[1]}) if is_ours else {}


def _with_base(body: Body, base: Mapping[str, str]) -> Body:
    return with_private(body, {WROTE: event_merging.packed(base)})


def with_private(body: Body, more: Mapping[str, str | None]) -> Body:
    """The body with these private properties too; None takes one out of the body."""
    properties = body["extendedProperties"]
    private = {name: value for name, value in {**properties["private"], **more}.items() if value is not None}
    return {**body, "extendedProperties": {**properties, "private": private}}


def without_times(body: Body) -> Body:
    """For a change that leaves the event where somebody put it."""
    return with_private({name: value for name, value in body.items() if name not in ("start", "end")}, {WHEN: None})


def plain(changes: Body) -> Body:
    """Changes that also take back what a patch would leave, because it does not name it.

    What makes an event all-day or repeating; and reminders of its own, when the calendar's are wished.
    """
    if (changes.get("reminders") or {}).get("useDefault"):
        changes = {**changes, "reminders": {"useDefault": True, "overrides": None}}
    if "start" not in changes:
        return changes
    edges = {edge: {**changes[edge], "date": None} for edge in ("start", "end")}
    return {**changes, **edges, "recurrence": []}
