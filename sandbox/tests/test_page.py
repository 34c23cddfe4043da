"""Does the page get all it shows, and nothing when nothing changed?"""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.tests.world import DALVA, HELENA, World

# A name of SVG, and what an advertisement says of itself to the clinic: words in a message, which nobody fetches.
NAMED = {"http://www.w3.org/2000/svg", "https://fb.me/anuncio", "https://scontent.example/anuncio.jpg"}


def state_of(world: World, **query: str) -> dict[str, Any]:
    answer = world.http.get("/phone/state", params={"patient": DALVA, "with": "aurora", **query})
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize("address", ["/", "/calendar"])
def test_the_pages_and_their_files_are_served_and_need_nobody_else(world: World, address: str) -> None:
    page = world.http.get(address)
    assert page.status_code == 200
    assert 'lang="pt-BR"' in page.text
    used = re.findall(r'(?:src|href)="([^"#]+)"', page.text)
    files = [one for one in used if "." in one and not one.startswith("data:")]
    assert len(files) > 5
    for file in files:
        assert file.startswith("/phone/")
        answer = world.http.get(file)
        assert answer.status_code == 200
        assert set(re.findall(r"https?://[\w./]+", answer.text)) <= NAMED


@pytest.mark.parametrize("name", ["page.py", "..%2Fstore.py", "nothing.js"])
def test_nothing_but_the_pages_own_files_is_served(world: World, name: str) -> None:
    assert world.http.get(f"/phone/{name}").status_code == 404


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


def test_a_file_of_the_chat_is_shown_as_what_it_is_and_cannot_run(world: World) -> None:
    file = {"name": "exame.png", "mime_type": "image/png", "base64": base64.b64encode(b"a picture").decode()}
    world.write(file=file)
    media_id = world.chat()[-1]["image"]["id"]
    shown = world.http.get(f"/phone/media/{media_id}", params={"name": "é.png"})
    assert (shown.status_code, shown.content, shown.headers["content-type"]) == (200, b"a picture", "image/png")
    assert shown.headers["content-disposition"].startswith("inline")
    assert shown.headers["x-content-type-options"] == "nosniff"
    world.write(file={**file, "mime_type": "text/html", "kind": "document"})
    page = world.http.get(f"/phone/media/{world.chat()[-1]['document']['id']}")
    assert page.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in page.headers["content-security-policy"]
    assert world.http.get("/phone/media/1").status_code == 404


def test_the_state_holds_the_number_its_templates_and_who_answers(world: World) -> None:
    world.template("lembrete")
    world.http.post("/control/numbers/aurora", json={"quality_rating": "YELLOW"})
    world.write(text="oi")
    world.http.post(f"/control/patients/{DALVA}/standby", json={"to": "aurora", "is_on": True})
    state = state_of(world)
    meta = state["meta"]
    assert (meta["phone_number_id"], meta["quality_rating"]) == ("100000000000001", "YELLOW")
    assert [(one["name"], one["status"]) for one in meta["templates"]] == [("lembrete", "APPROVED")]
    assert (state["chat"]["is_standby"], state["chat"]["no_marketing"]) == (True, False)
    codes = world.http.get("/phone/codes").json()["codes"]
    assert {one["code"] for one in codes} >= {200, 131200, 138000, 139000, 139100, 147001}
    assert {"code": 131056, "status": 400, "title": "(Business Account, Consumer Account) pair rate limit hit"} in codes


def test_the_calendar_page_gets_its_days_with_series_unrolled(world: World) -> None:
    zone = {"timeZone": "America/Sao_Paulo"}
    series = {
        "summary": "Pilates",
        "start": {"dateTime": "2026-11-23T08:00:00", **zone},
        "end": {"dateTime": "2026-11-23T09:00:00", **zone},
        "recurrence": ["RRULE:FREQ=WEEKLY;BYDAY=MO,WE,FR"],
    }
    ours = {
        "summary": "Consulta",
        "start": {"dateTime": "2026-11-24T10:00:00", **zone},
        "end": {"dateTime": "2026-11-24T10:30:00", **zone},
        "extendedProperties": {"private": {"appointment_id": "1"}},
    }
    whole = {"summary": "Congresso", "start": {"date": "2026-11-26"}, "end": {"date": "2026-11-28"}}
    for event in (series, ours, whole):
        assert world.http.post(f"/control/calendars/{HELENA}/events", json=event).status_code == 201
    monday = datetime(2026, 11, 23, 3, tzinfo=UTC).timestamp()
    days = {"from": monday, "until": monday + 7 * 86400}
    told = world.http.get("/calendar/week", params=days).json()
    events = next(one for one in told["calendars"] if one["id"] == HELENA)["events"]
    seen = [(one["summary"], one["is_ours"], one["is_whole_day"], bool(one["series"])) for one in events]
    assert seen == [
        ("Pilates", False, False, True),
        ("Consulta", True, False, False),
        ("Pilates", False, False, True),
        ("Congresso", False, True, False),
        ("Pilates", False, False, True),
    ]
    one = events[2]
    moved = {"start": {"dateTime": "2026-11-25T11:00:00", **zone}, "end": {"dateTime": "2026-11-25T12:00:00", **zone}}
    assert world.http.patch(f"/control/calendars/{HELENA}/events/{one['id']}", json=moved).status_code == 200
    told = world.http.get("/calendar/week", params={**days, "version": told["version"]}).json()
    events = next(one for one in told["calendars"] if one["id"] == HELENA)["events"]
    assert [one["starts_at"] for one in events if one["summary"] == "Pilates"][1] == monday + 2 * 86400 + 11 * 3600
    assert world.http.get("/calendar/week", params={**days, "version": told["version"]}).status_code == 204
    assert world.http.get("/calendar/week", params={"from": 5, "until": 4}).status_code == 400
