"""What happened in this calendar since we last looked? All pages from Google, in memory as little as possible.

Changes since the sync token where there is a good one; else everything in a window that begins a day ago and reaches a
week beyond what the clinic lets people book. A token asked for with a window is used without it (Google refuses both),
so what lies outside the window is dropped here. The window moves on once a day by a new full list: with unrolled series
nothing else brings the instances that come into it. Nothing is stored here, and no transaction is open.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from atendeai.common.errors import Rejected
from atendeai.metrics import UNKNOWN_ITEMS
from calendar_sync import calls, events
from calendar_sync.busy import Period, moment, period_of
from calendar_sync.deadline import Deadline
from calendar_sync.google_api import Event, Page, TokenEnded
from calendar_sync.models import Link, PullState

DAY = timedelta(days=1)
BEYOND = timedelta(days=8)
# Another clinic's day begins at another hour: full lists of all calendars never come at once.
SPREAD_HOURS = 4
MOST_PAGES = 60
TOO_MANY = "too_many_pages"


@dataclass(frozen=True, slots=True)
class Item:
    """One event, as far as it matters here. `busy` is None for one that takes no time in the window."""

    id: str
    etag: str
    series_id: str
    is_cancelled: bool
    is_odd: bool
    span: Period | None
    busy: Period | None
    # Whose it says it is, if it bears the product's mark: clinic and appointment, as text.
    mark: tuple[str, str] | None = None


@dataclass
class Changes:
    """What one pull brings. `is_full`: everything there is; what is not in it is not in the calendar.

    `unreadable`: ids of events that are there and say nothing. What was known of them stays, with its age. An empty
    one is of an event that does not even say which it is.
    """

    is_full: bool
    window: Period
    items: list[Item] = field(default_factory=list)
    unreadable: set[str] = field(default_factory=set)
    sync_token: str = ""

    @property
    def may_hide_any(self) -> bool:
        """Whether any event that is not among the items may be there all the same."""
        return "" in self.unreadable


def fetch(state: PullState, *, now: datetime, deadline: Deadline, is_full: bool = False) -> Changes:
    """Raises the integration errors; a token that Google no longer knows leads to the full list at once."""
    window = (now - DAY, now + timedelta(days=state.link.clinic.horizon_days) + BEYOND)
    if not is_full and not needs_full(state, now=now):
        try:
            return _collect(state.link, Changes(is_full=False, window=window), state.sync_token, now, deadline)
        except TokenEnded:
            pass
        except Rejected as error:
            # A token that Google cannot read is as good as none; and a touched series without an end may bring more
            # than the whole window holds.
            if error.status not in (400, 410) and error.code != TOO_MANY:
                raise
    return _collect(state.link, Changes(is_full=True, window=window), "", now, deadline)


def read_window(*, link: Link, window: Period, now: datetime, deadline: Deadline) -> Changes:
    """Everything that touches the window. Raises the integration errors."""
    return _collect(link, Changes(is_full=True, window=window), "", now, deadline)


def needs_full(state: PullState, *, now: datetime) -> bool:
    """Whether the whole window must be listed: never done, wished, another calendar, or it is time to move on."""
    link = state.link
    if not state.sync_token or state.full_wanted or state.calendar_id != link.calendar_id:
        return True
    if state.full_at is None or state.horizon_until is None:
        return True
    age = DAY + timedelta(minutes=(link.pk * 37) % (SPREAD_HOURS * 60))
    reach = now + timedelta(days=link.clinic.horizon_days + 2)
    return now - state.full_at >= age or state.horizon_until < reach


def _collect(link: Link, changes: Changes, token: str, now: datetime, deadline: Deadline) -> Changes:
    zone = link.clinic.zone
    for page in _pages(link, changes, token, now, deadline):
        zone = _zone(page.time_zone) or zone
        if page.unreadable:
            UNKNOWN_ITEMS.labels("google_event", "unreadable").inc(len(page.unreadable))
            changes.unreadable.update(page.unreadable)
        changes.items += [_item(event, zone, changes.window) for event in page.events]
        changes.sync_token = page.sync_token
    return changes


def _pages(link: Link, changes: Changes, token: str, now: datetime, deadline: Deadline) -> Iterator[Page]:
    page_token = ""
    window = None if token else changes.window
    for _ in range(MOST_PAGES):
        asked = {"page_token": page_token, "sync_token": token, "window": window}
        page = calls.call(
            link=link,
            operation="events.list",
            now=now,
            deadline=deadline,
            act=lambda calendar, asked=asked: calendar.list_changes(link.calendar_id, **asked),  # type: ignore[misc]
        )
        yield page
        page_token = page.next_page
        if not page_token:
            return
    raise Rejected("google", "events.list", code=TOO_MANY, detail=f"more than {MOST_PAGES} pages")


def _item(event: Event, zone: ZoneInfo, window: Period) -> Item:
    busy = period_of(event, zone)
    if busy and (busy[1] <= window[0] or busy[0] >= window[1]):
        busy = None
    return Item(
        id=event.id,
        etag=event.etag,
        series_id=event.series_id,
        is_cancelled=event.is_cancelled,
        is_odd=event.is_series or bool(event.series_id) or not isinstance(event.starts, datetime),
        span=span_of(event, zone),
        busy=busy,
        mark=events.mark_of(event.private),
    )


def span_of(event: Event, zone: ZoneInfo) -> Period | None:
    """When the event is, whether it takes time or not."""
    if event.is_cancelled or event.starts is None or event.ends is None:
        return None
    return moment(event.starts, zone), moment(event.ends, zone)


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        return None
