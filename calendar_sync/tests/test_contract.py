"""Is what we send what Google describes? Every test of this app is watched; here the watch itself is tried."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from calendar_sync import tokens
from calendar_sync.deadline import Deadline, Waits
from calendar_sync.google_api import Calendar
from calendar_sync.models import Link
from calendar_sync.tests import contract
from calendar_sync.tests.booked import Book, work_all
from calendar_sync.tests.conftest import Calls
from calendar_sync.tests.google import HELENA, Google

AT = {"dateTime": "2028-01-17T08:00:00-03:00", "timeZone": "America/Sao_Paulo"}
UNTIL = {"dateTime": "2028-01-17T08:30:00-03:00", "timeZone": "America/Sao_Paulo"}
WHOLE = {"id": "abcde", "summary": "Consulta", "start": AT, "end": UNTIL}
HOME = "http://127.0.0.1/calendar/v3/calendars/a%40b.example/events"


def insert(body: dict[str, Any], query: str = "?alt=json&sendUpdates=none") -> list[str]:
    return contract.check_request("events.insert", HOME + query, "POST", json.dumps(body), {})


def test_a_plain_event_is_as_google_describes_it() -> None:
    assert insert(WHOLE) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"title": "x"}, "Event.title: unknown"),
        ({"summary": 5}, "Event.summary: int instead of string"),
        ({"htmlLink": "https://x.example"}, "Event.htmlLink: read-only"),
        ({"etag": '"1"'}, "Event.etag: read-only"),
        ({"status": "busy"}, "Event.status: not one of"),
        ({"transparency": "full"}, "Event.transparency: not one of"),
        ({"colorId": "12"}, "Event.colorId: '12'"),
        ({"id": "xyz"}, "Event.id: 'xyz'"),
        ({"summary": None}, "Event.summary: NoneType instead of string"),
        ({"start": {"dateTime": "2028-01-17T08:00:00"}}, "EventDateTime.dateTime: neither offset nor zone"),
        ({"start": {"dateTime": "monday"}}, "EventDateTime.dateTime: no date-time"),
        ({"reminders": {"useDefault": "no"}}, "Event.reminders.useDefault: str instead of boolean"),
        ({"reminders": {"overrides": [{"method": "sms", "minutes": 5}]}}, "EventReminder.method: 'sms'"),
        ({"reminders": {"overrides": [{"method": "popup", "minutes": 50000}]}}, "EventReminder.minutes: out of range"),
        ({"reminders": {"overrides": [{"method": "popup", "minutes": 5}] * 6}}, "more than 5"),
        ({"attendees": [{"mail": "a@b.example"}]}, "EventAttendee.mail: unknown"),
        ({"extendedProperties": {"private": {"n": 1}}}, "private.n: int instead of string"),
        ({"extendedProperties": {"private": {"n" * 45: "1"}}}, "too long"),
        ({"extendedProperties": {"secret": {}}}, "Event.extendedProperties.secret: unknown"),
    ],
)
def test_a_wrong_field_is_seen(change: dict[str, Any], told: str) -> None:
    assert [words for words in insert({**WHOLE, **change}) if told in words]


def test_a_missing_field_and_wrong_parameters_are_seen() -> None:
    assert insert({"summary": "x", "start": AT}) == ["events.insert: Event.end: missing"]
    assert insert(WHOLE, "?sendUpdates=everybody")[0].startswith("events.insert: parameter sendUpdates: not one of")
    assert insert(WHOLE, "?sendMail=true") == ["events.insert: parameter sendMail: unknown"]
    assert insert(WHOLE, "?alt=json&maxAttendees=many") == ["events.insert: parameter maxAttendees: no integer: 'many'"]
    assert contract.check_request("events.insert", HOME, "PUT", "{}", {})[0] == "events.insert: PUT instead of POST"
    other = contract.check_request("events.get", HOME, "GET", None, {})
    assert other == [
        "events.get: not this method's path",
        *(f"events.get: parameter {n}: missing" for n in ("calendarId", "eventId")),
    ]
    assert contract.check_request("events.invent", HOME, "GET", None, {}) == ["events.invent: no such method"]


def test_what_the_simulator_answers_is_judged_too() -> None:
    assert contract.check_answer("events.get", 200, b'{"id": "abcde", "status": "confirmed"}') == []
    assert contract.check_answer("events.get", 200, b'{"name": "x"}') == ["answer of events.get: Event.name: unknown"]
    assert contract.check_answer("events.delete", 204, b"") == []
    assert contract.check_answer("events.get", 404, b"{}") == []


def test_the_watch_sees_a_call_that_breaks_the_description(link: Link, google: Google, calls: Calls) -> None:
    """On purpose: sent through the product's own client, and it would fail the test at its end."""
    token = tokens.access_token(link=link, now=datetime.now(UTC), deadline=Deadline.after(5, read_seconds=5))
    client = Calendar(
        base_url=google.address, access_token=token, waits=Waits(connect_seconds=1, read_seconds=5), clinic_id=None
    )
    client.insert_event(
        HELENA, "abcde", {"summary": "x", "start": AT, "end": UNTIL, "created": "2028-01-17T08:00:00Z", "who": 1}
    )
    assert "events.insert: Event.created: read-only" in calls.wrong
    assert "events.insert: Event.who: unknown" in calls.wrong
    calls.wrong.clear()


def test_a_real_booking_is_seen_by_the_watch(
    link: Link, book: Book, google: Google, now: datetime, calls: Calls
) -> None:
    book()
    work_all(now)
    assert calls.count("events.insert") == 1
