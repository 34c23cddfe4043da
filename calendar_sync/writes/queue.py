"""Which events must be written, and who writes which? The rows: queued, claimed, finished.

Promises: a claim is one short transaction under the event's row lock; two workers never hold the same
event (a partial unique index is the judge); every result is written under the attempt it was claimed
with, so that a worker that slept through its lease changes nothing. Waits and leases use the
database's clock.
"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Now

from atendeai.celery import wake_after_commit
from atendeai.metrics import QueueReading
from calendar_sync import events
from calendar_sync.models import (
    CalendarWrite,
    EventMirror,
    Link,
    LinkState,
    MirrorState,
    WriteKind,
    WriteState,
)
from clinics.models import NOT_CLOSED, UPCOMING, Appointment, Clinic, Status

OPEN = (WriteState.QUEUED, WriteState.SENDING)
SWEEP_LIMIT = 200
MOST_COUNTED = 1000
LOST = "worker_lost"
WAITING = (
    "SELECT count(*), extract(epoch FROM now() - min(created_at)) FROM calendar_sync_calendarwrite"
    " WHERE state IN ('queued', 'sending')"
)
# Codes of errors after which asking at once makes it worse.
PAUSES_OF_GOOGLE = ("rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "429")
# A booking must not fail because a stored token cannot be decrypted.
SECRETS = ("access_token", "refresh_token")


def queue_appointment(*, appointment: Appointment) -> list[int]:
    """Queues what the appointment's present state asks for, in the transaction at hand; the events' row ids.

    Nothing for a professional without a link. A link that must be reconnected gets its rows: they wait.
    """
    wanted = None if appointment.status == Status.CANCELLED else _find_link(appointment)
    queued = [
        _queue(mirror, WriteKind.DELETE, appointment.revision)
        for mirror in _standing_mirrors(appointment)
        if wanted is None or mirror.link_id != wanted.pk
    ]
    if wanted is not None:
        queued.append(_queue(_mirror(appointment, wanted), WriteKind.UPSERT, appointment.revision))
    return queued


def queue_upcoming(*, link: Link, now: datetime) -> list[int]:
    """Queues every coming appointment of a professional who has just been linked.

    The locks (professional, appointments) leave no gap to a booking at this very moment: it either is
    committed and seen here, or waits and then sees the link. Call it in the link's own transaction.
    """
    professional = link.professional
    type(professional).objects.select_for_update().get(pk=professional.pk)
    rows = Appointment.objects.for_clinic(link.clinic_id).filter(
        professional=professional, status__in=UPCOMING, ends_at__gt=now
    )
    queued: list[int] = []
    in_place = _in_place(link)
    for appointment in rows.order_by("id").select_for_update():
        # What people did to an event while the link was broken is read, not overwritten.
        if in_place.get(appointment.pk) != (appointment.starts_at, appointment.ends_at):
            queued += queue_appointment(appointment=appointment)
    return queued


def queue_ended(*, link: Link, now: datetime) -> list[int]:
    """Queues the removal of events whose appointments were cancelled or handed over while the link was let go."""
    mirrors = EventMirror.objects.for_clinic(link.clinic_id).filter(link=link, appointment__ends_at__gt=now)
    is_over = Q(appointment__status=Status.CANCELLED) | ~Q(appointment__professional=link.professional_id)
    standing = mirrors.filter(is_over).exclude(state=MirrorState.GONE).exclude(calendar_id="")
    rows = Appointment.objects.for_clinic(link.clinic_id).filter(pk__in=standing.values("appointment"))
    queued: list[int] = []
    for appointment in rows.order_by("id").select_for_update():
        queued += queue_appointment(appointment=appointment)
    return queued


def _in_place(link: Link) -> dict[int | None, tuple[datetime | None, datetime | None]]:
    """Appointments whose events stand in the link's calendar with nothing of ours on its way, and when."""
    mirrors = EventMirror.objects.for_clinic(link.clinic_id).filter(
        link=link, calendar_id=link.calendar_id, state=MirrorState.PRESENT, shown_from__isnull=False
    )
    waiting = CalendarWrite.objects.for_clinic(link.clinic_id).filter(mirror=OuterRef("pk"))
    settled = mirrors.exclude(Exists(waiting.filter(state__in=[*OPEN, WriteState.FAILED])))
    return {pk: (start, end) for pk, start, end in settled.values_list("appointment_id", "shown_from", "shown_to")}


def queue_again(*, mirror: EventMirror, revision: int) -> int:
    """The event shall show the appointment as it is, though nothing about the appointment changed."""
    queued = _queue(mirror, WriteKind.UPSERT, revision)
    wake_after_commit("calendar_sync.write", mirror_id=queued)
    return queued


