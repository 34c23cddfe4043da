"""What follows from the event as it is? One transaction under the appointment's lock, fenced by the claim's number."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from calendar_sync import writes
from calendar_sync.busy import Period, moment
from calendar_sync.google_api import Event
from calendar_sync.models import OPEN_STATES, ChangeKind, ChangeState, EventMirror, GoogleChange, MirrorState
from calendar_sync.touched.fitting import find_objection
from calendar_sync.touched.following import follow_deletion, follow_move
from calendar_sync.touched.holds import hold, release
from calendar_sync.touched.showing import tell_put_back
from clinics.audit import Actor
from clinics.booking import CannotBook
from clinics.models import UPCOMING, Appointment, GooglePolicy

GOOGLE = Actor("google")


@dataclass(frozen=True)
class Case:
    """One claimed row with everything it is about, locked."""

    change: GoogleChange
    mirror: EventMirror
    appointment: Appointment
    now: datetime

    @property
    def is_coming(self) -> bool:
        """Whether there is still something to decide about the appointment."""
        return self.appointment.status in UPCOMING and self.appointment.ends_at > self.now

    @property
    def shown(self) -> Period:
        """Where we left the event."""
        mirror, appointment = self.mirror, self.appointment
        return (mirror.shown_from or appointment.starts_at, mirror.shown_to or appointment.ends_at)


def settle(*, change: GoogleChange, event: Event | None, now: datetime) -> None:
    """Decides about a claimed row. `event` is Google's answer, None for one that is not there."""
    with transaction.atomic():
        case = _lock(change, now)
        if case is None:
            return
        if writes.has_open(case.mirror):
            # Something of ours is on its way since we asked: what we saw is not the end of it.
            _update(case, look_at=Now(), is_looked_at=False)
        elif case.mirror.state != MirrorState.PRESENT:
            _close(case)
        elif event is None or event.is_cancelled:
            _deleted(case, event)
        else:
            _present(case, event)


def _lock(change: GoogleChange, now: datetime) -> Case | None:
    """The appointment first, as booking does; None when somebody else has the row or closed it."""
    clinic_id = change.clinic_id
    related = ("clinic", "professional", "offering", "patient")
    appointments = Appointment.objects.for_clinic(clinic_id).select_related(*related)
    appointment = appointments.select_for_update(of=("self",)).get(pk=change.appointment_id)
    rows = GoogleChange.objects.for_clinic(clinic_id).filter(pk=change.pk, attempt=change.attempt)
    row = rows.filter(state__in=OPEN_STATES, look_at__isnull=False).select_for_update(of=("self",)).first()
    if row is None:
        return None
    mirrors = EventMirror.objects.for_clinic(clinic_id).select_related("link")
    mirror = mirrors.select_for_update(of=("self",), no_key=True).get(pk=change.mirror_id)
    return Case(row, mirror, appointment, now)


def _present(case: Case, event: Event) -> None:
    if event.is_series or not isinstance(event.starts, datetime) or not isinstance(event.ends, datetime):
        _put_back(case, event, ChangeKind.RESHAPED, "reshaped")
        return
    zone = case.appointment.clinic.zone
    period = (moment(event.starts, zone), moment(event.ends, zone))
    release(case.mirror)
    if period == case.shown:
        _keep_mirror(case, etag=event.etag, shown_from=period[0], shown_to=period[1])
        _close(case)
    elif not case.is_coming:
        # What is over, or cancelled, is not moved by anybody; the event keeps what the person made of it.
        _keep_mirror(case, etag=event.etag)
        _close(case)
    else:
        _moved(case, event, period)


def _moved(case: Case, event: Event, period: Period) -> None:
    objection = find_objection(case.appointment, period, now=case.now)
    if objection:
        _put_back(case, event, ChangeKind.MOVED, objection, period)
        return
    seen: dict[str, Any] = {
        "kind": ChangeKind.MOVED,
        "starts_at": period[0],
        "ends_at": period[1],
        "was_at": case.appointment.starts_at,
        "etag": event.etag,
    }
    if case.appointment.clinic.google_moves == GooglePolicy.ASK:
        hold(case.mirror, case.appointment.professional_id, period)
        _update(case, state=ChangeState.ASKED, look_at=None, **seen)
        return
    try:
        follow_move(case.mirror, case.appointment, period, etag=event.etag, by=GOOGLE, now=case.now)
    except CannotBook as error:
        _put_back(case, event, ChangeKind.MOVED, error.code, period)
        return
    _finish(case, ChangeState.APPLIED, **seen)


def _deleted(case: Case, event: Event | None) -> None:
    release(case.mirror)
    if not case.is_coming:
        _keep_mirror(case, state=MirrorState.GONE, etag="")
        _close(case)
        return
    etag = event.etag if event else ""
    seen = {"kind": ChangeKind.DELETED, "was_at": case.appointment.starts_at, "etag": etag}
    # Followed by itself only when Google says so in words, and about this event alone.
    is_certain = event is not None and not case.change.is_mass
    if case.appointment.clinic.google_deletes == GooglePolicy.AUTOMATIC and is_certain:
        follow_deletion(case.appointment, by=GOOGLE, now=case.now)
        _finish(case, ChangeState.APPLIED, **seen)
    else:
        _update(case, state=ChangeState.ASKED, look_at=None, **seen)


def _put_back(case: Case, event: Event, kind: ChangeKind, reason: str, period: Period | None = None) -> None:
    """Google shall show the appointment's true time again. With this etag our write is no surprise to anybody."""
    release(case.mirror)
    _keep_mirror(case, etag=event.etag)
    if not case.is_coming:
        _close(case)
        return
    writes.queue_again(mirror=case.mirror, revision=case.appointment.revision)
    starts_at, ends_at = period or (None, None)
    was_at = case.appointment.starts_at
    _finish(
        case,
        ChangeState.PUT_BACK,
        kind=kind,
        reason=reason[:20],
        starts_at=starts_at,
        ends_at=ends_at,
        was_at=was_at,
        etag=event.etag,
    )
    tell_put_back(clinic=case.appointment.clinic, now=case.now)


def _close(case: Case) -> None:
    """Nothing to decide. A row that nobody has seen leaves no trace."""
    release(case.mirror)
    if case.change.state == ChangeState.ASKED:
        _finish(case, ChangeState.WITHDRAWN)
    else:
        GoogleChange.objects.for_clinic(case.change.clinic_id).filter(pk=case.change.pk).delete()


def _finish(case: Case, state: ChangeState, **fields: Any) -> None:
    _update(case, state=state, look_at=None, decided_at=case.now, **fields)


def _update(case: Case, **fields: Any) -> None:
    GoogleChange.objects.for_clinic(case.change.clinic_id).filter(pk=case.change.pk).update(error_code="", **fields)


def _keep_mirror(case: Case, **fields: Any) -> None:
    EventMirror.objects.for_clinic(case.mirror.clinic_id).filter(pk=case.mirror.pk).update(**fields)
