"""Is what is sent what Google describes? Every call is held against it; here the judge is tried."""

import json
from typing import Any

import pytest

from sandbox.google import api_description
from sandbox.tests.world import HELENA, World

AT = {"dateTime": "2028-01-17T08:00:00-03:00", "timeZone": "America/Sao_Paulo"}
UNTIL = {"dateTime": "2028-01-17T08:30:00-03:00", "timeZone": "America/Sao_Paulo"}
WHOLE = {"id": "abcde", "summary": "Consulta", "start": AT, "end": UNTIL}
HOME = "http://127.0.0.1/calendar/v3/calendars/a%40b.example/events"


def insert(body: dict[str, Any], query: str = "?alt=json&sendUpdates=none") -> list[str]:
    return api_description.check_request("events.insert", HOME + query, "POST", json.dumps(body), {})


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
    assert (
        api_description.check_request("events.insert", HOME, "PUT", "{}", {})[0] == "events.insert: PUT instead of POST"
    )
    other = api_description.check_request("events.get", HOME, "GET", None, {})
    assert other == [
        "events.get: not this method's path",
        *(f"events.get: parameter {n}: missing" for n in ("calendarId", "eventId")),
    ]
    assert api_description.check_request("events.invent", HOME, "GET", None, {}) == ["events.invent: no such method"]


def test_what_the_simulator_answers_is_judged_too() -> None:
    assert api_description.check_answer("events.get", 200, b'{"id": "abcde", "status": "confirmed"}') == []
    assert api_description.check_answer("events.get", 200, b'{"name": "x"}') == [
        "answer of events.get: Event.name: unknown"
    ]
    assert api_description.check_answer("events.delete", 204, b"") == []
    assert api_description.check_answer("events.get", 404, b"{}") == []


def misfits(world: World) -> list[str]:
    found: list[str] = world.http.get("/control/misfits").json()["misfits"]
    world.http.delete("/control/misfits")
    return found


def insert_over_http(world: World, **body: Any) -> int:
    headers = {"Authorization": f"Bearer {world.link()}"}
    return world.http.post(f"/calendar/v3/calendars/{HELENA}/events", headers=headers, **body).status_code


def test_what_does_not_fit_is_written_down_and_not_refused(world: World) -> None:
    assert insert_over_http(world, json={**WHOLE, "created": "2028-01-17T08:00:00Z", "who": 1}) == 200
    found = misfits(world)
    assert "events.insert: Event.created: read-only" in found
    assert "events.insert: Event.who: unknown" in found
    assert insert_over_http(world, json={**WHOLE, "id": "fghij"}) == 200
    assert misfits(world) == []


def test_what_cannot_be_read_is_a_misfit(world: World) -> None:
    insert_over_http(world, content=b"{")
    insert_over_http(world, content=b"[1]")
    assert misfits(world) == ["events.insert: JSONDecodeError", "events.insert: Event: list instead of object"]
