"""Where does an appointment stand in Google's calendar? The calendar app knows and registers its answer here.

The domain knows no outside system, so it asks whoever registered; nobody registered means that nothing is linked.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypedDict


class CalendarState(TypedDict):
    """`state` in the calendar's words; `google_event_id` once there is an event."""

    state: str
    google_event_id: str | None


# Takes ids of one clinic's appointments and answers for those it knows, in a fixed number of queries.
Lookup = Callable[[Sequence[int]], Mapping[int, CalendarState]]
NOT_LINKED: CalendarState = {"state": "not_linked", "google_event_id": None}

_lookups: list[Lookup] = []


def register_calendar_states(lookup: Lookup) -> None:
    """Called once, when the calendar app is ready."""
    _lookups[:] = [lookup]


def calendar_states(appointment_ids: Sequence[int]) -> dict[int, CalendarState]:
    """The state of each of these appointments."""
    known = _lookups[0](appointment_ids) if _lookups and appointment_ids else {}
    return {appointment_id: known.get(appointment_id, NOT_LINKED) for appointment_id in appointment_ids}
