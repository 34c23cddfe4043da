"""How do the changes become ours? Busy times and the new sync token in one transaction, under the claim.

Foreign events become busy times of the professional, known by link and event id. Events of ours are none (the
appointment holds the time): a touched one is noted, to be looked at, and the place it was dragged to is kept until
that is decided. A full list replaces everything at once, so that nothing is free for a moment that is not; with an
event in it that does not say which it is, it frees only what it names itself, until the next one.
"""

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from django.db import connection, transaction

from calendar_sync import remembered, timetable, touched
from calendar_sync.busy import Period
from calendar_sync.models import EventMirror, Link, MirrorState, PullState
from calendar_sync.pull.fetching import Changes, Item
from clinics.models import BusyPeriod, BusySource, CalendarMode, TenantQuerySet

T = TypeVar("T")
BATCH = 2000
# The condition is the index's own: without it PostgreSQL does not find the unique index.
UPSERT = """
    INSERT INTO clinics_busyperiod (clinic_id, professional_id, source, external_id, starts_at, ends_at, note)
    SELECT %s, %s, 'google', new.id, new.starts_at, new.ends_at, ''
      FROM unnest(%s::text[], %s::timestamptz[], %s::timestamptz[]) AS new (id, starts_at, ends_at)
    ON CONFLICT (professional_id, source, external_id) WHERE NOT (external_id = '')
    DO UPDATE SET starts_at = excluded.starts_at, ends_at = excluded.ends_at
    WHERE (clinics_busyperiod.starts_at, clinics_busyperiod.ends_at) <> (excluded.starts_at, excluded.ends_at)
    RETURNING id
"""
# Of a series that is gone, also what its instances took (`<id>_<moment>`): Google need not name each of them.
DROP = """
    DELETE FROM clinics_busyperiod WHERE clinic_id = %s AND professional_id = %s AND source = 'google'
       AND (external_id = ANY(%s) OR regexp_replace(external_id, '_[0-9]{8}(T[0-9]{6}Z)?$', '') = ANY(%s))
"""


@dataclass
class _Plan:
    """What is to be done with the busy times; ids are Google's."""

    busy: dict[str, Period] = field(default_factory=dict)
    free: set[str] = field(default_factory=set)
    touches: list[touched.Touch] = field(default_factory=list)
    seen_mirrors: set[int] = field(default_factory=set)


def apply(state: PullState, changes: Changes, *, now: datetime) -> int:
    """Stores a pull; how many events it brought. `LostClaim` when somebody else has the calendar meanwhile."""
    link = state.link
    with transaction.atomic():
        timetable.held(state)
        plan = _plan(link, changes)
        if changes.is_full and not changes.may_hide_any:
            _drop_others(link, plan.busy.keys() | changes.unreadable)
            there = plan.seen_mirrors | _mirrors_of(link, changes.unreadable)
            plan.touches += touched.missing(link=link, window=changes.window, seen=there)
        else:
            _drop(link, plan.free)
        changed = _put(link, plan.busy)
        touched.note(touches=plan.touches, now=now)
        touched.raise_conflicts(link=link, busy_ids=changed, since=state.pulled_at, now=now)
        timetable.finish(state, now=now, **_progress(state, changes, now))
        if changes.items or changes.is_full:
            remembered.forget_after_commit(clinic_id=link.clinic_id, link_id=link.pk)
    return len(changes.items)


def wished_busy(link: Link, changes: Changes) -> dict[str, Period]:
    """The busy times that a full list asks for, by the names under which they are kept."""
    return {external_id(link, event_id): period for event_id, period in _plan(link, changes).busy.items()}


def busy_now(link: Link) -> dict[str, Period]:
    """What is kept as busy because of events of the professional's calendars, by the same names."""
    known = _of_events(link).values_list("external_id", "starts_at", "ends_at")
    return {name: (start, end) for name, start, end in known}


def _of_events(link: Link) -> TenantQuerySet[BusyPeriod]:
    """All that a full list answers for: not what is asked for without events, while the link asks for that."""
    rows = BusyPeriod.objects.for_clinic(link.clinic_id).filter(
        professional=link.professional_id, source=BusySource.GOOGLE
    )
    return rows.exclude(external_id__startswith=external_id(link, FREE_BUSY)) if link.mode == CalendarMode.OWN else rows


def _progress(state: PullState, changes: Changes, now: datetime) -> dict[str, object]:
    """The columns that say how far we are. Written also when nothing changed: the token moves on all the same."""
    progress: dict[str, object] = {"calendar_id": state.link.calendar_id, "sync_token": changes.sync_token}
    if changes.is_full:
        progress |= {"full_at": now, "full_wanted": False, "horizon_until": changes.window[1]}
    return progress | ({"changed_at": now} if changes.items else {})


