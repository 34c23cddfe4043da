"""Which of the account's calendars takes the appointments?"""

from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import transaction

from atendeai.celery import wake
from calendar_sync import calls, timetable, writes
from calendar_sync.alert_words import BEHIND, RECONNECT
from calendar_sync.deadline import Deadline
from calendar_sync.google_api import CalendarEntry
from calendar_sync.linking.problems import AttemptUnknown, NoCalendar
from calendar_sync.linking.rows import get_locked
from calendar_sync.models import Link, LinkState
from clinics import alerts, audit
from clinics.audit import Actor
from clinics.models import Clinic, Professional

# A person waits for this page: exchange, list of calendars.
PATIENCE_SECONDS = 20


def patience() -> Deadline:
    """How long a person waits for one of our pages."""
    return Deadline.after(PATIENCE_SECONDS, read_seconds=settings.CALENDAR_READ_SECONDS)


def list_calendars(*, link: Link, now: datetime) -> list[CalendarEntry]:
    """The account's calendars that we may write to, the main one first."""
    return _writable(link, now, patience())


def choose_calendar(*, clinic: Clinic, link: Link, calendar_id: str, by: Actor, now: datetime) -> Link:
    """Puts the professional's appointments into this calendar, the coming ones at once."""
    writable = list_calendars(link=link, now=now)
    chosen = next((entry for entry in writable if entry.id == calendar_id), None)
    if chosen is None:
        raise NoCalendar
    return settle(clinic, link, chosen, by, now)


def choose_if_clear(*, link: Link, by: Actor, now: datetime, deadline: Deadline) -> Link:
    """No question when there is nothing to ask: the calendar used before, or the only one."""
    writable = _writable(link, now, deadline)
    if not writable:
        raise NoCalendar
    before = [entry for entry in writable if entry.id == link.calendar_id]
    clear = before or (writable if len(writable) == 1 else [])
    return settle(link.clinic, link, clear[0], by, now) if clear else link


def _writable(link: Link, now: datetime, deadline: Deadline) -> list[CalendarEntry]:
    found = calls.call(
        link=link,
        operation="calendarList.list",
        now=now,
        deadline=deadline,
        act=lambda calendar: calendar.list_calendars(),
    )
    return sorted((entry for entry in found if entry.is_writable), key=lambda entry: not entry.is_primary)


def settle(clinic: Clinic, link: Link, chosen: CalendarEntry, by: Actor, now: datetime) -> Link:
    """The link works from now on, with this calendar; every coming appointment goes there."""
    with transaction.atomic():
        # First the professional, then the link: the order in which a new link takes them.
        Professional.objects.for_clinic(clinic).select_for_update().get(pk=link.professional_id)
        current = get_locked(clinic, link)
        if current.state not in (LinkState.CHOOSING, LinkState.LINKED):
            raise AttemptUnknown
        current.calendar_id, current.calendar_name = chosen.id[:255], chosen.summary[:255]
        current.state = LinkState.LINKED
        current.save(update_fields=["calendar_id", "calendar_name", "state"])
        timetable.arm(link=current, is_full=True)
        transaction.on_commit(partial(wake, "calendar_sync.pull", link_id=current.pk), robust=True)
        audit.record(clinic=clinic, action="calendar_linked", target=current, by=by, now=now)
        # BEHIND too: armed anew, its next pull knows of no failure that it would end.
        for kind in (RECONNECT, BEHIND):
            alerts.clear_alert(clinic=clinic, kind=kind, target=current, now=now, by=by)
        queued = writes.queue_upcoming(link=current, now=now) + writes.queue_ended(link=current, now=now)
        for mirror_id in queued:
            transaction.on_commit(partial(wake, "calendar_sync.write", mirror_id=mirror_id), robust=True)
    return current
