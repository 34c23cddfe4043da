"""Which of our events look different in Google? Rows to be looked at, in the pull's own transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from atendeai.celery import wake
from calendar_sync.busy import Period
from calendar_sync.models import OPEN_STATES, ChangeState, EventMirror, GoogleChange, Link, LinkState, MirrorState
from calendar_sync.touched.holds import release
from calendar_sync.writes import has_open
from clinics.models import NOT_CLOSED, UPCOMING, Appointment, BusyPeriod, BusySource

# More deletions than these in one pull are no single decisions (a calendar emptied, an account gone): people are asked.
MOST_AT_ONCE = 5


@dataclass(frozen=True)
class Touch:
    """An event of ours as a list shows it; `span` is None for one that is cancelled or missing."""

    mirror: EventMirror
    etag: str
    span: Period | None
    is_odd: bool = False

    @property
    def is_elsewhere(self) -> bool:
        """Surely not where we left it."""
        shown = (self.mirror.shown_from, self.mirror.shown_to)
        return self.span is not None and shown[0] is not None and self.span != shown

    @property
    def is_in_place(self) -> bool:
        """Where we left it, and still a plain event: somebody changed its text or colour, which is theirs to change."""
        return self.span is not None and not self.is_odd and self.span == (self.mirror.shown_from, self.mirror.shown_to)


def missing(*, link: Link, window: Period, seen: Iterable[int]) -> list[Touch]:
    """Events of coming appointments that a full list of the window does not hold. That proves nothing yet."""
    mirrors = EventMirror.objects.for_clinic(link.clinic_id).filter(
        link=link,
        calendar_id=link.calendar_id,
        state=MirrorState.PRESENT,
        appointment__status__in=UPCOMING,
        appointment__starts_at__gt=window[0],
        appointment__ends_at__lt=window[1],
    )
    known = set(seen)
    found = mirrors.select_related("appointment").order_by("id")
    return [Touch(mirror, "", None) for mirror in found if mirror.pk not in known]


def note(*, touches: Sequence[Touch], now: datetime) -> None:
    """One open row per event; a text edit needs none. Call it in the transaction that stores the pull."""
    of_mirrors = {touch.mirror.pk: touch for touch in touches}
    is_mass = sum(touch.span is None for touch in of_mirrors.values()) > MOST_AT_ONCE
    for touch in of_mirrors.values():
        if touch.is_in_place and _take_etag(touch):
            continue
        appointment = touch.mirror.appointment
        if appointment is None:
            continue
        change = _note(touch, appointment, now, is_mass=is_mass and touch.span is None)
        transaction.on_commit(partial(wake, "calendar_sync.look", change_id=change.pk), robust=True)


def _take_etag(touch: Touch) -> bool:
    """Remembers the event as it is now, unless something about it is open: then it must be looked at."""
    mirror = touch.mirror
    changes = GoogleChange.objects.for_clinic(mirror.clinic_id).filter(mirror=mirror, state__in=OPEN_STATES)
    if mirror.state != MirrorState.PRESENT or has_open(mirror) or changes.exists():
        return False
    EventMirror.objects.for_clinic(mirror.clinic_id).filter(pk=mirror.pk).update(etag=touch.etag)
    return True


def _note(touch: Touch, appointment: Appointment, now: datetime, *, is_mass: bool) -> GoogleChange:
    rows = GoogleChange.objects.for_clinic(appointment.clinic_id).filter(mirror=touch.mirror, state__in=OPEN_STATES)
    # Who looks at this moment looks at something older: their result no longer counts.
    anew = {"failures": 0, "faults": 0, "is_looked_at": False, "set_aside_at": None, **NOT_CLOSED}
    # Part of a mass for good: a later list holds only what is left of it, and few of those are no single decisions.
    rises = {"is_mass": True} if is_mass else {}
    if rows.update(look_at=Now(), attempt=F("attempt") + 1, **rises, **anew):
        return rows.get()
    return GoogleChange.objects.create(
        clinic_id=appointment.clinic_id,
        mirror=touch.mirror,
        appointment=appointment,
        look_at=Now(),
        is_mass=is_mass,
        noted_at=now,
    )


def withdraw(*, appointment: Appointment, now: datetime) -> None:
    """The clinic or the patient has changed the appointment since: what was open about it is settled by that."""
    changes = GoogleChange.objects.for_clinic(appointment.clinic_id)
    for change in changes.filter(appointment=appointment, state__in=OPEN_STATES).select_related("mirror"):
        release(change.mirror)
        changes.filter(pk=change.pk).update(
            state=ChangeState.WITHDRAWN, look_at=None, attempt=F("attempt") + 1, decided_at=now
        )


def forget(*, link: Link, now: datetime) -> None:
    """The link was let go: what was open about its events is closed, and its busy times go.

    Unless another link of the professional has come in its place: its first full list replaces them all at once.
    """
    changes = GoogleChange.objects.for_clinic(link.clinic_id).filter(mirror__link=link, state__in=OPEN_STATES)
    GoogleChange.objects.for_clinic(link.clinic_id).filter(pk__in=list(changes.values_list("pk", flat=True))).update(
        state=ChangeState.WITHDRAWN, look_at=None, attempt=F("attempt") + 1, decided_at=now
    )
    others = Link.objects.for_clinic(link.clinic_id).filter(professional=link.professional_id)
    if not others.exclude(state=LinkState.DISCONNECTED).exists():
        rows = BusyPeriod.objects.for_clinic(link.clinic_id).filter(professional=link.professional_id)
        rows.filter(source=BusySource.GOOGLE).delete()
