"""A claimed row on its way: what it is about, and how Google is called for it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from calendar_sync import calls
from calendar_sync.deadline import Deadline
from calendar_sync.google_api import Calendar, Event, NotThere
from calendar_sync.models import CalendarWrite, EventMirror

T = TypeVar("T")


@dataclass(frozen=True)
class Attempt:
    """A claimed row on its way."""

    write: CalendarWrite
    now: datetime
    deadline: Deadline

    @property
    def mirror(self) -> EventMirror:
        """Our side of the event."""
        return self.write.mirror

    @property
    def revision(self) -> int:
        """What the event shows once this is written."""
        return self.write.appointment.revision if self.write.appointment else self.write.revision

    def call(self, operation: str, act: Callable[[Calendar, str, str], T]) -> T:
        """Calls Google about this event: `act(calendar, calendar id, event id)`."""
        place, event_id = self.mirror.calendar_id, self.mirror.google_event_id
        return calls.call(
            link=self.mirror.link,
            operation=operation,
            now=self.now,
            deadline=self.deadline,
            act=lambda calendar: act(calendar, place, event_id),
        )

    @property
    def tells_guests(self) -> bool:
        """Whether Google mails guests: only for a clinic that invites."""
        return self.write.clinic.calendar_invites

    def find(self) -> Event | None:
        """The event as it is now; None when it is not there or deleted."""
        try:
            event = self.call("events.get", lambda api, place, event_id: api.get_event(place, event_id))
        except NotThere:
            return None
        return None if event.is_cancelled else event
