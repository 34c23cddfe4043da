"""Which calendar of ours takes the appointments, when a professional shows us no other? Made once, found again.

Google has no key that would make the creation repeatable: should its answer be lost, an empty calendar may stay behind
in the account. The link then still waits, and the person presses the button once more.
"""

import logging
from datetime import datetime

from atendeai.common.errors import IntegrationError
from calendar_sync import calls
from calendar_sync.deadline import Deadline
from calendar_sync.google_api import CalendarEntry, NotAllowed, NotThere
from calendar_sync.linking.choosing import settle
from calendar_sync.models import Link
from clinics.audit import Actor

logger = logging.getLogger(__name__)


def use_own(*, link: Link, by: Actor, now: datetime, deadline: Deadline) -> Link:
    """The link with the calendar it had before, if it is still there, else with a new one."""
    kept = _find_kept(link, now, deadline)
    if kept is not None:
        return settle(link.clinic, link, kept, by, now)
    made = _make(link, now, deadline)
    current = Link.objects.for_clinic(link.clinic_id).get(pk=link.pk)
    if current.calendar_id and current.calendar_id != link.calendar_id:
        # Two tabs at once: the other one's calendar is in use already.
        _throw_away(link, made, now, deadline)
        return current
    return settle(link.clinic, link, made, by, now)


def _find_kept(link: Link, now: datetime, deadline: Deadline) -> CalendarEntry | None:
    if not link.calendar_id:
        return None
    try:
        return calls.call(
            link=link,
            operation="calendars.get",
            now=now,
            deadline=deadline,
            act=lambda calendar: calendar.get_calendar(link.calendar_id),
        )
    except (NotThere, NotAllowed):
        return None


def _make(link: Link, now: datetime, deadline: Deadline) -> CalendarEntry:
    name = f"Consultas · {link.clinic.name}"
    zone = link.clinic.time_zone
    return calls.call(
        link=link,
        operation="calendars.insert",
        now=now,
        deadline=deadline,
        act=lambda calendar: calendar.insert_calendar(name, time_zone=zone),
    )


def _throw_away(link: Link, made: CalendarEntry, now: datetime, deadline: Deadline) -> None:
    try:
        calls.call(
            link=link,
            operation="calendars.delete",
            now=now,
            deadline=deadline,
            act=lambda calendar: calendar.delete_calendar(made.id),
        )
    except IntegrationError as error:
        details = {"clinic_id": link.clinic_id, "link": link.pk, "error": type(error).__name__}
        logger.warning("a second empty calendar was left behind", extra=details)
