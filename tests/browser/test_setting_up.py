"""An owner sets the clinic up: a number with its checklist, a calendar through Google's consent page, its events."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.journeys.house import House

pytestmark = pytest.mark.browser


def test_a_number_comes_in_and_its_checklist_says_what_is_missing(visitor: Visitor, house: House) -> None:
    ids = house.control("POST", "numbers", {"slug": "aurora-dois", "account_of": "aurora"})
    ana = visitor()
    page = ana.enters("ana").opens("/admin/whatsapp/number/add/")
    ana.pardons("status of 422")
    page.fill("[name=account_id]", ids["waba_id"])
    page.fill("[name=phone_number_id]", "123456789012345")
    page.locator("[data-connect] button.p-button--main").click()
    refused = page.locator("[data-outcome] .is-danger, [data-outcome] .p-error")
    expect(refused.first).to_be_visible()

    page.fill("[name=phone_number_id]", ids["phone_number_id"])
    page.locator("[data-connect] button.p-button--main").click()
    page.wait_for_url("**/change/?novo=1*")
    lines = page.locator(".p-check")
    expect(lines.first).to_be_visible()
    assert lines.count() >= 4
    expect(page.locator(".p-check[data-key=inbound]")).to_be_visible()


def to_consent(page: Page, professional: str) -> None:
    box = page.locator(".p-box", has_text=professional)
    box.locator("a", has_text="Conectar Google").click()
    expect(page.locator("h1")).to_contain_text("quer acessar sua agenda")


def test_a_calendar_is_linked_on_the_consent_page_and_an_unticked_box_is_explained(visitor: Visitor) -> None:
    carla = visitor()
    page = carla.enters("carla").opens("/admin/calendar_sync/link/")
    to_consent(page, "Lívia")
    page.check("input[value='livia.rocha@boreal.example']")
    page.locator("input[name=scope]").first.uncheck()
    carla.pardons("status of 400")
    page.get_by_role("button", name="Permitir").click()
    expect(page.locator("h1")).to_contain_text("Falta uma permissão")

    page.locator("a.first").click()
    page.check("input[value='livia.rocha@boreal.example']")
    page.get_by_role("button", name="Permitir").click()
    title = page.locator("h1")
    title.wait_for()
    if "Escolher" in title.inner_text():
        page.locator("input[type=radio]").last.check()
        page.locator("button.first").click()
    expect(title).to_contain_text("conectada")
    page = carla.opens("/admin/calendar_sync/link/")
    expect(page.locator(".p-box", has_text="Lívia")).to_contain_text("livia.rocha@boreal.example")


def test_what_events_say_is_seen_while_it_is_typed(visitor: Visitor) -> None:
    ana = visitor()
    page = ana.enters("ana").opens("/admin/clinics/clinic/")
    shown, minutes = page.locator("[data-shown] .p-event"), page.locator("[name=calendar_reminder_minutes]")
    expect(minutes).to_be_hidden()
    page.select_option("[name=calendar_reminders]", "own")
    minutes.fill("1440, 30")
    expect(shown).to_contain_text("1 dia antes, 30 minutos antes")
    title = page.locator("[name=calendar_title]")
    title.fill("{sala}")
    expect(page.locator("[data-shown] [role=alert]")).to_contain_text("Não existe o campo {sala}")
    title.fill("")
    page.locator("[data-put='{profissional}']").click()
    expect(title).to_have_value("{profissional}")
    expect(page.locator("[data-shown] [role=alert]")).to_have_count(0)
    expect(shown.locator("h3")).to_contain_text("Dr")
    page.locator("button[name=_continue]").click()
    expect(page.locator("[name=calendar_title]")).to_have_value("{profissional}")
    expect(page.locator("[name=calendar_reminder_minutes]")).to_have_value("1440, 30")


def test_a_colour_is_chosen_by_its_dot(visitor: Visitor) -> None:
    page = visitor().enters("ana").opens("/admin/clinics/offering/1/change/")
    page.locator("label", has_text="Tomate").click()
    page.locator("button[name=_continue]").click()
    expect(page.locator("[name=calendar_color][value='11']")).to_be_checked()
