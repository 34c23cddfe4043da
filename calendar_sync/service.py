"""What may a program do with a clinic's Google calendars? The contract of the integration design, in Python.

A thin face on linking, the write queue and the Calendar calls. Writes are rows first: what cannot be
done at once is `queued` and is done later, exactly once. Reads are remembered for 300 s, and shown with their age when
Google does not answer.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, Literal

from django.conf import settings
from django.db import transaction

from atendeai.celery import wake
from atendeai.common import clock
from atendeai.common.errors import NotConfigured, OutcomeUnknown, Throttled, Unreachable
from atendeai.common.kept_query import KeptQuery, given
from calendar_sync import calls, event_rows, linking, remembered, writes
from calendar_sync import event_data as event_data_of
from calendar_sync.deadline import Deadline
from calendar_sync.event_data import EventData, InvalidEvent
from calendar_sync.event_rows import ListedEvent, Row
from calendar_sync.google_api import Event
from calendar_sync.models import CalendarWrite, EventMirror, Link, LinkState, MirrorState, WriteKind, WriteState
from clinics.api.appointment_extras import CalendarState
from clinics.models import Clinic, Professional

__all__ = [
    "LONGEST",
    "EventList",
    "EventRows",
    "GoogleCalendarService",
    "InvalidEvent",
    "ListedEvent",
    "NotAnEvent",
    "NotLinked",
    "OfAnAppointment",
    "Written",
    "appointment_calendars",
]

LIST_SECONDS = 30
TOKENS = ("access_token", "refresh_token")
LONGEST = timedelta(days=92)
# Who answers from what is remembered opens no token.
_WORKING = KeptQuery(
    lambda: (
        Link.objects.for_clinic(given("clinic"))
        .filter(state=LinkState.LINKED)
        .defer(*TOKENS)
        .order_by("professional_id")
    )
)


class NotLinked(NotConfigured):
    """No calendar of this clinic, or of this professional, works at the moment."""


class NotAnEvent(LookupError):
    """No such event of this clinic that a program may change."""


class OfAnAppointment(NotAnEvent):
    """The event shows an appointment and follows it: the text says how that one is changed."""


@dataclass(frozen=True)
class Written:
    """`id` is Google's event id, known before Google was asked. `event` is what was asked for.

    `state`: `done`, Google has it; `queued`, it is written later by itself; `failed`, Google refused it for good, and
    `error` is Google's word for why.
    """

    id: str
    state: Literal["done", "queued", "failed"]
    event: Mapping[str, Any] | None
    error: str = ""


@dataclass(frozen=True)
class EventRows:
    """Rows in order (`event_rows`), and how old they are; see EventList."""

    rows: Sequence[Row]
    as_of: datetime
    stale_professionals: tuple[int, ...]

    @property
    def is_stale(self) -> bool:
        """Whether any of it is only the last known."""
        return bool(self.stale_professionals)


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

    def __init__(self, clinic_id: int, *, clinic: Clinic | None = None) -> None:
        """`clinic`: the row itself, for who has it already."""
        self._clinic = clinic or Clinic.objects.get(pk=clinic_id)

    def authenticate(self, auth_code: str, *, state: str) -> Link:
        """The link that a program's own `linking.start` (no user, no session) leads to.

        `state` names professional and verifier and works once. A browser's linking ends at the callback page.
        """
        return linking.complete(
            state=state, code=auth_code, user=None, session_key="", now=clock.now(), clinic=self._clinic
        )

    def create_event(self, event_data: EventData) -> Written:
        """A new event, private and taking time.

        `title`, `start_time`, `end_time` (aware datetimes); if wished `description`, `time_zone` (IANA; the clinic's),
        `attendees` (only if the clinic invites: Google mails them), `metadata` (text → text) and `professional_id`
        (needed when several calendars are linked).

        At most 3 seconds are waited for Google; what is not done then is `queued`. Raises, before anything is stored:
        `InvalidEvent` (names the field; also for an unknown one, attendees where the clinic invites nobody, a
        professional that is not the clinic's) and `NotLinked`. Google's own refusal is no exception: `failed`.
        """
        body = event_data_of.body_of(event_data, self._rules(), is_new=True)
        link = self._link(event_data_of.professional_in(event_data))
        with transaction.atomic():
            mirror = writes.new_mirror(link=link)
            row = writes.queue_direct(mirror=mirror, kind=WriteKind.UPSERT, body=json.dumps(body))
        return self._carry_out(row, body)

    def update_event(self, event_id: str, event_data: EventData) -> Written:
        """Changes the given fields of an event that `create_event` made; `start_time` and `end_time` come together.

        Guests that people added in Google stay. Changes of one event are carried out in their order, within the same
        3 seconds or later. Raises `InvalidEvent` (also when nothing is given, or another `professional_id`),
        `OfAnAppointment` for the event of an appointment, and `NotAnEvent` for any other that is not a program's.
        """
        body = event_data_of.body_of(event_data, self._rules(), is_new=False)
        mirror = self._mirror(event_id)
        if event_data_of.professional_in(event_data) not in (None, mirror.link.professional_id):
            raise InvalidEvent("professional_id", "an event stays in its calendar; delete it and create another")
        row = writes.queue_direct(mirror=mirror, kind=WriteKind.UPSERT, body=json.dumps(body))
        return self._carry_out(row, body)

    def delete_event(self, event_id: str) -> Written:
        """Removes an event that `create_event` made; removing it twice, or one that is gone, is no error.

        Raises `OfAnAppointment` for the event of an appointment, and `NotAnEvent` as `update_event` does.
        """
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
        found = self.list_rows(
            time_min, time_max, professional_id=professional_id, only_ours=only_ours, only_busy=only_busy
        )
        listed = [event_rows.event_of(row) for row in found.rows]
        return EventList(listed, as_of=found.as_of, stale_professionals=found.stale_professionals)

    def list_rows(
        self,
        time_min: datetime,
        time_max: datetime,
        *,
        professional_id: int | None = None,
        only_ours: bool = False,
        only_busy: bool = False,
    ) -> EventRows:
        """As `list_events`, for who shows only a few of them: rows, which cost nothing until they are read."""
        event_data_of.check_window(time_min, time_max, longest=LONGEST)
        links = self._links(professional_id)
        now, deadline = clock.now(), Deadline.after(LIST_SECONDS, read_seconds=settings.CALENDAR_READ_SECONDS)
        places = remembered.look(links=links, time_min=time_min, time_max=time_max, now=now)
        answers = [(place.link, self._answer(place, time_min, time_max, now, deadline)) for place in places]
        rows = chain.from_iterable(answer.rows for _, answer in answers)
        return EventRows(
            event_rows.in_order(rows, only_ours=only_ours, only_busy=only_busy),
            as_of=min(answer.as_of for _, answer in answers),
            stale_professionals=tuple(link.professional_id for link, answer in answers if not answer.is_fresh),
        )

    def _answer(
        self, place: remembered.Place, time_min: datetime, time_max: datetime, now: datetime, deadline: Deadline
    ) -> remembered.Answer:
        """Remembered, or from Google; the last known one when Google does not answer."""
        if place.answer and place.answer.is_fresh:
            return place.answer
        link, zone = place.link, self._clinic.zone
        try:
            found = _events_of(link, time_min, time_max, now, deadline)
        except (Unreachable, Throttled, OutcomeUnknown):
            if place.answer is None:
                raise
            return place.answer
        who = {"clinic_id": link.clinic_id, "professional_id": link.professional_id}
        rows = event_rows.in_order(event_rows.row_of(event, **who, zone=zone) for event in found)
        place.keep(rows, now=now)
        return remembered.Answer(rows, now, is_fresh=True)

    def _links(self, professional_id: int | None) -> list[Link]:
        working = _WORKING.ask(clinic=self._clinic.pk)
        found = [link for link in working if professional_id in (None, link.professional_id)]
        for link in found:
            link.clinic = self._clinic
        if not found:
            raise NotLinked("google", "calendar", code="not_linked", detail="no calendar is linked")
        return found

    def _link(self, professional_id: int | None) -> Link:
        rows = Professional.objects.for_clinic(self._clinic)
        if professional_id is not None and not rows.filter(pk=professional_id).exists():
            raise InvalidEvent("professional_id", "no professional of this clinic")
        links = self._links(professional_id)
        if len(links) > 1:
            raise InvalidEvent("professional_id", "needed, because several calendars are linked")
        return links[0]

    def _rules(self) -> event_data_of.Rules:
        return event_data_of.Rules(self._clinic.pk, self._clinic.time_zone, self._clinic.calendar_invites)

    def _mirror(self, event_id: str) -> EventMirror:
        """Only events made here: an appointment's event follows its appointment, others are not ours."""
        mirrors = EventMirror.objects.for_clinic(self._clinic).exclude(link__state=LinkState.DISCONNECTED)
        related = mirrors.select_related("link").defer("link__access_token", "link__refresh_token")
        mirror = related.filter(google_event_id=str(event_id)).first()
        if mirror is None:
            raise NotAnEvent("no such event made by this clinic's programs")
        if mirror.appointment_id is not None:
            raise OfAnAppointment(
                f"this event shows appointment {mirror.appointment_id} and follows it: change that one with"
                f" clinics.booking, or by /api/v1/appointments/{mirror.appointment_id}/"
            )
        return mirror

    def _carry_out(self, row: CalendarWrite, body: Mapping[str, Any] | None) -> Written:
        writes.try_now(mirror_ids=[row.mirror_id], now=clock.now())
        row.refresh_from_db(fields=["state", "error_code"])
        if row.state not in (WriteState.DONE, WriteState.FAILED):
            wake("calendar_sync.write", mirror_id=row.mirror_id)
        mirror = EventMirror.objects.for_clinic(self._clinic).get(pk=row.mirror_id)
        states: dict[str, Literal["done", "failed"]] = {
            WriteState.DONE: "done",
            WriteState.FAILED: "failed",
            # The link was let go at this very moment: nothing will be written.
            WriteState.SUPERSEDED: "failed",
        }
        error = row.error_code if row.state == WriteState.FAILED else ""
        return Written(mirror.google_event_id, states.get(row.state, "queued"), body, error)


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
