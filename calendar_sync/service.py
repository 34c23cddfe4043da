"""What may a program do with a clinic's Google calendars? The contract of the integration design, in Python.

A thin face on linking, the write queue and the Calendar calls. Writes are rows first: what cannot be
done at once is `queued` and is done later, exactly once. Reads are remembered for 300 s, and shown with their age when
Google does not answer.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from django.conf import settings
from django.db import transaction

from atendeai.celery import wake
from atendeai.common import clock
from atendeai.common.errors import NotConfigured, OutcomeUnknown, Throttled, Unreachable
from calendar_sync import calls, events, linking, remembered, writes
from calendar_sync.deadline import Deadline
from calendar_sync.google_api import Event
from calendar_sync.models import CalendarWrite, EventMirror, Link, LinkState, MirrorState, WriteKind, WriteState
from clinics.api.appointment_extras import CalendarState
from clinics.models import Clinic

EventData = Mapping[str, Any]
# What `metadata` may not pretend to be.
RESERVED = frozenset({events.MARK, events.CLINIC, events.APPOINTMENT, events.HASH})
LIST_SECONDS = 30
LONGEST = timedelta(days=92)


class InvalidEvent(ValueError):
    """`event_data` is not usable; the text says which field."""


class NotLinked(NotConfigured):
    """No calendar of this clinic, or of this professional, works at the moment."""


class NotAnEvent(LookupError):
    """No such event of this clinic that a program may change."""


@dataclass(frozen=True)
class Written:
    """`id` is Google's event id, known before Google was asked. `event` is what was asked for."""

    id: str
    state: Literal["done", "queued", "failed"]
    event: Mapping[str, Any] | None


@dataclass(frozen=True)
class ListedEvent:
    """An event of a linked calendar. `title` is empty for private events that are not ours."""

    id: str
    professional_id: int
    title: str
    starts: datetime | date | None
    ends: datetime | date | None
    is_busy: bool
    is_ours: bool
    appointment_id: int | None


class EventList(list[ListedEvent]):
    """Events with their age: `as_of` is when Google was asked, the oldest answer of several calendars.

    `stale_professionals`: whose calendar Google did not give now, so that the last known answer stands in.
    """

    def __init__(self, found: Sequence[ListedEvent], *, as_of: datetime, stale_professionals: Sequence[int]) -> None:
        super().__init__(found)
        self.as_of = as_of
        self.stale_professionals = tuple(stale_professionals)

    @property
    def is_stale(self) -> bool:
        """Whether any of it is only the last known."""
        return bool(self.stale_professionals)