def queue_rewrite(*, appointment: Appointment) -> list[int]:
    """The event shall show what is shown now; nothing for an appointment whose event was removed.

    One that Google has not taken yet is tried again: what it said may be why it was refused.
    """
    link = _find_link(appointment)
    mirrors = EventMirror.objects.for_clinic(appointment.clinic_id).filter(appointment=appointment, link=link)
    mirror = mirrors.exclude(state=MirrorState.GONE).first() if link else None
    return [_queue(mirror, WriteKind.REWRITE, appointment.revision)] if mirror else []


def has_open(mirror: EventMirror) -> bool:
    """Whether something of ours is on its way to this event."""
    return CalendarWrite.objects.for_clinic(mirror.clinic_id).filter(mirror=mirror, state__in=OPEN).exists()


def queue_direct(*, mirror: EventMirror, kind: WriteKind, body: str = "") -> CalendarWrite:
    """A wish for an event without an appointment; such wishes are carried out one after another."""
    return CalendarWrite.objects.create(
        clinic_id=mirror.clinic_id, mirror=mirror, kind=kind, body=body, not_before=Now()
    )


def drop_queued(*, link: Link) -> int:
    """Nothing more is written through this link; how many wishes were dropped."""
    rows = CalendarWrite.objects.for_clinic(link.clinic_id).filter(mirror__link=link, state__in=OPEN)
    return rows.update(state=WriteState.SUPERSEDED, attempt=F("attempt") + 1)


def hurry(*, link: Link) -> list[int]:
    """A person does not want to wait: what waits for its next try is due now, but for a pause that Google asked for."""
    rows = CalendarWrite.objects.for_clinic(link.clinic_id).filter(mirror__link=link, state=WriteState.QUEUED)
    rows.exclude(error_code__in=PAUSES_OF_GOOGLE).update(not_before=Now())
    ready = rows.filter(not_before__lte=Now()).order_by("id").values_list("mirror_id", flat=True)
    return list(dict.fromkeys(ready[:SWEEP_LIMIT]))


def hurry_all(clinic: Clinic) -> None:
    """The same for all calendars of a clinic; the sweep finds them."""
    rows = CalendarWrite.objects.for_clinic(clinic).filter(state=WriteState.QUEUED, not_before__gt=Now())
    rows.exclude(error_code__in=PAUSES_OF_GOOGLE).update(not_before=Now())


def count_waiting(clinic: Clinic) -> int:
    """How many writes of a clinic wait, at most MOST_COUNTED."""
    return CalendarWrite.objects.for_clinic(clinic).filter(state__in=OPEN)[:MOST_COUNTED].count()


def due(limit: int = SWEEP_LIMIT) -> list[int]:
    """Events with something to write now, the longest waiting first. Across clinics: the claim query's sibling.

    Only where the wish that a claim would choose is ready: those behind one that rests would fill each turn for ever.
    """
    ready = Q(state=WriteState.QUEUED, not_before__lte=Now()) | Q(state=WriteState.SENDING, lease_until__lt=Now())
    rows = CalendarWrite.objects.filter(ready, mirror__link__state=LinkState.LINKED)
    rows = rows.filter(_is_head(of_appointment=True) | _is_head(of_appointment=False))
    return list(rows.order_by("not_before").values_list("mirror_id", flat=True)[:limit])


def _is_head(*, of_appointment: bool) -> Q:
    siblings = CalendarWrite.objects.filter(mirror=OuterRef("mirror"), state__in=OPEN)
    head = Subquery(siblings.order_by(*_order(of_appointment=of_appointment)).values("pk")[:1])
    return Q(mirror__appointment__isnull=not of_appointment, pk=head)


def _order(*, of_appointment: bool) -> tuple[Any, ...]:
    """Of an appointment the newest wish counts, a rewrite behind the other kinds; else the oldest."""
    if not of_appointment:
        return ("id",)
    return (ExpressionWrapper(Q(kind=WriteKind.REWRITE), BooleanField()), "-revision", "-id")


def reading() -> QueueReading:
    """For the gauges."""
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        depth, oldest = cursor.fetchone()
    return QueueReading(depth, max(float(oldest or 0), 0.0))


def claim(*, mirror_id: int) -> CalendarWrite | None:
    """The wish to carry out now, or None: nothing due, somebody has it, or the link does not work."""
    with transaction.atomic():
        mirror = (
            EventMirror.objects.filter(pk=mirror_id, link__state=LinkState.LINKED)
            # Not a full lock: a booking that queues a wish for this event must not wait for us.
            .select_for_update(of=("self",), skip_locked=True, no_key=True)
            .first()
        )
        chosen = _choose(mirror) if mirror else None
        return _lease(chosen) if chosen else None


