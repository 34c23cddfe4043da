"""Does Google show something else at the very time that is about to be promised? One question per booking.

Asked is about that period alone: the events of a calendar we may read, else the free/busy times of the person's main
calendar. What is found is read in by a pull, so that the next list of free times knows it too. When Google does not
answer, what was read in the last `CALENDAR_UNKNOWN_AFTER_SECONDS` still counts as known, and the domain has looked at
that already; older than that, nobody knows, and unknown is not free.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet

from atendeai.common.errors import IntegrationError
from atendeai.metrics import CALENDAR_LOOKS
from calendar_sync import pull
from calendar_sync.deadline import Deadline
from calendar_sync.models import EventMirror, Link, LinkState, PullState
from clinics.calendar_looks import Seen, Wish
from clinics.models import CalendarMode

logger = logging.getLogger(__name__)
# One that must be connected again, or waits for an answer which calendar it is, is nobody's free time either: it was
# looked at, and cannot be now.
WATCHED = (LinkState.LINKED, LinkState.NEEDS_RECONNECT, LinkState.CHOOSING)


def concerns(wish: Wish) -> bool:
    """Whether the professional has a calendar that shows more than we know."""
    return _links(wish).exists()


def look(wish: Wish, now: datetime) -> Seen:
    """Asks Google, within the time a person waits. Never raises for Google's sake."""
    link = _links(wish).select_related("clinic", "professional").first()
    if link is None:
        return Seen.FREE
    seen, how = _look(link, wish, now)
    CALENDAR_LOOKS.labels(how).inc()
    return seen


def _links(wish: Wish) -> QuerySet[Link]:
    rows = Link.objects.for_clinic(wish.clinic_id).filter(professional=wish.professional_id, state__in=WATCHED)
    return rows.exclude(calendar_id="")


def _look(link: Link, wish: Wish, now: datetime) -> tuple[Seen, str]:
    if link.state != LinkState.LINKED:
        return _by_age(link, now)
    deadline = Deadline.after(settings.CALENDAR_INLINE_SECONDS, read_seconds=settings.CALENDAR_INLINE_SECONDS)
    try:
        seen = _asked(link, wish, now, deadline)
    except IntegrationError as error:
        code = error.code or type(error).__name__
        logger.warning("no last look", extra={"clinic_id": link.clinic_id, "link": link.pk, "code": code})
        return _by_age(link, now)
    if seen == Seen.BUSY:
        _read_in(link, now, deadline)
    return seen, seen.value


def _asked(link: Link, wish: Wish, now: datetime, deadline: Deadline) -> Seen:
    window = (wish.starts_at, wish.ends_at)
    if link.mode == CalendarMode.OWN:
        is_busy = bool(pull.ask_free_busy(link=link, window=window, now=now, deadline=deadline))
        return Seen.BUSY if is_busy else Seen.FREE
    changes = pull.read_window(link=link, window=window, now=now, deadline=deadline)
    own = _own_names(link, wish)
    if pull.wished_busy(link, changes).keys() - own:
        return Seen.BUSY
    # Something is there at that time, and nobody can tell what.
    return Seen.UNKNOWN if pull.names_of(link, changes.unreadable) - own else Seen.FREE


def _own_names(link: Link, wish: Wish) -> set[str]:
    """The event of the appointment that would move is no obstacle to it, wherever somebody has put it."""
    mirrors = EventMirror.objects.for_clinic(link.clinic_id).filter(link=link, appointment=wish.appointment_id)
    ids = mirrors.values_list("google_event_id", flat=True) if wish.appointment_id else ()
    return pull.names_of(link, ids)


def _by_age(link: Link, now: datetime) -> tuple[Seen, str]:
    state = PullState.objects.for_clinic(link.clinic_id).filter(link=link, calendar_id=link.calendar_id).first()
    if state is None:
        return Seen.UNKNOWN, "unknown"
    read_at = [state.pulled_at, state.free_busy_at] if link.mode == CalendarMode.OWN else [state.pulled_at]
    oldest = now - timedelta(seconds=settings.CALENDAR_UNKNOWN_AFTER_SECONDS)
    is_known = all(at is not None and at >= oldest for at in read_at)
    return (Seen.FREE, "known") if is_known else (Seen.UNKNOWN, "unknown")


def _read_in(link: Link, now: datetime, deadline: Deadline) -> None:
    """A failure is the timetable's business: the time is refused all the same."""
    if left := deadline.left():
        pull.pull_now(link=link, now=now, seconds=left)