class GoogleCalendarService:
    """The calendars of one clinic."""

    def __init__(self, clinic_id: int) -> None:
        self._clinic = Clinic.objects.get(pk=clinic_id)

    def authenticate(self, auth_code: str, *, state: str) -> Link:
        """The link that a program's own `linking.start` (no user, no session) leads to.

        `state` names professional and verifier and works once. A browser's linking ends at the callback page.
        """
        return linking.complete(
            state=state, code=auth_code, user=None, session_key="", now=clock.now(), clinic=self._clinic
        )

    def create_event(self, event_data: EventData) -> Written:
        """A new event.

        title, start_time, end_time (aware); description, metadata (text → text), professional_id (needed
        when several calendars are linked). Attendees are not invited. Raises InvalidEvent, NotLinked.
        """
        link = self._link(event_data.get("professional_id"))
        body = self._body(event_data, is_new=True)
        with transaction.atomic():
            mirror = writes.new_mirror(link=link)
            row = writes.queue_direct(mirror=mirror, kind=WriteKind.UPSERT, body=json.dumps(body))
        return self._carry_out(row, body)

    def update_event(self, event_id: str, event_data: EventData) -> Written:
        """Changes the given fields of an event that `create_event` made. Raises InvalidEvent, NotAnEvent."""
        body = self._body(event_data, is_new=False)
        mirror = self._mirror(event_id)
        row = writes.queue_direct(mirror=mirror, kind=WriteKind.UPSERT, body=json.dumps(body))
        return self._carry_out(row, body)

    def delete_event(self, event_id: str) -> Written:
        """Removes an event that `create_event` made; removing it twice is no error. Raises NotAnEvent."""
        row = writes.queue_direct(mirror=self._mirror(event_id), kind=WriteKind.DELETE)
        return self._carry_out(row, None)

    def list_events(
        self,
        time_min: datetime,
        time_max: datetime,
        *,
        professional_id: int | None = None,
        only_ours: bool = False,
        only_busy: bool = False,
    ) -> EventList:
        """What the linked calendars hold in [time_min, time_max), at most 92 days, to the last page, by start.

        Raises InvalidEvent, NotLinked without a working link, and the integration errors: half a list is never given.
        """
        _check_window(time_min, time_max)
        links = self._links(professional_id)
        now, deadline = clock.now(), Deadline.after(LIST_SECONDS, read_seconds=settings.CALENDAR_READ_SECONDS)
        answers = [(link, self._answer(link, time_min, time_max, now, deadline)) for link in links]
        listed = [_from_row(row, link) for link, answer in answers for row in answer.rows]
        wanted = [event for event in listed if (event.is_ours or not only_ours) and (event.is_busy or not only_busy)]
        return EventList(
            sorted(wanted, key=lambda event: (str(event.starts), event.id)),
            as_of=min(answer.as_of for _, answer in answers),
            stale_professionals=[link.professional_id for link, answer in answers if not answer.is_fresh],
        )

    def _answer(
        self, link: Link, time_min: datetime, time_max: datetime, now: datetime, deadline: Deadline
    ) -> remembered.Answer:
        """Remembered, or from Google; the last known one when Google does not answer."""
        place = remembered.look(link=link, time_min=time_min, time_max=time_max, now=now)
        if place.answer and place.answer.is_fresh:
            return place.answer
        try:
            found = _events_of(link, time_min, time_max, now, deadline)
        except (Unreachable, Throttled, OutcomeUnknown):
            if place.answer is None:
                raise
            return place.answer
        rows = [_to_row(self._listed(event, link)) for event in found]
        place.keep(rows, now=now)
        return remembered.Answer(rows, now, is_fresh=True)

    def _links(self, professional_id: int | None) -> list[Link]:
        links = Link.objects.for_clinic(self._clinic).select_related("clinic").filter(state=LinkState.LINKED)
        if professional_id is not None:
            links = links.filter(professional_id=professional_id)
        found = list(links.order_by("professional_id"))
        if not found:
            raise NotLinked("google", "calendar", code="not_linked", detail="no calendar is linked")
        return found

    def _link(self, professional_id: int | None) -> Link:
        links = self._links(professional_id)
        if len(links) > 1:
            raise InvalidEvent("professional_id: needed, because several calendars are linked")
        return links[0]

    def _mirror(self, event_id: str) -> EventMirror:
        """Only events made here: an appointment's event follows its appointment, others are not ours."""
        mirrors = EventMirror.objects.for_clinic(self._clinic).filter(appointment__isnull=True)
        mirror = mirrors.exclude(link__state=LinkState.DISCONNECTED).filter(google_event_id=event_id).first()
        if mirror is None:
            raise NotAnEvent("no such event made by this clinic's programs")
        return mirror

    def _carry_out(self, row: CalendarWrite, body: Mapping[str, Any] | None) -> Written:
        if not writes.try_now(mirror_ids=[row.mirror_id], now=clock.now()):
            wake("calendar_sync.write", mirror_id=row.mirror_id)
        row.refresh_from_db(fields=["state"])
        mirror = EventMirror.objects.for_clinic(self._clinic).get(pk=row.mirror_id)
        states: dict[str, Literal["done", "failed"]] = {WriteState.DONE: "done", WriteState.FAILED: "failed"}
        return Written(mirror.google_event_id, states.get(row.state, "queued"), body)

    def _body(self, event_data: EventData, *, is_new: bool) -> dict[str, Any]:
        title, description = _text(event_data, "title"), _text(event_data, "description")
        if is_new and not title:
            raise InvalidEvent("title: needed")
        body: dict[str, Any] = {"visibility": "private"} if is_new else {}
        body |= {} if title is None else {"summary": title}
        body |= {} if description is None else {"description": description}
        body |= self._times(event_data, is_new=is_new)
        return events.marked(body, clinic_id=self._clinic.pk, marks=_metadata(event_data))

    def _times(self, event_data: EventData, *, is_new: bool) -> dict[str, Any]:
        starts_at, ends_at = event_data.get("start_time"), event_data.get("end_time")
        if starts_at is None and ends_at is None and not is_new:
            return {}
        return events.times(*_check_aware(starts_at, ends_at), self._clinic.time_zone)

    def _listed(self, event: Event, link: Link) -> ListedEvent:
        is_ours = event.private.get(events.MARK) == "1" and event.private.get(events.CLINIC) == str(link.clinic_id)
        number = event.private.get(events.APPOINTMENT, "") if is_ours else ""
        is_hidden = not is_ours and event.visibility in ("private", "confidential")
        return ListedEvent(
            id=event.id,
            professional_id=link.professional_id,
            title="" if is_hidden else event.summary,
            starts=event.starts,
            ends=event.ends,
            is_busy=event.transparency != "transparent",
            is_ours=is_ours,
            appointment_id=int(number) if number.isdigit() else None,
        )