def _choose(mirror: EventMirror) -> CalendarWrite | None:
    """Of an appointment the newest wish, replacing the others; else the oldest. None when it is not due.

    A rewrite stands behind the other kinds: it would not make anew what they shall.
    """
    rows = CalendarWrite.objects.for_clinic(mirror.clinic_id).filter(mirror=mirror, state__in=OPEN)
    if rows.filter(state=WriteState.SENDING, lease_until__gte=Now()).exists():
        return None
    chosen = rows.order_by(*_order(of_appointment=bool(mirror.appointment_id))).first()
    if chosen is None or not _is_due(chosen) or _is_lost_for_good(chosen):
        return None
    stale = rows.exclude(pk=chosen.pk)
    if mirror.appointment_id and chosen.kind != WriteKind.REWRITE:
        # What was refused before is nobody's trouble any more: this one says it all.
        stale |= _refused_before(chosen)
    if not mirror.appointment_id:
        stale = stale.filter(state=WriteState.SENDING)
    stale.update(state=WriteState.SUPERSEDED, attempt=F("attempt") + 1)
    return chosen


def _refused_before(write: CalendarWrite) -> QuerySet[CalendarWrite]:
    rows = CalendarWrite.objects.for_clinic(write.clinic_id).filter(mirror=write.mirror_id, state=WriteState.FAILED)
    return rows.exclude(pk=write.pk)


def _is_lost_for_good(write: CalendarWrite) -> bool:
    """A lease that ran out is a worker lost with the row: a fault like any other, and set aside after so many."""
    if write.state != WriteState.SENDING:
        return False
    mine = CalendarWrite.objects.for_clinic(write.clinic_id).filter(pk=write.pk)
    mine.update(faults=F("faults") + 1, error_code=LOST)
    if write.faults + 1 < settings.MAX_ATTEMPTS:
        return False
    mine.update(state=WriteState.FAILED, attempt=F("attempt") + 1, lease_until=None)
    return True


def _is_due(write: CalendarWrite) -> bool:
    due_now = Q(state=WriteState.SENDING) | Q(not_before__lte=Now())
    return CalendarWrite.objects.for_clinic(write.clinic_id).filter(due_now, pk=write.pk).exists()


def _lease(write: CalendarWrite) -> CalendarWrite:
    CalendarWrite.objects.for_clinic(write.clinic_id).filter(pk=write.pk).update(
        state=WriteState.SENDING,
        attempt=F("attempt") + 1,
        lease_until=Now() + timedelta(seconds=settings.CALENDAR_LEASE_SECONDS),
    )
    rows = CalendarWrite.objects.for_clinic(write.clinic_id).select_related(
        "clinic",
        "mirror__link__clinic",
        "appointment__patient",
        "appointment__professional",
        "appointment__offering",
    )
    return rows.defer(*(f"mirror__link__{name}" for name in SECRETS)).get(pk=write.pk)


def _find_link(appointment: Appointment) -> Link | None:
    links = Link.objects.for_clinic(appointment.clinic_id).exclude(state=LinkState.DISCONNECTED)
    return links.filter(professional_id=appointment.professional_id).defer(*SECRETS).first()


def _standing_mirrors(appointment: Appointment) -> list[EventMirror]:
    """Events of this appointment that are, or may be, in a calendar that we can still reach one day."""
    mirrors = EventMirror.objects.for_clinic(appointment.clinic_id).filter(appointment=appointment)
    alive = mirrors.exclude(state=MirrorState.GONE).exclude(link__state=LinkState.DISCONNECTED)
    return list(alive)


def _mirror(appointment: Appointment, link: Link) -> EventMirror:
    """The event's row, made with its id before anything is sent."""
    found = EventMirror.objects.for_clinic(link.clinic_id).filter(appointment=appointment, link=link).first()
    return found or new_mirror(link=link, appointment=appointment)


def new_mirror(*, link: Link, appointment: Appointment | None = None) -> EventMirror:
    """A new event of ours with its id, not yet in Google."""
    mirror = EventMirror(clinic_id=link.clinic_id, link=link, appointment=appointment)
    mirror.google_event_id = events.event_id(mirror.key, mirror.generation)
    mirror.save(force_insert=True)
    return mirror


def _queue(mirror: EventMirror, kind: WriteKind, revision: int) -> int:
    """One row per event, kind and revision; asked for again (a calendar linked anew), it is queued again."""
    wish = {"mirror": mirror, "kind": kind, "revision": revision, "appointment_id": mirror.appointment_id}
    rows = CalendarWrite.objects.for_clinic(mirror.clinic_id)
    again = rows.filter(**wish).update(
        state=WriteState.QUEUED, attempt=F("attempt") + 1, faults=0, error_code="", not_before=Now(), **NOT_CLOSED
    )
    if not again:
        CalendarWrite.objects.create(clinic_id=mirror.clinic_id, not_before=Now(), **wish)
    return mirror.pk
