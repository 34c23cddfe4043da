"""Where do appointments and a full list of the calendar differ? Reads only; the list was read just before.

What is on its way is no difference: an event with an open write or look, or written a moment ago, is left out. An event
counts as ours only when its id was made from a key of our own table: the mark inside it can be copied,
and another installation numbers its clinics and appointments as we do.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from calendar_sync import events, pull, writes
from calendar_sync.models import (
    OPEN_STATES,
    CalendarWrite,
    EventMirror,
    GoogleChange,
    Link,
    LinkState,
    MirrorState,
    WriteState,
)
from calendar_sync.reconciling.findings import Finding, Kind
from clinics.models import UPCOMING, Appointment, Status

# A write that ended while the list was on its way is not in it.
JUST_NOW = timedelta(minutes=1)
BATCH = 1000


@dataclass(frozen=True)
class _Listed:
    """The list: what is there by id, the ids that are series or say nothing, and whether any other may be there too."""

    items: dict[str, pull.Item]
    series: frozenset[str]
    unreadable: frozenset[str]
    may_hide_any: bool
    window: tuple[datetime, datetime]


@dataclass(frozen=True)
class _Rows:
    """Our side: the link's mirrors by appointment, and the primary keys of those that are left out or were refused."""

    mirrors: dict[int, EventMirror]
    moving: frozenset[int]
    refused: frozenset[int]


def compare(link: Link, changes: pull.Changes, *, now: datetime) -> list[Finding]:
    """Every difference, each once."""
    coming = _coming(link, now)
    rows = _rows(link, coming, now)
    alive = [item for item in changes.items if not item.is_cancelled]
    series = frozenset(item.series_id for item in alive if item.series_id)
    by_id = {item.id: item for item in alive}
    listed = _Listed(by_id, series, frozenset(changes.unreadable), changes.may_hide_any, changes.window)
    found = [one for row in coming if (one := _judge(link, row, rows, listed)) is not None]
    found += _stale_rows(link, now)
    found += _marked(link, listed.items, {one.event_id for one in found if one.event_id})
    return found + list(_busy(link, changes))


def _coming(link: Link, now: datetime) -> list[Appointment]:
    rows = Appointment.objects.for_clinic(link.clinic_id).filter(
        professional=link.professional_id, status__in=UPCOMING, ends_at__gt=now
    )
    return list(rows.select_related("patient", "professional", "offering").order_by("starts_at", "id"))


def _rows(link: Link, coming: list[Appointment], now: datetime) -> _Rows:
    mirrors = EventMirror.objects.for_clinic(link.clinic_id).filter(
        link=link, appointment__in=[row.pk for row in coming]
    )
    by_appointment = {mirror.appointment_id: mirror for mirror in mirrors if mirror.appointment_id}
    keys = [mirror.pk for mirror in by_appointment.values()]
    refused, left = _refused(link, keys)
    return _Rows(by_appointment, _moving(link, keys, now) | left, refused)


def _moving(link: Link, keys: list[int], now: datetime) -> frozenset[int]:
    """With something open, or written since the list may have been read."""
    ours = CalendarWrite.objects.for_clinic(link.clinic_id).filter(mirror__in=keys)
    waiting = ours.filter(state__in=[WriteState.QUEUED, WriteState.SENDING])
    fresh = ours.filter(state=WriteState.DONE, done_at__gt=now - JUST_NOW)
    changes = GoogleChange.objects.for_clinic(link.clinic_id).filter(mirror__in=keys, state__in=OPEN_STATES)
    changes = changes.filter(closed_at__isnull=True)
    return frozenset(pk for rows in (waiting, fresh, changes) for pk in rows.values_list("mirror_id", flat=True))


def _refused(link: Link, keys: list[int]) -> tuple[frozenset[int], frozenset[int]]:
    """Whose newest write was set aside; and where a person has put that away: those are left as they are."""
    rows = CalendarWrite.objects.for_clinic(link.clinic_id).filter(mirror__in=keys)
    newest = rows.exclude(state=WriteState.SUPERSEDED).order_by("mirror_id", "-revision", "-id").distinct("mirror_id")
    failed = newest.values_list("mirror_id", "state", "closed_at")
    refused = {mirror: closed_at for mirror, state, closed_at in failed if state == WriteState.FAILED}
    left = frozenset(mirror for mirror, closed_at in refused.items() if closed_at is not None)
    return frozenset(refused) - left, left


def _judge(link: Link, row: Appointment, rows: _Rows, listed: _Listed) -> Finding | None:
    """What is wrong with a coming appointment's event, if anything."""
    mirror = rows.mirrors.get(row.pk)
    if mirror is None:
        return Finding(Kind.MISSING, row.starts_at, row.pk)
    if mirror.pk in rows.moving:
        return None
    event_id = mirror.google_event_id
    if mirror.pk in rows.refused:
        return Finding(Kind.SET_ASIDE, row.starts_at, row.pk, event_id)
    if mirror.state != MirrorState.PRESENT or mirror.calendar_id != link.calendar_id:
        return Finding(Kind.MISSING, row.starts_at, row.pk, event_id)
    item = listed.items.get(event_id)
    if item is not None:
        kind = _differs(link, row, mirror, item)
    elif event_id in listed.series:
        kind = Kind.MOVED
    elif event_id in listed.unreadable or listed.may_hide_any:
        kind = None
    else:
        is_inside = row.starts_at > listed.window[0] and row.ends_at < listed.window[1]
        kind = Kind.GONE if is_inside else None
    return Finding(kind, row.starts_at, row.pk, event_id) if kind else None