def appointment_calendars(appointment_ids: Sequence[int]) -> dict[int, CalendarState]:
    """For pages and the API: where each of these appointments (of one clinic) stands, if it has an event.

    state: done, queued, failed or removed. Two queries for any number of appointments; that an event is of the
    appointment's own clinic is held by the database.
    """
    mirrors = EventMirror.objects.filter(appointment_id__in=list(appointment_ids))
    found = list(mirrors.exclude(link__state=LinkState.DISCONNECTED).order_by("id"))
    writes_of = CalendarWrite.objects.filter(mirror__in=found).exclude(state=WriteState.SUPERSEDED)
    last = dict(writes_of.order_by("revision", "id").values_list("mirror_id", "state"))
    # Of two, the one that stands wins over the one removed from another professional's calendar.
    found.sort(key=lambda mirror: mirror.state != MirrorState.GONE)
    return {
        mirror.appointment_id: {
            "state": _shown_state(mirror, last.get(mirror.pk, "")),
            "google_event_id": mirror.google_event_id,
        }
        for mirror in found
        if mirror.appointment_id
    }


def _shown_state(mirror: EventMirror, write_state: str) -> str:
    if write_state in (WriteState.QUEUED, WriteState.SENDING):
        return "queued"
    if write_state == WriteState.FAILED:
        return "failed"
    return "removed" if mirror.state == MirrorState.GONE else "done"


def _events_of(link: Link, time_min: datetime, time_max: datetime, now: datetime, deadline: Deadline) -> list[Event]:
    return calls.call(
        link=link,
        operation="events.list",
        now=now,
        deadline=deadline,
        act=lambda calendar: calendar.list_events(link.calendar_id, time_min=time_min, time_max=time_max),
    )


def _to_row(event: ListedEvent) -> list[Any]:
    """As JSON keeps it; the professional follows from the link."""
    edges = [edge.isoformat() if edge else None for edge in (event.starts, event.ends)]
    return [event.id, event.title, *edges, event.is_busy, event.is_ours, event.appointment_id]


def _from_row(row: Sequence[Any], link: Link) -> ListedEvent:
    event_id, title, starts, ends, is_busy, is_ours, appointment_id = row
    return ListedEvent(
        event_id, link.professional_id, title, _edge(starts), _edge(ends), is_busy, is_ours, appointment_id
    )


def _edge(text: str | None) -> datetime | date | None:
    if not text:
        return None
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def _check_window(time_min: object, time_max: object) -> None:
    for name, value in (("time_min", time_min), ("time_max", time_max)):
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise InvalidEvent(f"{name}: a datetime with its time zone")
    starts_at, ends_at = _check_aware(time_min, time_max)
    if ends_at - starts_at > LONGEST:
        raise InvalidEvent(f"time_max: at most {LONGEST.days} days after time_min")


def _check_aware(starts_at: object, ends_at: object) -> tuple[datetime, datetime]:
    """The two, if they are moments in the right order."""
    if not isinstance(starts_at, datetime) or not isinstance(ends_at, datetime):
        raise InvalidEvent("start and end: two datetimes")
    if starts_at.tzinfo is None or ends_at.tzinfo is None:
        raise InvalidEvent("start and end: with their time zone")
    if starts_at >= ends_at:
        raise InvalidEvent("the end must be after the start")
    return starts_at, ends_at


def _text(event_data: EventData, name: str) -> str | None:
    value = event_data.get(name)
    if value is not None and not isinstance(value, str):
        raise InvalidEvent(f"{name}: a text")
    return value


def _metadata(event_data: EventData) -> dict[str, str]:
    marks = event_data.get("metadata") or {}
    if not isinstance(marks, Mapping) or any(not isinstance(value, str) for value in marks.values()):
        raise InvalidEvent("metadata: texts by name")
    if RESERVED & set(marks):
        raise InvalidEvent(f"metadata: {', '.join(sorted(RESERVED & set(marks)))} are ours")
    return dict(marks)
