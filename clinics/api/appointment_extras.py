"""Where does an appointment stand in Google's calendar? The calendar app knows and registers its answer here.

The domain knows no outside system, so it asks whoever registered; nobody registered means that nothing is linked.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

from clinics.models import Clinic

# {"state": …, "google_event_id": …}
CalendarState = Mapping[str, str | None]
NOT_LINKED: CalendarState = {"state": "not_linked", "google_event_id": None}


class Lookup(Protocol):
    """Answers for those of the appointments it knows, in a fixed number of queries."""

    def __call__(self, *, clinic: Clinic, appointment_ids: Iterable[int]) -> Mapping[int, CalendarState]: ...


_lookups: list[Lookup] = []


def register_calendar_states(lookup: Lookup) -> None:
    """Called once, when the calendar app is ready."""
    _lookups[:] = [lookup]


def calendar_states(*, clinic: Clinic, appointment_ids: list[int]) -> dict[int, CalendarState]:
    """The state of each of these appointments."""
    known: Mapping[int, CalendarState] = {}
    if _lookups and appointment_ids:
        known = _lookups[0](clinic=clinic, appointment_ids=appointment_ids)
    return {appointment_id: known.get(appointment_id, NOT_LINKED) for appointment_id in appointment_ids}
