"""An owner sets the clinic up: a second number with its checklist, a calendar through Google's consent page."""

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