def _differs(link: Link, row: Appointment, mirror: EventMirror, item: pull.Item) -> Kind | None:
    wished = (row.starts_at.replace(microsecond=0), row.ends_at.replace(microsecond=0))
    is_in_place = item.span == wished and not item.is_odd
    if item.etag != mirror.etag:
        return Kind.CHANGED if is_in_place else Kind.MOVED
    if not is_in_place:
        return Kind.WRONG_TIME
    is_old = mirror.text_hash != events.text_hash(writes.body_of(row, link.clinic))
    return Kind.OLD_TEXT if is_old else None


def _stale_rows(link: Link, now: datetime) -> list[Finding]:
    """Events of coming times that should not be there, by our own rows. Whether they are, the write finds out."""
    mirrors = EventMirror.objects.for_clinic(link.clinic_id).filter(link=link, appointment__ends_at__gt=now)
    standing = mirrors.exclude(state=MirrorState.GONE).exclude(calendar_id="").select_related("appointment")
    over = [
        mirror
        for mirror in standing.iterator(BATCH)
        if mirror.appointment
        and (
            mirror.appointment.status == Status.CANCELLED or mirror.appointment.professional_id != link.professional_id
        )
    ]
    moving = _moving(link, [mirror.pk for mirror in over], now)
    return [
        Finding(Kind.STALE, mirror.appointment.starts_at, mirror.appointment_id, mirror.google_event_id)
        for mirror in over
        if mirror.appointment and mirror.pk not in moving
    ]


def _marked(link: Link, listed: dict[str, pull.Item], known: set[str]) -> list[Finding]:
    """Events that bear the product's mark and are no appointment's event of this link."""
    marked = [item for item in listed.values() if item.mark is not None and item.id not in known]
    made = _made(link, marked)
    found = []
    for item in marked:
        kind = _kind_of(link, item, made, listed)
        if kind is not None:
            owner = _owner(item, made)
            at = item.span[0] if item.span else None
            found.append(Finding(kind, at, owner.appointment_id if owner else None, item.id, item.etag))
    return found


def _made(link: Link, items: list[pull.Item]) -> dict[str, EventMirror]:
    """Key as text → the clinic's mirror that events under that key were made for."""
    keys = {key for item in items if (key := events.key_of(item.series_id or item.id))}
    rows = EventMirror.objects.for_clinic(link.clinic_id).filter(key__in=keys).select_related("appointment", "link")
    return {mirror.key.hex: mirror for mirror in rows.defer("link__access_token", "link__refresh_token")}


def _owner(item: pull.Item, made: dict[str, EventMirror]) -> EventMirror | None:
    key = events.key_of(item.series_id or item.id)
    return made.get(key.hex) if key else None


def _kind_of(link: Link, item: pull.Item, made: dict[str, EventMirror], listed: dict[str, pull.Item]) -> Kind | None:
    if item.mark and item.mark[0] != str(link.clinic_id):
        return Kind.OTHER_CLINIC
    mirror = _owner(item, made)
    if mirror is None:
        return Kind.UNKNOWN
    row = mirror.appointment
    if row is None or item.series_id:
        # Made through the service; or an instance of an event that somebody made repeating, which is looked at as such.
        return None
    if mirror.link_id == link.pk and item.id == mirror.google_event_id:
        return Kind.RESTORED if mirror.state == MirrorState.GONE else None
    if mirror.link_id != link.pk and mirror.link.state != LinkState.DISCONNECTED:
        # A colleague who shares the calendar; their own comparison looks at it.
        return None
    return Kind.TWIN if row.status == Status.CANCELLED or _has_another(link, row, item, listed) else None


def _has_another(link: Link, row: Appointment, item: pull.Item, listed: dict[str, pull.Item]) -> bool:
    """Whether the appointment's true event is in the list too: only then another one is one too many."""
    mirrors = EventMirror.objects.for_clinic(link.clinic_id).filter(
        appointment=row, link=link, state=MirrorState.PRESENT, calendar_id=link.calendar_id
    )
    true_ids = set(mirrors.values_list("google_event_id", flat=True))
    return any(name != item.id and name in listed for name in true_ids)


def _busy(link: Link, changes: pull.Changes) -> Iterator[Finding]:
    wished, kept = pull.wished_busy(link, changes), pull.busy_now(link)
    for name in wished.keys() - kept.keys():
        yield Finding(Kind.BUSY_MISSING, wished[name][0])
    extra = set() if changes.may_hide_any else kept.keys() - wished.keys()
    for name in extra - pull.names_of(link, changes.unreadable):
        yield Finding(Kind.BUSY_EXTRA, kept[name][0])
    for name in wished.keys() & kept.keys():
        if wished[name] != kept[name]:
            yield Finding(Kind.BUSY_MOVED, wished[name][0])
