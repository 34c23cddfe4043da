"""What did the reception decide? Follow what was done in Google, or put it back. Both are audited."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from calendar_sync import writes
from calendar_sync.models import ChangeKind, ChangeState, EventMirror, GoogleChange, MirrorState
from calendar_sync.touched.fitting import find_objection
from calendar_sync.touched.following import follow_deletion, follow_move
from calendar_sync.touched.holds import release
from clinics import audit
from clinics.audit import Actor
from clinics.booking import CannotBook, InvalidTransition
from clinics.models import UPCOMING, Appointment, Clinic


class AlreadyDecided(Exception):
    """The request is open no more, or the event was changed again since the person saw it."""


class NoLongerFits(CannotBook):
    """`args[0]` is the objection's code."""

    code = "no_longer_fits"


def accept(*, clinic: Clinic, change_id: int, etag: str, user_id: int, now: datetime) -> GoogleChange:
    """The appointment follows. `AlreadyDecided`, or a kind of `CannotBook`: then nothing was changed."""
    by = Actor("user", user_id)
    with transaction.atomic():
        change, appointment = _lock(clinic, change_id, etag)
        if appointment.status not in UPCOMING:
            raise InvalidTransition(f"the appointment is {appointment.status}")
        release(change.mirror)
        if change.kind == ChangeKind.MOVED and change.starts_at and change.ends_at:
            period = (change.starts_at, change.ends_at)
            objection = find_objection(appointment, period, now=now)
            if objection:
                raise NoLongerFits(objection)
            follow_move(change.mirror, appointment, period, etag=change.etag, by=by, now=now)
        else:
            follow_deletion(appointment, by=by, now=now)
        return _finish(change, ChangeState.APPLIED, by, now)


def refuse(*, clinic: Clinic, change_id: int, etag: str, user_id: int, now: datetime) -> GoogleChange:
    """Google shows the appointment again as it is: moved back, or made anew under another id. `AlreadyDecided`."""
    by = Actor("user", user_id)
    with transaction.atomic():
        change, appointment = _lock(clinic, change_id, etag)
        mirror = change.mirror
        release(mirror)
        mirrors = EventMirror.objects.for_clinic(clinic).filter(pk=mirror.pk)
        if change.kind == ChangeKind.DELETED:
            mirrors.update(state=MirrorState.GONE, etag="")
        else:
            mirrors.update(etag=change.etag)
        if appointment.status in UPCOMING:
            writes.queue_again(mirror=mirror, revision=appointment.revision)
        return _finish(change, ChangeState.REFUSED, by, now)


def _lock(clinic: Clinic, change_id: int, etag: str) -> tuple[GoogleChange, Appointment]:
    rows = GoogleChange.objects.for_clinic(clinic)
    found = rows.filter(pk=change_id).first()
    if found is None:
        raise AlreadyDecided
    related = ("clinic", "professional", "offering", "patient")
    appointments = Appointment.objects.for_clinic(clinic).select_related(*related)
    appointment = appointments.select_for_update(of=("self",)).get(pk=found.appointment_id)
    open_rows = rows.filter(pk=change_id, state=ChangeState.ASKED, etag=etag).select_related("mirror")
    change = open_rows.select_for_update(of=("self",)).first()
    if change is None:
        raise AlreadyDecided
    return change, appointment


def _finish(change: GoogleChange, state: ChangeState, by: Actor, now: datetime) -> GoogleChange:
    rows = GoogleChange.objects.for_clinic(change.clinic_id).filter(pk=change.pk)
    rows.update(state=state, look_at=None, attempt=F("attempt") + 1, decided_at=now, decided_by_id=by.id)
    action: audit.Action = "google_change_accepted" if state == ChangeState.APPLIED else "google_change_refused"
    audit.record(clinic=change.clinic, action=action, target=change, by=by, now=now, fields=[change.kind])
    change.refresh_from_db()
    return change
