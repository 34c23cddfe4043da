"""Somebody drags an appointment on the calendar page: the clinic follows, and the patient is told."""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visitor
from tests.browser.visit import PATIENCE_MS
from tests.journeys.house import House

pytestmark = pytest.mark.browser
LUANA = "5511987650009"
HOUR = 46  # pixels of the page
SAO_PAULO = ZoneInfo("America/Sao_Paulo")


def appointment_of(house: House, name: str) -> dict[str, Any]:
    rows = house.api("aurora", "appointments/").json()["results"]
    found: dict[str, Any] = next(row for row in rows if row["patient"]["name"] == name)
    return found


def wait_until_written(house: House, name: str) -> dict[str, Any]:
    """The appointment once its event is in Google; asked seldom, since the API counts its callers."""
    until = time.monotonic() + 30
    while (found := appointment_of(house, name))["calendar"]["state"] != "done":
        assert time.monotonic() < until, "the event was not written in time"
        time.sleep(1)
    return found


def day_of(appointment: dict[str, Any]) -> str:
    return datetime.fromisoformat(appointment["starts_at"]).astimezone(SAO_PAULO).date().isoformat()


def pages_to(page: Page, day: str) -> None:
    """On to the week with this day."""
    while (last := page.locator(".column").last.get_attribute("data-day") or "") < day:
        page.click("#after")
        expect(page.locator(".column").last).not_to_have_attribute("data-day", last)


def drag(page: Page, event: Locator, *, down: float) -> None:
    event.scroll_into_view_if_needed()
    box = event.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + 6
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + down / 2, steps=4)
    page.mouse.move(x, y + down, steps=4)
    page.mouse.up()


def book(visitor: Visitor, house: House) -> dict[str, Any]:
    phone = visitor().takes_phone(LUANA)
    phone.writes("oi")
    phone.presses("Consulta")
    phone.picks_first()
    expect(phone.writes("Luana Pacheco")).to_contain_text("marcado")
    return wait_until_written(house, "Luana Pacheco")


def test_a_dragged_appointment_moves_and_the_patient_is_told(visitor: Visitor, house: House) -> None:
    before = book(visitor, house)
    page = visitor().opens_calendar()
    event = page.locator(f".event[data-event='{before['calendar']['google_event_id']}']")
    pages_to(page, day_of(before))
    expect(event).to_have_class(re.compile("ours"))
    was_at = datetime.fromisoformat(before["starts_at"]).astimezone(SAO_PAULO)
    drag(page, event, down=HOUR)  # it is early in the morning, and the next hours are free

    phone = visitor().takes_phone(LUANA)
    expect(phone.answers().last).to_contain_text("mudou", timeout=PATIENCE_MS)
    starts_at = datetime.fromisoformat(appointment_of(house, "Luana Pacheco")["starts_at"])
    assert starts_at - was_at == timedelta(hours=1)
    page = visitor().enters("bruno").opens("/admin/calendar_sync/googlechange/")
    expect(page.locator("body")).to_contain_text("Luana Pacheco")


def test_events_are_created_edited_and_deleted_as_in_google(visitor: Visitor) -> None:
    page = visitor().opens_calendar("boreal")
    page.click("#create")
    page.fill("dialog [name=summary]", "Reunião da equipe")
    day = page.locator(".column").last.get_attribute("data-day") or ""
    page.fill("dialog [name=day]", day)
    page.fill("dialog [name=lastDay]", day)
    page.click("dialog .main")
    event = page.locator(".event", has_text="Reunião da equipe")
    expect(event).to_be_visible()

    event.click()
    page.fill("dialog [name=summary]", "Reunião geral")
    page.select_option("dialog [name=free]", "1")
    page.click("dialog .main")
    event = page.locator(".event.free", has_text="Reunião geral")
    expect(event).to_be_visible()
    height = event.bounding_box()
    assert height is not None
    page.mouse.move(height["x"] + 20, height["y"] + height["height"] - 3)
    page.mouse.down()
    page.mouse.move(height["x"] + 20, height["y"] + height["height"] - 3 + HOUR, steps=5)
    page.mouse.up()
    expect(event).to_contain_text("11:00")

    event.click()
    page.locator("dialog").get_by_role("button", name="Apagar").click()
    expect(event).to_have_count(0)
