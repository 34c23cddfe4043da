"""Is each appointment there once, in the calendar once, and told to its patient once?"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from faults.house import Place
from faults.load import now
from faults.run import Run

OVERLAPS = """
SELECT count(*) FROM clinics_appointment a JOIN clinics_appointment b
    ON a.professional_id = b.professional_id AND a.id < b.id AND a.status <> 'cancelled' AND b.status <> 'cancelled'
   AND tstzrange(a.blocked_from, a.blocked_to) && tstzrange(b.blocked_from, b.blocked_to)
 WHERE a.clinic_id = ANY(%s)
"""
WISHED = """
SELECT a.id, a.starts_at, a.ends_at, a.status <> 'cancelled'
  FROM clinics_appointment a JOIN calendar_sync_link link ON link.professional_id = a.professional_id
   AND link.state = 'linked'
 WHERE a.clinic_id = %s AND a.starts_at > %s AND a.id > %s
"""
NOTICES = """
SELECT id, state, resends, revision FROM whatsapp_message WHERE appointment_id = %s AND notice = %s
"""


def double_bookings(run: Run) -> int:
    """Pairs of appointments that hold the same time of a professional."""
    return run.house.number(OVERLAPS, [place.clinic_id for place in run.places])


def events_wrong(run: Run) -> int:
    """Appointments of linked professionals with no event, two, or one at another time; cancelled ones with any."""
    return sum(_wrong_at(run, place) for place in run.places)


def _wrong_at(run: Run, place: Place) -> int:
    since = now(run) - timedelta(hours=1)
    found: Counter[int] = Counter()
    times: dict[int, tuple[datetime, datetime]] = {}
    for person in place.professionals:
        for event in run.house.control("GET", f"calendars/{person['calendar']}/events")["events"]:
            mark = event.get("extendedProperties", {}).get("private", {}).get("appointment_id", "")
            if event["status"] != "cancelled" and mark:
                found[int(mark)] += 1
                times[int(mark)] = (_moment(event["start"]), _moment(event["end"]))
    wrong = 0
    for pk, starts_at, ends_at, holds in run.house.query(WISHED, place.clinic_id, since, run.since["appointment"]):
        is_right = found[pk] == (1 if holds else 0) and (not holds or times[pk] == (starts_at, ends_at))
        wrong += not is_right
    return wrong


def _moment(edge: dict[str, str]) -> datetime:
    return datetime.fromisoformat(edge["dateTime"]).astimezone(UTC)


def notices_wrong(run: Run) -> int:
    """Changes that a patient did not hear of, or heard of twice, and nobody was told."""
    sends = run.sends()
    wrong = 0
    for told in run.told:
        rows = run.house.query(NOTICES, told.appointment, told.notice)
        latest = max((revision for *_, revision in rows), default=0)
        is_right = bool(rows) and len({revision for *_, revision in rows}) == len(rows)
        for pk, state, resends, revision in rows:
            count = sends.get(str(pk), 0)
            is_reported = state in ("failed", "unknown")
            fits = 1 <= count <= 1 + resends or (count == 0 and is_reported and (revision < latest or state != "sent"))
            is_right = is_right and fits
        wrong += not is_right
    return wrong
