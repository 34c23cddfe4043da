"""What events show was changed: how do the coming ones get it? A few at a time, each link knows how far we are.

Promises: at most `MOST_OPEN` such writes of a calendar wait at once, so that a booking never stands behind thousands; a
second change starts again from the first appointment instead of queueing twice; a step that fails is done again. What
people wrote into an event stays (`event_merging`), and an event that they deleted is not made anew.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from atendeai.celery import wake_after_commit
from calendar_sync.models import CalendarWrite, EventMirror, Link, LinkState, MirrorState, WriteKind, WriteState
from calendar_sync.writes.queue import OPEN, queue_rewrite
from clinics.models import UPCOMING, Appointment, Patient

STEP = 50
MOST_OPEN = 50
LINKS_AT_ONCE = 50


def want(*, clinic_id: int) -> None:
    """All coming events of the clinic, from the first one on; in the transaction of the change."""
    links = Link.objects.for_clinic(clinic_id).exclude(state=LinkState.DISCONNECTED)
    links.update(rewrite_after=0)


def of_patient(*, patient: Patient, now: datetime) -> list[int]:
    """Queues the coming events of one patient, at once; the events' row ids."""
    rows = Appointment.objects.for_clinic(patient.clinic_id).filter(
        patient=patient, status__in=UPCOMING, ends_at__gt=now
    )
    return [pk for row in rows.order_by("id")[:STEP].select_for_update() for pk in queue_rewrite(appointment=row)]


def due(limit: int = LINKS_AT_ONCE) -> list[int]:
    """Links with events to be looked at. Across clinics: the step's sibling."""
    rows = Link.objects.filter(rewrite_after__isnull=False, state=LinkState.LINKED)
    return list(rows.order_by("id").values_list("id", flat=True)[:limit])


def step(*, link_id: int, now: datetime) -> int:
    """Queues the next few events of a link; how many."""
    with transaction.atomic():
        link = _take(link_id)
        if link is None or _are_enough(link):
            return 0
        rows = list(_next(link, now).select_for_update(of=("self",)))
        queued = [pk for row in rows for pk in queue_rewrite(appointment=row)]
        link.rewrite_after = rows[-1].pk if len(rows) == STEP else None
        link.save(update_fields=["rewrite_after"])
        for mirror_id in queued:
            wake_after_commit("calendar_sync.write", mirror_id=mirror_id)
    return len(queued)


def _take(link_id: int) -> Link | None:
    """The link, locked before its appointments as whoever links a calendar does it; None when it is in other hands.

    A change of what events show waits for us, and then begins from the first one.
    """
    rows = Link.objects.filter(pk=link_id, rewrite_after__isnull=False, state=LinkState.LINKED)
    locked = rows.select_for_update(of=("self",), skip_locked=True, no_key=True)
    return locked.only("clinic_id", "professional_id", "rewrite_after").first()


def _are_enough(link: Link) -> bool:
    rows = CalendarWrite.objects.for_clinic(link.clinic_id).filter(mirror__link=link, kind=WriteKind.REWRITE)
    return rows.filter(state__in=OPEN).count() >= MOST_OPEN


def _next(link: Link, now: datetime) -> QuerySet[Appointment]:
    """Coming appointments with an event in place, or refused; one whose write waits anyway is written as it then is."""
    writes = CalendarWrite.objects.for_clinic(link.clinic_id).filter(mirror=OuterRef("pk"), state=WriteState.QUEUED)
    mirrors = EventMirror.objects.for_clinic(link.clinic_id).filter(link=link, appointment=OuterRef("pk"))
    rows = Appointment.objects.for_clinic(link.clinic_id).filter(
        professional=link.professional_id, status__in=UPCOMING, ends_at__gt=now, pk__gt=link.rewrite_after
    )
    return rows.filter(Exists(mirrors.exclude(state=MirrorState.GONE).filter(~Exists(writes)))).order_by("id")[:STEP]


def waiting(*, clinic_id: int) -> tuple[int, bool]:
    """(how many events wait to be written anew, whether more are still to be found)."""
    rows = CalendarWrite.objects.for_clinic(clinic_id).filter(kind=WriteKind.REWRITE, state__in=OPEN)
    links = Link.objects.for_clinic(clinic_id).filter(rewrite_after__isnull=False)
    return rows.count(), links.exclude(state=LinkState.DISCONNECTED).exists()
