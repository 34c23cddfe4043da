"""Does Google answer at all? A look at one minute of one calendar, for an open circuit that nobody else tries."""

from datetime import timedelta

from atendeai.common import clock
from calendar_sync import calls
from calendar_sync.deadline import Deadline
from calendar_sync.google_api import Calendar
from calendar_sync.models import Link, LinkState
from clinics.models import Clinic

# For the token and the look together.
SECONDS = 10.0
MINUTE = timedelta(minutes=1)


def make_trial(clinic: Clinic) -> bool:
    """One call (one more where the token is stale). False: no calendar is linked. Raises the integration errors."""
    links = Link.objects.for_clinic(clinic).filter(state=LinkState.LINKED).select_related("clinic")
    link = links.order_by("-pk").first()
    if link is None:
        return False
    now = clock.now()

    def look(calendar: Calendar) -> None:
        # What every way of linking allows, and of it only when things are.
        calendar.list_changes(link.calendar_id, window=(now, now + MINUTE))

    deadline = Deadline.after(SECONDS, read_seconds=SECONDS)
    calls.call(link=link, operation="trial", now=now, deadline=deadline, act=look)
    return True
