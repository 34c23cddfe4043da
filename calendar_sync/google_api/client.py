"""The Calendar calls themselves."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from googleapiclient.errors import HttpError

from atendeai.common import circuit
from atendeai.common.errors import OutcomeUnknown, Rejected
from calendar_sync.deadline import Waits
from calendar_sync.google_api.codes import refusal
from calendar_sync.google_api.readings import (
    CalendarEntry,
    Event,
    FreeBusy,
    OpenedChannel,
    Page,
    read_calendar,
    read_channel,
    read_event,
    read_events,
    read_free_busy,
    read_page,
)
from calendar_sync.google_api.transport import Transport, service

T = TypeVar("T")
PAGE_SIZE = 2500
MOST_PAGES = 50
# Of a foreign event no more is asked for than when it is and whether it takes time: no title, no text, no guest.
CHANGE_FIELDS = (
    "nextPageToken,nextSyncToken,timeZone,items(id,status,etag,start,end,transparency,eventType,recurringEventId,"
    "extendedProperties/private,attendees(self,responseStatus))"
)


class Calendar:
    """One account's calendars through one access token, for one piece of work in one thread."""

    def __init__(self, *, base_url: str, access_token: str, waits: Waits, clinic_id: int | None = None) -> None:
        self._service = service(base_url)
        self._token = access_token
        self._waits = waits
        self._clinic_id = clinic_id

    def list_calendars(self) -> list[CalendarEntry]:
        """All calendars of the account's list, own and shared."""
        pages = self._pages("calendarList.list", lambda token: self._service.calendarList().list(pageToken=token))
        return [read_calendar(item) for item in pages]

    def get_calendar(self, calendar_id: str) -> CalendarEntry:
        """One calendar; `NotThere` when the account has none with this id, or we may not see it."""
        return self._made("calendars.get", self._service.calendars().get(calendarId=calendar_id))

    def insert_calendar(self, summary: str, *, time_zone: str) -> CalendarEntry:
        """A new calendar of the account, made by us. Not repeatable: a lost answer may leave an empty one behind."""
        body = {"summary": summary, "timeZone": time_zone}
        return self._made("calendars.insert", self._service.calendars().insert(body=body))

    def delete_calendar(self, calendar_id: str) -> None:
        """Deletes a calendar that we made, with all that is in it."""
        self._execute("calendars.delete", self._service.calendars().delete(calendarId=calendar_id))

    def insert_event(
        self, calendar_id: str, event_id: str, body: Mapping[str, Any], *, tells_guests: bool = False
    ) -> Event:
        """Makes the event under an id of our choice; `AlreadyThere` when that id is taken."""
        request = self._service.events().insert(
            calendarId=calendar_id, body={**body, "id": event_id}, sendUpdates=_updates(tells_guests)
        )
        return self._event("events.insert", request)

    def get_event(self, calendar_id: str, event_id: str) -> Event:
        """The event, a deleted one too (`is_cancelled`)."""
        request = self._service.events().get(calendarId=calendar_id, eventId=event_id)
        return self._event("events.get", request)

    def patch_event(
        self, calendar_id: str, event_id: str, body: Mapping[str, Any], *, etag: str, tells_guests: bool = False
    ) -> Event:
        """Changes the fields in `body` only, if the event still has this etag (empty: whatever it has)."""
        request = self._service.events().patch(
            calendarId=calendar_id, eventId=event_id, body=dict(body), sendUpdates=_updates(tells_guests)
        )
        return self._event("events.patch", _if_match(request, etag))

    def delete_event(self, calendar_id: str, event_id: str, *, etag: str, tells_guests: bool = False) -> None:
        """Deletes the event, if it still has this etag (empty: whatever it has)."""
        request = self._service.events().delete(
            calendarId=calendar_id, eventId=event_id, sendUpdates=_updates(tells_guests)
        )
        self._execute("events.delete", _if_match(request, etag))

    def list_events(self, calendar_id: str, *, time_min: datetime, time_max: datetime) -> list[Event]:
        """Every event that touches the period, series unrolled, to the last page; by start.

        One that is unreadable is left out, as a list of changes does.
        """

        def page(token: str | None) -> Any:
            return self._service.events().list(
                calendarId=calendar_id,
                timeMin=time_min.isoformat(),
                timeMax=time_max.isoformat(),
                singleEvents=True,
                orderBy="startTime",
                maxResults=PAGE_SIZE,
                pageToken=token,
            )

        events, _unreadable = read_events(self._pages("events.list", page))
        return events

    def list_changes(
        self,
        calendar_id: str,
        *,
        page_token: str = "",
        sync_token: str = "",
        window: tuple[datetime, datetime] | None = None,
    ) -> Page:
        """One page of what changed since the sync token, or of everything in the window; series unrolled.

        Later pages repeat the same arguments and the page's token. `TokenEnded`: the sync token is good no more.
        """
        asked: dict[str, Any] = {"calendarId": calendar_id, "singleEvents": True, "maxResults": PAGE_SIZE}
        asked |= {"pageToken": page_token} if page_token else {}
        if sync_token:
            asked["syncToken"] = sync_token
        elif window:
            asked |= {"timeMin": window[0].isoformat(), "timeMax": window[1].isoformat()}
        request = self._service.events().list(**asked, fields=CHANGE_FIELDS)
        return self._read("events.list", request, read_page)

    def watch_events(self, calendar_id: str, *, channel_id: str, token: str, address: str) -> OpenedChannel:
        """Opens a channel under an id of our choice, for as long as Google gives by itself (seven days)."""
        body = {"id": channel_id, "type": "web_hook", "address": address, "token": token}
        request = self._service.events().watch(calendarId=calendar_id, body=body)
        return self._read("events.watch", request, read_channel)

    def stop_channel(self, channel_id: str, resource_id: str) -> None:
        """Ends a channel; only the account and client that opened it may."""
        request = self._service.channels().stop(body={"id": channel_id, "resourceId": resource_id})
        self._execute("channels.stop", request)

    def query_free_busy(self, calendar_id: str, *, time_min: datetime, time_max: datetime) -> FreeBusy:
        """When the calendar is busy, without events. Google takes two to three months at most."""
        body = {"timeMin": time_min.isoformat(), "timeMax": time_max.isoformat(), "items": [{"id": calendar_id}]}
        request = self._service.freebusy().query(body=body)

        def read(answer: Any) -> FreeBusy:
            (calendar,) = answer["calendars"].values()
            return read_free_busy(calendar)

        return self._read("freebusy.query", request, read)

    def _pages(self, operation: str, ask: Any) -> list[Mapping[str, Any]]:
        items: list[Mapping[str, Any]] = []
        token: str | None = None
        for _ in range(MOST_PAGES):
            answer = self._execute(operation, ask(token))
            items += answer.get("items", [])
            token = answer.get("nextPageToken")
            if not token:
                return items
        raise Rejected("google", operation, code="too_many_pages", detail=f"more than {MOST_PAGES} pages")

    def _made(self, operation: str, request: Any) -> CalendarEntry:
        """A calendar's own node: it names no access role, and what we see of it with these scopes is ours."""
        try:
            return replace(read_calendar(self._execute(operation, request)), is_writable=True)
        except (KeyError, TypeError, AttributeError) as error:
            raise OutcomeUnknown("google", operation, detail=type(error).__name__) from None

    def _event(self, operation: str, request: Any) -> Event:
        return self._read(operation, request, read_event)

    def _read(self, operation: str, request: Any, read: Callable[[Any], T]) -> T:
        answer = self._execute(operation, request)
        try:
            return read(answer)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise OutcomeUnknown("google", operation, detail=type(error).__name__) from None

    def _execute(self, operation: str, request: Any) -> Any:
        seconds = self._waits.connect_seconds + self._waits.read_seconds
        with circuit.calling(provider="google", operation=operation, clinic_id=self._clinic_id, seconds=seconds):
            return self._execute_once(operation, request)

    def _execute_once(self, operation: str, request: Any) -> Any:
        transport = Transport(operation, self._token, self._waits, self._clinic_id)
        try:
            return request.execute(http=transport, num_retries=0)
        except HttpError as error:
            # `from None`: the library's error shows the address, which holds the calendar's e-mail.
            raise refusal(operation, error) from None
        except ValueError as error:
            raise OutcomeUnknown("google", operation, detail=type(error).__name__) from None


def _updates(tells_guests: bool) -> str:
    """Whether Google mails the guests of an event."""
    return "all" if tells_guests else "none"


def _if_match(request: Any, etag: str) -> Any:
    if etag:
        request.headers["If-Match"] = etag
    return request
