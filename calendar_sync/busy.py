"""Does an event take its professional's time, and when? Pure: Google's event in, a period or None out.

Busy is what Google shows as busy: also a tentative one, one not answered yet, out of office, focus time and whole
days unless they are marked as free. Free: cancelled, marked free (`transparent`), declined by the person themself,
where they work from, birthdays. Whole days are days of the calendar's own zone; their end is exclusive.

Source: discovery revision 20261030, events resource (transparency, eventType, attendees[].self, start.date).
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from calendar_sync.google_api import Event

Period = tuple[datetime, datetime]
FREE_TYPES = ("workingLocation", "birthday")
# A day inside what Python can tell, so that these read in any zone: people write 9999-12-31 for «without an end».
EARLIEST = datetime.min.replace(tzinfo=UTC) + timedelta(days=1)
LATEST = datetime.max.replace(tzinfo=UTC) - timedelta(days=1)


def period_of(event: Event, zone: ZoneInfo) -> Period | None:
    """[start, end) in UTC, if the event takes time; `zone` is the calendar's."""
    is_free = event.transparency == "transparent" or event.event_type in FREE_TYPES or event.is_declined
    if event.is_cancelled or is_free or event.starts is None or event.ends is None:
        return None
    starts_at, ends_at = moment(event.starts, zone), moment(event.ends, zone)
    return (starts_at, ends_at) if starts_at < ends_at else None


def moment(at: datetime | date, zone: ZoneInfo) -> datetime:
    """A moment in UTC; a date is its midnight, a clock time without a zone is the calendar's. Never raises."""
    if not isinstance(at, datetime):
        at = datetime.combine(at, time.min)
    try:
        in_utc = (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        return EARLIEST if at.year == EARLIEST.year else LATEST
    return min(max(in_utc, EARLIEST), LATEST)