def _plan(link: Link, changes: Changes) -> _Plan:
    plan = _Plan()
    for batch in _batches(changes.items):
        mirrors = _own(link, batch)
        for item in batch:
            mirror = mirrors.get(item.id) or mirrors.get(item.series_id)
            if mirror is None:
                _foreign(plan, item, item.busy)
            else:
                _ours(plan, item, mirror, link)
    return plan


def _mirrors_of(link: Link, event_ids: set[str]) -> set[int]:
    """Which events of ours these are."""
    mirrors = EventMirror.objects.for_clinic(link.clinic_id).filter(link=link, google_event_id__in=event_ids)
    return set(mirrors.values_list("pk", flat=True))


def _own(link: Link, items: Iterable[Item]) -> dict[str, EventMirror]:
    """Which of these stand for appointments of the clinic: also those of a colleague who shares the calendar."""
    ids = {name for item in items for name in (item.id, item.series_id) if name}
    links = Link.objects.for_clinic(link.clinic_id).filter(calendar_id=link.calendar_id)
    mirrors = EventMirror.objects.for_clinic(link.clinic_id).filter(link__in=links, google_event_id__in=ids)
    known = mirrors.filter(appointment__isnull=False).select_related("appointment")
    return {mirror.google_event_id: mirror for mirror in known}


def _foreign(plan: _Plan, item: Item, busy: Period | None) -> None:
    plan.busy.pop(item.id, None)
    plan.free.discard(item.id)
    if busy:
        plan.busy[item.id] = busy
    else:
        plan.free.add(item.id)


def _ours(plan: _Plan, item: Item, mirror: EventMirror, link: Link) -> None:
    if mirror.state == MirrorState.GONE and not item.is_cancelled:
        # Restored by somebody after we removed it: the appointment is over, but the person wants the time.
        _foreign(plan, item, item.busy)
        return
    _foreign(plan, item, None)
    if mirror.link_id != link.pk:
        return
    is_itself = item.id == mirror.google_event_id
    if is_itself and not item.is_cancelled:
        plan.seen_mirrors.add(mirror.pk)
    if mirror.state == MirrorState.GONE or (is_itself and mirror.etag and item.etag == mirror.etag):
        return
    touch = touched.Touch(mirror, item.etag, item.span, is_odd=item.is_odd or not is_itself)
    plan.touches.append(touch)
    if item.busy and touch.is_elsewhere:
        _foreign(plan, item, item.busy)


def _put(link: Link, busy: dict[str, Period]) -> list[int]:
    """The rows that are new or at another time than before."""
    changed: list[int] = []
    with connection.cursor() as cursor:
        for batch in _batches(list(busy.items())):
            ids = [external_id(link, event_id) for event_id, _ in batch]
            edges = [[period[edge] for _, period in batch] for edge in (0, 1)]
            cursor.execute(UPSERT, [link.clinic_id, link.professional_id, ids, *edges])
            changed += [pk for (pk,) in cursor.fetchall()]
    return changed


def _drop(link: Link, event_ids: set[str]) -> None:
    """Frees what these events took."""
    with connection.cursor() as cursor:
        for batch in _batches(sorted(event_ids)):
            names = [external_id(link, event_id) for event_id in batch]
            cursor.execute(DROP, [link.clinic_id, link.professional_id, names, names])


def _drop_others(link: Link, kept: Set[str]) -> None:
    """Frees what Google no longer has, and what came from a calendar used before."""
    rows = _of_events(link)
    names = names_of(link, kept)
    known = rows.values_list("id", "external_id")
    gone = [pk for pk, name in known.iterator(BATCH) if name not in names]
    for batch in _batches(gone):
        rows.filter(pk__in=batch).delete()


# Of busy times asked for without events: no event id begins so.
FREE_BUSY = "freebusy/"


def external_id(link: Link, event_id: str) -> str:
    """How a busy time names its event: two links may show the same calendar."""
    return f"{link.pk}:{event_id}"


def names_of(link: Link, event_ids: Iterable[str]) -> set[str]:
    """The same for several."""
    return {external_id(link, event_id) for event_id in event_ids}


def put_free_busy(link: Link, periods: Sequence[Period], *, until: datetime | None) -> list[int]:
    """Busy times without events, named by when they are; the whole set, or all that end by `until`, at once.

    One that reaches over that moment stays until the whole set comes: what is perhaps taken is not free. Returns the
    ids of the rows that are new or changed.
    """
    busy = {
        f"{FREE_BUSY}{starts_at.isoformat()}/{ends_at.isoformat()}": (starts_at, ends_at)
        for starts_at, ends_at in periods
    }
    names = names_of(link, busy)
    rows = BusyPeriod.objects.for_clinic(link.clinic_id).filter(
        professional=link.professional_id,
        source=BusySource.GOOGLE,
        external_id__startswith=external_id(link, FREE_BUSY),
    )
    changed = _put(link, busy)
    rows = rows.filter(ends_at__lte=until) if until else rows
    rows.exclude(external_id__in=names).delete()
    return changed


def _batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]
