"""The record of what was asked of the simulator, and of the webhooks that were taken."""

from contextlib import suppress
from typing import Any

import httpx

from sandbox.tests.world import World

HEADERS = {"Authorization": "Bearer sandbox-token-aurora"}


def record(world: World) -> dict[str, Any]:
    return dict(world.http.get("/control/calls").json())


def send(world: World, to: str, seconds: float = 10) -> int:
    body = {"messaging_product": "whatsapp", "to": to, "type": "text", "text": {"body": "x"}}
    body |= {"biz_opaque_callback_data": "m7"}
    answer = world.http.post("/v25.0/100000000000001/messages", json=body, headers=HEADERS, timeout=seconds)
    return answer.status_code


def test_a_refused_call_and_a_taken_webhook_are_there(world: World) -> None:
    world.write(text="oi")
    assert send(world, "+5511987650002") == 400
    told = record(world)
    assert [(one["operation"], one["slug"], one["key"], one["outcome"]) for one in told["calls"]] == [
        ("messages", "aurora", "m7", "131047")
    ]
    assert [len(one["digest"]) for one in told["taken"]] == [64]
    assert told["owed"] == 0
    later = {"after": told["calls"][-1]["id"], "taken_after": told["taken"][-1]["id"]}
    last = {"calls": told["calls"][-1]["id"], "taken": told["taken"][-1]["id"]}
    expected = {"calls": [], "taken": [], "owed": 0, "last": last}
    assert world.http.get("/control/calls", params=later).json() == expected


def test_a_call_that_hangs_is_there_without_an_outcome(world: World) -> None:
    rule = {"target": "graph", "operation": "messages", "kind": "timeout", "seconds": 30}
    assert world.http.post("/control/faults", json=rule).status_code == 201
    with suppress(httpx.HTTPError):
        send(world, "+5511987650001", seconds=0.3)
    assert [(one["fault"], one["outcome"]) for one in record(world)["calls"]] == [("timeout", "")]


def test_somebody_else_gets_a_google_account(world: World) -> None:
    told = {"email": "rui@pool.example", "name": "Dr. Rui", "clinic": "pool", "summary": "Consultório Dr. Rui"}
    made = world.http.post("/control/accounts", json=told).json()
    calendars = world.http.get("/control/calendars").json()["calendars"]
    assert [one["account"] for one in calendars if one["id"] == made["calendar"]] == ["rui@pool.example"]
