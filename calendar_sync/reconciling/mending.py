"""How are differences mended that reading alone does not mend? Through the queue of writes, and by removing twins.

No appointment is ever changed here. Each mending looks at the rows again under the appointment's lock; an event is
removed only after it was asked for once more, and only with the etag it had then.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial

from django.db import transaction

from atendeai.celery import wake
from calendar_sync import calls, events, writes
from calendar_sync.deadline import Deadline
from calendar_sync.google_api import ChangedMeanwhile, Event, NotThere
from calendar_sync.models import EventMirror, Link, LinkState, MirrorState
from calendar_sync.reconciling.findings import BY_WRITING, Finding, Kind
from clinics import audit
from clinics.audit import Actor
from clinics.models import UPCOMING, Appointment

# The rest is for the next run: a calendar that was emptied is not filled in one breath.
MOST_WRITES = 200
MOST_REMOVED = 50


def queue_writes(link: Link, findings: Sequence[Finding]) -> list[Finding]:
    """Queues what a write mends; which of them were queued."""
    wanted = [(one, one.appointment_id) for one in findings if one.kind in BY_WRITING]
    return [one for one, pk in wanted[:MOST_WRITES] if pk is not None and _queue(link, one, pk)]


def _queue(link: Link, finding: Finding, appointment_id: int) -> bool:
    with transaction.atomic():
        current = Link.objects.for_clinic(link.clinic_id).filter(pk=link.pk, state=LinkState.LINKED)
        if not current.exists():
            return False
        rows = Appointment.objects.for_clinic(link.clinic_id)
        row = rows.select_for_update(of=("self",)).get(pk=appointment_id)
        is_wished = row.status in UPCOMING and row.professional_id == link.professional_id
        if is_wished == (finding.kind == Kind.STALE):
            # It was cancelled, or booked anew, since we looked: that has queued what it needs.
            return False
        for mirror_id in writes.queue_appointment(appointment=row):
            transaction.on_commit(partial(wake, "calendar_sync.write", mirror_id=mirror_id), robust=True)
    return True


def remove_twins(
    link: Link, findings: Sequence[Finding], *, by: Actor, now: datetime, deadline: Deadline
) -> Iterator[Finding]:
    """Removes second events, and tells each that is gone. Raises the integration errors in between."""
    twins = [one for one in findings if one.kind == Kind.TWIN][:MOST_REMOVED]
    return (one for one in twins if _remove(link, one, by, now, deadline))


def _remove(link: Link, finding: Finding, by: Actor, now: datetime, deadline: Deadline) -> bool:
    event = _get(link, finding.event_id, now, deadline)
    mirror = _still_too_many(link, finding, event)
    if event is None or mirror is None:
        return False
    # The one that stays, as it is now: a list is not enough to remove the other.
    if mirror.appointment and mirror.appointment.status in UPCOMING and not _stays(link, mirror, now, deadline):
        return False
    try:
        calls.call(
            link=link,
            operation="events.delete",
            now=now,
            deadline=deadline,
            act=lambda calendar: calendar.delete_event(link.calendar_id, event.id, etag=event.etag),
        )
    except (NotThere, ChangedMeanwhile):
        return False
    audit.record(clinic=link.clinic, action="calendar_twin_removed", target=mirror, by=by, now=now)
    return True


def _still_too_many(link: Link, finding: Finding, event: Event | None) -> EventMirror | None:
    """The mirror under whose key the event was made, if it is still one too many."""
    key = events.key_of(finding.event_id)
    mark = events.mark_of(event.private) if event and not event.is_cancelled else None
    if key is None or mark is None:
        return None
    mirrors = EventMirror.objects.for_clinic(link.clinic_id).select_related("appointment")
    mirror = mirrors.filter(key=key, appointment__isnull=False).first()
    if mirror is None or mark != (str(link.clinic_id), str(mirror.appointment_id)):
        return None
    is_true = mirror.link_id == link.pk and mirror.google_event_id == finding.event_id
    return None if is_true else mirror


def _stays(link: Link, twin: EventMirror, now: datetime, deadline: Deadline) -> bool:
    mirrors = EventMirror.objects.for_clinic(link.clinic_id).filter(link=link, appointment=twin.appointment_id)
    true = mirrors.filter(state=MirrorState.PRESENT, calendar_id=link.calendar_id).first()
    event = _get(link, true.google_event_id, now, deadline) if true else None
    return event is not None and not event.is_cancelled


def _get(link: Link, event_id: str, now: datetime, deadline: Deadline) -> Event | None:
    try:
        return calls.call(
            link=link,
            operation="events.get",
            now=now,
            deadline=deadline,
            act=lambda calendar: calendar.get_event(link.calendar_id, event_id),
        )
    except NotThere:
        return None
