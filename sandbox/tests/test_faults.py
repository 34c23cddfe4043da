"""Does each kind of fault do what it says, as often as it says, to the calls it names?"""

from __future__ import annotations

import time

import httpx
import pytest

from sandbox.tests.receiver import Receiver
from sandbox.tests.world import HELENA, World

EVENT = {
    "summary": "Consulta",
    "start": {"dateTime": "2026-11-24T09:00:00-03:00"},
    "end": {"dateTime": "2026-11-24T09:30:00-03:00"},
}


def test_status_answers_metas_error_as_often_as_asked(world: World) -> None:
    world.write(text="oi")
    world.fault(target="graph", operation="messages", kind="status", status=400, code=131056, count=2)
    for _ in range(2):
        answer = world.send()
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, 131056)
    assert world.send().status_code == 200
    assert [message["direction"] for message in world.chat()] == ["in", "out"]


def test_status_asks_to_wait_when_told_how_long(world: World) -> None:
    world.write(text="oi")
    world.fault(target="graph", operation="messages", kind="status", status=400, code=4, seconds=7)
    world.fault(target="graph", operation="messages", kind="status", status=400, code=4)
    assert [world.send().headers.get("Retry-After") for _ in range(2)] == ["7", None]


def test_reset_drops_the_connection_and_does_nothing(world: World) -> None:
    world.write(text="oi")
    world.fault(target="graph", operation="messages", kind="reset")
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        world.send()
    assert len(world.chat()) == 1
    assert world.send().status_code == 200


def test_timeout_stays_silent_and_does_nothing(world: World) -> None:
    world.write(text="oi")
    world.fault(target="graph", operation="messages", kind="timeout")
    world.http.timeout = httpx.Timeout(0.4)
    with pytest.raises(httpx.ReadTimeout):
        world.send()
    assert len(world.chat()) == 1


def test_lost_response_does_the_work_but_never_says_so(world: World, receiver: Receiver) -> None:
    world.write(text="oi")
    world.fault(target="graph", operation="messages", kind="lost_response")
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        world.send(biz_opaque_callback_data="outbox-9")
    assert len(world.chat()) == 2
    status = receiver.wait_count(2)[1].value["statuses"][0]
    assert status["biz_opaque_callback_data"] == "outbox-9"


def test_trickle_gives_the_whole_answer_in_small_pieces(world: World) -> None:
    world.write(text="oi")
    world.fault(target="graph", operation="messages", kind="trickle", seconds=0.6)
    started = time.monotonic()
    answer = world.send()
    assert (answer.status_code, time.monotonic() - started > 0.5) == (200, True)
    assert answer.json()["messages"]
    assert len(world.chat()) == 2


def test_slow_answers_late(world: World) -> None:
    world.write(text="oi")
    world.fault(target="graph", operation="messages", kind="slow", seconds=0.5)
    begun = time.monotonic()
    assert world.send().status_code == 200
    assert time.monotonic() - begun > 0.45


def test_a_fault_hits_only_its_clinic_and_operation(world: World) -> None:
    last = world.write(text="oi")["id"]
    world.fault(target="graph", operation="messages", kind="status", status=500, slug="boreal")
    assert world.send().status_code == 200
    assert world.send(status="read", message_id=last).status_code == 200
    world.http.delete("/control/faults")
    world.fault(target="graph", operation="messages", kind="status", status=500)
    assert world.send(status="read", message_id=last).status_code == 200
    assert world.send().json()["error"]["code"] == 131000


def test_google_answers_its_own_error_body(world: World) -> None:
    token = world.link()
    headers = {"Authorization": f"Bearer {token}"}
    path = f"/calendar/v3/calendars/{HELENA}/events"
    rule = {"target": "google", "operation": "events", "kind": "status", "slug": "aurora"}
    world.fault(**rule, status=403, reason="rateLimitExceeded")
    error = world.http.post(path, json=EVENT, headers=headers).json()["error"]
    assert (error["code"], error["errors"][0]["reason"]) == (403, "rateLimitExceeded")
    world.fault(target="google", operation="events.insert", kind="lost_response")
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        world.http.post(path, json=EVENT | {"id": "abcde1"}, headers=headers)
    assert world.http.post(path, json=EVENT | {"id": "abcde1"}, headers=headers).status_code == 409
    world.fault(target="google", operation="token", kind="status", status=400, reason="invalid_grant")
    answer = world.refresh("whatever")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_faults_are_listed_cleared_and_kept_over_a_restart(world: World) -> None:
    world.fault(target="graph", operation="messages", kind="reset", count=3)
    world.stop()
    world.start()
    listed = world.http.get("/control/faults").json()["faults"]
    assert [(one["operation"], one["kind"], one["count"]) for one in listed] == [("messages", "reset", 3)]
    world.http.delete("/control/faults")
    assert world.http.get("/control/faults").json() == {"faults": []}


@pytest.mark.parametrize(
    ("rule", "word"),
    [
        ({"target": "meta", "kind": "reset"}, "target"),
        ({"target": "graph", "kind": "explode"}, "kind"),
        ({"target": "graph", "kind": "reset", "count": 0}, "count"),
        ({"target": "graph", "kind": "status", "status": 200}, "status"),
        ({"target": "graph", "kind": "slow", "seconds": "5"}, "seconds"),
        ({"target": "graph", "kind": "reset", "times": 5}, "times"),
    ],
)
def test_a_bad_rule_is_refused_in_words(world: World, rule: dict[str, object], word: str) -> None:
    answer = world.http.post("/control/faults", json=rule)
    assert answer.status_code == 400
    assert word in answer.json()["error"]
