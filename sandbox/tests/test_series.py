"""Do repeating events behave as Google's? Instances, exceptions, zones, and what an incremental list tells of them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from sandbox.tests.receiver import Receiver
from sandbox.tests.test_calendar import Calendar, event, reason_of
from sandbox.tests.world import HELENA, World

WEEKLY = ["RRULE:FREQ=WEEKLY;COUNT=4"]


@pytest.fixture
def calendar(world: World) -> Calendar:
    return Calendar(world, world.link())


def series(hour: int = 9, rule: list[str] | None = None, **more: Any) -> dict[str, Any]:
    made = event(hour, **more)
    for edge in ("start", "end"):
        made[edge]["timeZone"] = "America/Sao_Paulo"
    return {**made, "recurrence": rule or WEEKLY}


def add(calendar: Calendar, body: dict[str, Any]) -> dict[str, Any]:
    answer = calendar.call("POST", "/events", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def singles(calendar: Calendar, **query: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = calendar.list(singleEvents="true", **query)["items"]
    return items


def test_a_series_is_listed_as_itself_or_as_its_instances(calendar: Calendar) -> None:
    made = add(calendar, series())
    assert [item["id"] for item in calendar.list()["items"]] == [made["id"]]
    found = singles(calendar)
    days = [item["start"]["dateTime"][:16] for item in found]
    assert days == ["2026-11-24T09:00", "2026-12-01T09:00", "2026-12-08T09:00", "2026-12-15T09:00"]
    assert found[1]["id"] == f"{made['id']}_20261201T120000Z"
    assert {item["recurringEventId"] for item in found} == {made["id"]}
    window = singles(calendar, timeMin="2026-12-01T00:00:00-03:00", timeMax="2026-12-09T00:00:00-03:00")
    assert len(window) == 2


@pytest.mark.parametrize(
    ("rule", "count"),
    [
        (["RRULE:FREQ=DAILY;UNTIL=20261126T235959Z"], 3),
        (["RRULE:FREQ=WEEKLY;BYDAY=TU,TH;COUNT=5"], 5),
        (["RRULE:FREQ=DAILY;COUNT=4", "EXDATE;TZID=America/Sao_Paulo:20261125T090000"], 3),
        (["RRULE:FREQ=DAILY;COUNT=2", "RDATE:20270101T120000Z"], 3),
    ],
)
def test_rules(calendar: Calendar, rule: list[str], count: int) -> None:
    add(calendar, series(rule=rule))
    assert len(singles(calendar)) == count


def test_a_rule_needs_a_zone_and_sense(calendar: Calendar) -> None:
    body = {**event(), "recurrence": WEEKLY}
    assert reason_of(calendar.call("POST", "/events", json=body)) == (400, "required")
    body = series(rule=["RRULE:FREQ=SOMETIMES"])
    assert reason_of(calendar.call("POST", "/events", json=body)) == (400, "invalid")


def test_the_clock_time_stays_where_the_zone_changes(calendar: Calendar) -> None:
    body = series(rule=["RRULE:FREQ=WEEKLY;COUNT=3"])
    body["start"] = {"dateTime": "2026-10-19T09:00:00", "timeZone": "Europe/Lisbon"}
    body["end"] = {"dateTime": "2026-10-19T10:00:00", "timeZone": "Europe/Lisbon"}
    add(calendar, body)
    stamps = [item["id"].split("_")[1] for item in singles(calendar)]
    assert stamps == ["20261019T080000Z", "20261026T090000Z", "20261102T090000Z"]


def test_whole_days_repeat_by_date(calendar: Calendar) -> None:
    body = {"start": {"date": "2026-12-24"}, "end": {"date": "2026-12-26"}, "recurrence": ["RRULE:FREQ=YEARLY;COUNT=2"]}
    add(calendar, body)
    found = singles(calendar)
    assert [(item["start"]["date"], item["end"]["date"]) for item in found] == [
        ("2026-12-24", "2026-12-26"),
        ("2027-12-24", "2027-12-26"),
    ]
    assert found[0]["id"].endswith("_20261224")


def test_one_instance_moved_and_one_cancelled(calendar: Calendar) -> None:
    made = add(calendar, series())
    token = calendar.list(singleEvents="true")["nextSyncToken"]
    second, third = f"{made['id']}_20261201T120000Z", f"{made['id']}_20261208T120000Z"
    moved = calendar.call("PATCH", f"/events/{second}", json={"start": event(15)["start"], "end": event(15)["end"]})
    assert moved.json()["originalStartTime"]["dateTime"] == "2026-12-01T09:00:00-03:00"
    assert calendar.call("DELETE", f"/events/{third}").status_code == 204
    assert calendar.call("GET", f"/events/{third}").json()["status"] == "cancelled"
    assert len(singles(calendar)) == 3
    told = singles(calendar, syncToken=token)
    assert [(item["id"], item["status"]) for item in told] == [(second, "confirmed"), (third, "cancelled")]
    assert set(told[1]) == {"kind", "etag", "id", "status", "recurringEventId", "originalStartTime"}


def test_a_touched_series_is_told_with_all_its_instances_and_the_lost_ones_as_cancelled(calendar: Calendar) -> None:
    made = add(calendar, series())
    token = calendar.list(singleEvents="true")["nextSyncToken"]
    calendar.call("PATCH", f"/events/{made['id']}", json={"recurrence": ["RRULE:FREQ=WEEKLY;COUNT=2"]})
    told = singles(calendar, syncToken=token)
    assert [item["status"] for item in told] == ["confirmed"] * 2 + ["cancelled"] * 2
    calendar.call("DELETE", f"/events/{made['id']}")
    assert [item["status"] for item in singles(calendar, syncToken=token)] == ["cancelled"] * 4
    assert singles(calendar) == []


def test_a_single_event_made_a_series_and_back(calendar: Calendar) -> None:
    made = add(calendar, {**series(), "recurrence": None})
    token = calendar.list(singleEvents="true")["nextSyncToken"]
    calendar.call("PATCH", f"/events/{made['id']}", json={"recurrence": WEEKLY})
    assert len(singles(calendar)) == 4
    calendar.call("PATCH", f"/events/{made['id']}", json={"recurrence": None})
    told = singles(calendar, syncToken=token)
    assert [item["status"] for item in told] == ["confirmed"] + ["cancelled"] * 4


def test_only_the_asked_fields_and_kinds(calendar: Calendar) -> None:
    add(calendar, event(9))
    add(calendar, event(10, eventType="workingLocation"))
    found = calendar.list(fields="nextSyncToken,items(id,status,start,attendees(self,responseStatus))")["items"]
    assert set(found[0]) == {"id", "status", "start"}
    assert len(calendar.list(eventTypes=["default", "focusTime"])["items"]) == 1
    body = event(eventType="siesta")
    assert reason_of(calendar.call("POST", "/events", json=body)) == (400, "invalid")


def test_free_busy_knows_series_and_what_takes_no_time(calendar: Calendar) -> None:
    add(calendar, series())
    add(calendar, event(12, transparency="transparent"))
    add(calendar, event(13, eventType="workingLocation"))
    add(calendar, event(14, attendees=[{"email": HELENA, "self": True, "responseStatus": "declined"}]))
    assert len(_busy(calendar)["busy"]) == 2
    calendar.world.http.post(f"/control/calendars/{HELENA}/free-busy", json={"reason": "internalError"})
    assert _busy(calendar)["errors"][0]["reason"] == "internalError"
    calendar.world.http.post(f"/control/calendars/{HELENA}/free-busy", json={})
    assert len(_busy(calendar)["busy"]) == 2


def _busy(calendar: Calendar) -> dict[str, Any]:
    body = {
        "timeMin": "2026-11-24T00:00:00Z",
        "timeMax": "2026-12-02T00:00:00Z",
        "items": [{"id": "primary"}],
    }
    headers = {"Authorization": f"Bearer {calendar.token}"}
    answer: httpx.Response = calendar.world.http.post("/calendar/v3/freeBusy", json=body, headers=headers)
    found: dict[str, Any] = answer.json()["calendars"]["primary"]
    return found


def test_the_sync_tokens_of_one_calendar_can_be_ended(calendar: Calendar, world: World) -> None:
    token = calendar.list()["nextSyncToken"]
    assert world.http.delete("/control/calendars/marcos.lima@aurora.example/sync-tokens").status_code == 200
    assert calendar.list(syncToken=token)["items"] == []
    assert world.http.delete(f"/control/calendars/{HELENA}/sync-tokens").status_code == 200
    assert reason_of(calendar.call("GET", "/events", params={"syncToken": token})) == (410, "fullSyncRequired")
    assert calendar.list()["nextSyncToken"]


def test_pushes_can_be_lost(calendar: Calendar, world: World, receiver: Receiver) -> None:
    body = {"id": "a-channel", "type": "web_hook", "address": f"{receiver.url}/push"}
    assert calendar.call("POST", "/events/watch", json=body).status_code == 200
    receiver.wait_count(1)
    world.fault(target="google", operation="push", kind="reset", count=1)
    calendar.insert(hour=9)
    calendar.insert(hour=10)
    numbers = [call.headers["X-Goog-Message-Number"] for call in receiver.wait_count(2)]
    # The second push never came; the numbers are not without gaps, as Google says.
    assert numbers == ["1", "3"]
    channels = world.http.get(f"/control/calendars/{HELENA}/channels").json()["channels"]
    assert [channel["id"] for channel in channels] == ["a-channel"]
