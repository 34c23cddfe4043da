"""Does the simulator count as Meta does, and refuse only when told so?"""

from __future__ import annotations

from typing import Any

from sandbox.graph.errors import FAMILIES
from sandbox.tests.receiver import Receiver
from sandbox.tests.world import World


def pace(world: World, **wanted: Any) -> dict[str, Any]:
    answer = world.http.post("/control/pace", json=wanted) if wanted else world.http.get("/control/pace")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def codes(world: World, count: int) -> list[int]:
    answers = [world.send() for _ in range(count)]
    return [0 if answer.status_code == 200 else answer.json()["error"]["code"] for answer in answers]


def test_counts_and_refuses_nothing_until_told(world: World) -> None:
    world.write(text="oi")
    pace(world, per_second=2)
    assert codes(world, 50) == [0] * 50
    told = pace(world)
    assert (told["sends"], told["is_kept"], told["refused"]) == (50, False, {})
    assert told["most_in_a_second"] > 2


def test_a_number_s_second_is_full(world: World) -> None:
    world.write(text="oi")
    pace(world, per_second=3, is_kept=True)
    assert codes(world, 5) == [0, 0, 0, 130429, 130429]
    assert world.send().status_code == 400
    assert pace(world)["refused"] == {"130429": 3}


def test_forty_five_to_one_person_are_borrowed_and_no_more(world: World) -> None:
    world.write(text="oi")
    pace(world, per_second=1000, is_kept=True)
    assert codes(world, 46) == [0] * 45 + [131056]
    assert pace(world)["most_in_a_second"] <= 45


def test_reset_forgets(world: World) -> None:
    world.write(text="oi")
    pace(world, per_second=1, is_kept=True)
    codes(world, 3)
    world.http.post("/control/reset", json={})
    assert pace(world) == {"is_kept": False, "per_second": 80, "sends": 0, "most_in_a_second": 0, "refused": {}}


def test_wrong_wishes_are_refused(world: World) -> None:
    for wrong in ({"per_second": 0}, {"per_second": True}, {"is_kept": 1}, {"often": 3}):
        assert world.http.post("/control/pace", json=wrong).status_code == 400


def test_a_code_brings_its_own_http_status(world: World) -> None:
    world.write(text="oi")
    for code, status in ((130429, 400), (131000, 500), (2, 503), (190, 401), (0, 401), (368, 403), (132001, 404)):
        world.fault(target="graph", operation="messages", kind="status", code=code)
        answer = world.send()
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    for family, (status, _title) in FAMILIES:
        world.fault(target="graph", operation="messages", kind="status", code=family[0])
        assert world.send().status_code == status


def test_what_fails_later_is_taken_and_then_told(world: World, receiver: Receiver) -> None:
    world.write(text="oi")
    world.fault(target="graph", operation="messages", kind="fails_later", code=131049)
    assert world.send(biz_opaque_callback_data="m7").status_code == 200
    status = receiver.wait_count(2)[1].value["statuses"][0]
    assert (status["status"], status["errors"][0]["code"]) == ("failed", 131049)
    assert status["biz_opaque_callback_data"] == "m7"
    assert [message["direction"] for message in world.chat()] == ["in"]
