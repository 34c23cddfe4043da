"""Does the calendar keep Google's promises? Ids, etags, windows, sync tokens, channels and scopes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from sandbox.tests.receiver import Receiver
from sandbox.tests.world import CALENDAR_SCOPE, HELENA, World

READ_ONLY = f"{CALENDAR_SCOPE}.readonly"
EVENTS_ONLY = f"{CALENDAR_SCOPE}.events"


def event(hour: int = 9, **more: Any) -> dict[str, Any]:
    day = "2026-11-24T"
    return {
        "summary": "Consulta",
        "start": {"dateTime": f"{day}{hour:02d}:00:00-03:00"},
        "end": {"dateTime": f"{day}{hour:02d}:30:00-03:00"},
        **more,
    }


@dataclass
class Calendar:
    world: World
    token: str

    def call(self, method: str, path: str = "", **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        url = f"/calendar/v3/calendars/primary{path}"
        return self.world.http.request(method, url, headers=headers, **more)

    def insert(self, **more: Any) -> dict[str, Any]:
        answer = self.call("POST", "/events", json=event(**more))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def list(self, **query: Any) -> dict[str, Any]:
        answer = self.call("GET", "/events", params=query)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture
def calendar(world: World) -> Calendar:
    return Calendar(world, world.link())


def reason_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["errors"][0]["reason"]


def test_an_event_looks_like_googles(calendar: Calendar) -> None:
    made = calendar.insert(id="abcde12345", extendedProperties={"private": {"appointment": "7"}})
    assert made["kind"] == "calendar#event"
    assert made["start"] == {"dateTime": "2026-11-24T09:00:00-03:00", "timeZone": "America/Sao_Paulo"}
    assert (made["status"], made["sequence"]) == ("confirmed", 0)
    assert made["organizer"] == {"email": HELENA, "self": True}
    assert {"etag", "htmlLink", "created", "updated", "iCalUID"} <= set(made)
    assert calendar.call("GET", "/events/abcde12345").json() == made


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (event(id="abcd"), "invalid"),
        (event(id="abcdewxyz"), "invalid"),
        (event(id="a" * 1025), "invalid"),
        (event() | {"end": None}, "required"),
        (event() | {"start": {}}, "required"),
        (event() | {"end": event()["start"]}, "timeRangeEmpty"),
        (event() | {"start": {"dateTime": "tomorrow"}}, "invalid"),
        (event() | {"start": {"dateTime": "2026-11-24T09:00:00"}}, "required"),
        (event() | {"start": {"date": "2026-11-24"}}, "invalid"),
        (event(status="maybe"), "invalid"),
    ],
)
def test_a_bad_event_is_refused(calendar: Calendar, body: dict[str, Any], reason: str) -> None:
    assert reason_of(calendar.call("POST", "/events", json=body)) == (400, reason)


def test_an_id_is_taken_for_ever(calendar: Calendar) -> None:
    made = calendar.insert(id="abcde")
    assert reason_of(calendar.call("POST", "/events", json=event(id="abcde"))) == (409, "duplicate")
    assert calendar.call("DELETE", f"/events/{made['id']}").status_code == 204
    assert reason_of(calendar.call("POST", "/events", json=event(id="abcde"))) == (409, "duplicate")
    assert reason_of(calendar.call("DELETE", "/events/abcde")) == (410, "deleted")
    assert reason_of(calendar.call("DELETE", "/events/abcdf")) == (404, "notFound")
    assert calendar.call("GET", "/events/abcde").json()["status"] == "cancelled"
    revived = calendar.call("PATCH", "/events/abcde", json={"status": "confirmed"}).json()
    assert revived["status"] == "confirmed"


def test_an_old_etag_changes_nothing(calendar: Calendar) -> None:
    made = calendar.insert()
    path = f"/events/{made['id']}"
    old = {"If-Match": made["etag"]}
    moved = calendar.call("PATCH", path, json={"end": event(11)["end"]}, headers=old).json()
    assert moved["etag"] != made["etag"]
    assert moved["sequence"] == 1
    for method in ("PATCH", "PUT", "DELETE"):
        answer = calendar.call(method, path, json=event(15), headers=old)
        assert reason_of(answer) == (412, "conditionNotMet")
    assert calendar.call("GET", path).json() == moved
    unchanged = calendar.call("GET", path, headers={"If-None-Match": moved["etag"]})
    assert unchanged.status_code == 304


def test_patch_merges_and_update_replaces(calendar: Calendar) -> None:
    made = calendar.insert(location="Sala 2", description="x", extendedProperties={"private": {"a": "1", "b": "2"}})
    path = f"/events/{made['id']}"
    change = {"extendedProperties": {"private": {"b": "3"}}, "description": None}
    patched = calendar.call("PATCH", path, json=change).json()
    assert patched["extendedProperties"] == {"private": {"a": "1", "b": "3"}}
    assert patched["location"] == "Sala 2"
    assert "description" not in patched
    replaced = calendar.call("PUT", path, json=event(10)).json()
    assert "location" not in replaced
    assert "extendedProperties" not in replaced
    assert (replaced["id"], replaced["sequence"]) == (made["id"], 1)
    whole_day = {"start": {"date": "2026-11-25"}, "end": {"date": "2026-11-26"}}
    assert calendar.call("PATCH", path, json=whole_day).json()["start"] == {"date": "2026-11-25"}


def test_a_window_is_half_open(calendar: Calendar) -> None:
    for hour in (9, 10, 11):
        calendar.insert(hour=hour, id=f"hour{hour}")
    window = {"timeMin": "2026-11-24T09:30:00-03:00", "timeMax": "2026-11-24T11:00:00-03:00"}
    assert [one["id"] for one in calendar.list(**window)["items"]] == ["hour10"]
    in_order = calendar.list(singleEvents="true", orderBy="startTime")["items"]
    assert [one["id"] for one in in_order] == ["hour9", "hour10", "hour11"]
    assert reason_of(calendar.call("GET", "/events", params={"orderBy": "startTime"}))[0] == 400


def test_pages_then_a_sync_token_then_only_changes(calendar: Calendar) -> None:
    ids = [calendar.insert(hour=hour)["id"] for hour in (8, 9, 10)]
    first = calendar.list(maxResults=2)
    assert "nextSyncToken" not in first
    second = calendar.list(maxResults=2, pageToken=first["nextPageToken"])
    assert "nextPageToken" not in second
    assert [one["id"] for one in first["items"] + second["items"]] == ids
    token = second["nextSyncToken"]
    assert calendar.list(syncToken=token)["items"] == []
    calendar.call("DELETE", f"/events/{ids[0]}")
    fresh = calendar.insert(hour=14)["id"]
    synced = calendar.list(syncToken=token, maxResults=1)
    rest = calendar.list(syncToken=token, maxResults=1, pageToken=synced["nextPageToken"])
    changes = {one["id"]: one["status"] for one in synced["items"] + rest["items"]}
    assert changes == {ids[0]: "cancelled", fresh: "confirmed"}
    assert calendar.list(syncToken=rest["nextSyncToken"])["items"] == []


def test_a_change_between_two_pages_is_not_lost(calendar: Calendar) -> None:
    for hour in (8, 9):
        calendar.insert(hour=hour)
    first = calendar.list(maxResults=1)
    late = calendar.insert(hour=16)["id"]
    token = calendar.list(maxResults=5, pageToken=first["nextPageToken"])["nextSyncToken"]
    assert [one["id"] for one in calendar.list(syncToken=token)["items"]] == [late]


@pytest.mark.parametrize(
    "extra",
    [{"timeMin": "2026-11-24T00:00:00Z"}, {"q": "x"}, {"orderBy": "updated"}, {"showDeleted": "false"}],
)
def test_a_sync_token_stands_alone(calendar: Calendar, extra: dict[str, str]) -> None:
    token = calendar.list()["nextSyncToken"]
    answer = calendar.call("GET", "/events", params={"syncToken": token, **extra})
    assert answer.status_code == 400


def test_deleted_events_and_properties_can_be_asked_for(calendar: Calendar) -> None:
    kept = calendar.insert(extendedProperties={"private": {"appointment": "7"}})["id"]
    gone = calendar.insert(hour=10)["id"]
    calendar.call("DELETE", f"/events/{gone}")
    assert [one["id"] for one in calendar.list()["items"]] == [kept]
    assert [one["id"] for one in calendar.list(showDeleted="true")["items"]] == [kept, gone]
    found = calendar.list(privateExtendedProperty="appointment=7")["items"]
    assert [one["id"] for one in found] == [kept]
    assert calendar.list(privateExtendedProperty="appointment=8")["items"] == []


def test_scopes_and_owners_are_kept_apart(world: World, calendar: Calendar) -> None:
    reader = Calendar(world, world.link(scopes=READ_ONLY))
    refused = reader.call("POST", "/events", json=event())
    assert reason_of(refused) == (403, "insufficientPermissions")
    assert reader.list()["items"] == []
    marcos = Calendar(world, world.link(account="marcos.lima@aurora.example"))
    headers = {"Authorization": f"Bearer {marcos.token}"}
    other = world.http.get(f"/calendar/v3/calendars/{HELENA}/events", headers=headers)
    assert reason_of(other) == (404, "notFound")
    bad = Calendar(world, "wrong").call("GET", "/events")
    assert reason_of(bad) == (401, "authError")
    writer = Calendar(world, world.link(scopes=EVENTS_ONLY))
    busy = world.http.post("/calendar/v3/freeBusy", headers={"Authorization": f"Bearer {writer.token}"}, json={})
    assert reason_of(busy) == (403, "insufficientPermissions")


def test_free_busy_merges_and_reports_each_calendar_on_its_own(world: World, calendar: Calendar) -> None:
    for hour, more in ((9, {}), (13, {"transparency": "transparent"}), (15, {})):
        calendar.insert(hour=hour, **more)
    calendar.insert(hour=9, end={"dateTime": "2026-11-24T10:00:00-03:00"})
    ask = {
        "timeMin": "2026-11-24T00:00:00-03:00",
        "timeMax": "2026-11-25T00:00:00-03:00",
        "items": [{"id": HELENA}, {"id": "nobody@x.example"}],
    }
    headers = {"Authorization": f"Bearer {calendar.token}"}
    found = world.http.post("/calendar/v3/freeBusy", headers=headers, json=ask).json()["calendars"]
    assert found[HELENA]["busy"] == [
        {"start": "2026-11-24T12:00:00Z", "end": "2026-11-24T13:00:00Z"},
        {"start": "2026-11-24T18:00:00Z", "end": "2026-11-24T18:30:00Z"},
    ]
    assert found["nobody@x.example"]["errors"][0]["reason"] == "notFound"


def test_a_channel_tells_of_changes_until_stopped(world: World, calendar: Calendar, receiver: Receiver) -> None:
    ask = {"id": "ch-1", "type": "web_hook", "address": f"{receiver.url}/push/", "token": "t0k"}
    channel = calendar.call("POST", "/events/watch", json=ask).json()
    assert {"id", "resourceId", "resourceUri", "expiration"} <= set(channel)
    assert reason_of(calendar.call("POST", "/events/watch", json=ask)) == (400, "channelIdNotUnique")
    first = receiver.wait_count(1)[0].headers
    assert (first["X-Goog-Resource-State"], first["X-Goog-Message-Number"]) == ("sync", "1")
    made = world.http.post(f"/control/calendars/{HELENA}/events", json=event(summary="Almoço"))
    assert made.status_code == 201
    second = receiver.wait_count(2)[1].headers
    assert second["X-Goog-Resource-State"] == "exists"
    assert second["X-Goog-Channel-ID"] == "ch-1"
    assert second["X-Goog-Channel-Token"] == "t0k"
    assert second["X-Goog-Resource-ID"] == channel["resourceId"]
    headers = {"Authorization": f"Bearer {calendar.token}"}
    stop = {"id": "ch-1", "resourceId": channel["resourceId"]}
    assert world.http.post("/calendar/v3/channels/stop", headers=headers, json=stop).status_code == 204
    calendar.insert(hour=16)
    plain = ask | {"id": "ch-2", "address": "http://clinic.example/push/"}
    assert calendar.call("POST", "/events/watch", json=plain).status_code == 400
    assert len(receiver.calls) == 2


def test_a_push_is_repeated_after_a_5xx_only(world: World, calendar: Calendar, receiver: Receiver) -> None:
    receiver.answers[:] = [503, 404]
    ask = {"id": "ch-1", "type": "web_hook", "address": f"{receiver.url}/push/"}
    calendar.call("POST", "/events/watch", json=ask)
    first, second = receiver.wait_count(2)
    assert second.at - first.at > 0.8
