"""Does the page get all it shows, and nothing when nothing changed?"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.tests.world import DALVA, HELENA, World


def state_of(world: World, **query: str) -> dict[str, Any]:
    answer = world.http.get("/phone/state", params={"patient": DALVA, "with": "aurora", **query})
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_the_page_and_its_files_are_served_and_need_nobody_else(world: World) -> None:
    page = world.http.get("/")
    assert page.status_code == 200
    assert 'lang="pt-BR"' in page.text
    used = re.findall(r'(?:src|href)="([^"#]+)"', page.text)
    files = [one for one in used if not one.startswith("data:")]
    assert files == ["/phone/phone.css", "/phone/panels.js", "/phone/phone.js"]
    for file in files:
        assert world.http.get(file).status_code == 200
    assert world.http.get("/phone/page.py").status_code == 404


def test_an_idle_poll_is_empty_and_every_change_is_seen(world: World) -> None:
    version = str(state_of(world)["version"])
    idle = world.http.get("/phone/state", params={"patient": DALVA, "with": "aurora", "version": version})
    assert (idle.status_code, idle.content) == (204, b"")
    world.write(text="oi")
    assert str(state_of(world, version=version)["version"]) != version


def test_the_state_holds_chat_typing_agenda_faults_and_portal(world: World) -> None:
    last = world.write(text="oi")["id"]
    typing = {"type": "text"}
    world.send(to=None, status="read", message_id=last, typing_indicator=typing)
    start = datetime.now(UTC) + timedelta(days=2)
    event = {
        "summary": "Almoço",
        "start": {"dateTime": start.isoformat()},
        "end": {"dateTime": (start + timedelta(hours=1)).isoformat()},
    }
    world.http.post(f"/control/calendars/{HELENA}/events", json=event)
    world.fault(target="graph", kind="reset", count=2, slug="boreal")
    state = state_of(world)
    assert 20 < state["chat"]["typing_seconds"] <= 25
    assert state["chat"]["messages"][0]["state"] == "read"
    agenda = next(one for one in state["calendars"] if one["id"] == HELENA)
    assert [one["summary"] for one in agenda["events"]] == ["Almoço"]
    assert state["faults"][0]["count"] == 2
    assert state["portal"] == f"{world.webhook_base}/admin/"
    dalva = next(one for one in state["patients"] if one["key"] == DALVA)
    assert (dalva["chats"]["aurora"]["body"], dalva["chats"]["aurora"]["sent"]) == ("oi", 0)
    world.send()
    assert state_of(world)["chat"]["typing_seconds"] == 0
