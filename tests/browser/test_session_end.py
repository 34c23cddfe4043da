"""The session ends while a chat is open: it says so, and what was typed is there again after the login."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.browser.test_chats import ROSANGELA, sent_to
from tests.browser.visit import Visit
from tests.journeys.house import House

pytestmark = pytest.mark.browser
KEPT = "Object.keys(sessionStorage).filter(key => key.startsWith('draft:')).length"
CHAT = re.compile(r"/admin/whatsapp/conversation/\d+/change/")


@pytest.fixture
def bruno(visitor: Visitor, house: House) -> Visit:
    """At the chat with Rosângela, who has just written."""
    house.control("POST", f"patients/{ROSANGELA}/messages", {"to": "aurora", "text": "oi"})
    visit = visitor().enters("bruno")
    visit.opens_chat("Rosângela")
    visit.pardons("401 (Unauthorized)")
    return visit


def ends_session(page: Page) -> None:
    page.context.clear_cookies(name="sessionid")


def box(page: Page) -> str:
    return page.locator("textarea[name=text]").input_value()


def test_the_page_says_that_the_session_ended_and_leads_back_to_the_chat(bruno: Visit) -> None:
    page, chat = bruno.page, bruno.page.url
    expect(page.locator("[data-ended]")).to_be_hidden()
    ends_session(page)
    expect(page.locator("[data-ended]")).to_contain_text("Sua sessão terminou.")
    page.get_by_role("link", name="Entrar de novo").click()
    bruno.logs_in("bruno")
    page.wait_for_url(chat)
    expect(page.locator("[data-chat]")).to_be_visible()


def test_what_was_sent_without_a_session_stays_in_the_box_and_comes_back_after_the_login(
    bruno: Visit, house: House
) -> None:
    page = bruno.page
    page.fill("textarea[name=text]", "Posso te encaixar às 15h")
    ends_session(page)
    page.locator("[data-answer] button[type=submit]").click()
    expect(page.locator("[data-ended]")).to_contain_text("O que você escreveu volta para a caixa.")
    assert box(page) == "Posso te encaixar às 15h"
    assert page.evaluate(KEPT) == 0, "kept nowhere before the page is left"
    page.get_by_role("link", name="Entrar de novo").click()
    bruno.logs_in("bruno")
    page.wait_for_url(CHAT)
    expect(page.locator("textarea[name=text]")).to_have_value("Posso te encaixar às 15h")
    assert page.evaluate(KEPT) == 0, "back in the box, and nowhere else"
    page.locator("[data-answer] button[type=submit]").click()
    expect(page.locator("[data-chat]")).to_contain_text("Posso te encaixar às 15h")
    expect(page.locator("textarea[name=text]")).to_have_value("")
    assert sent_to(house, ROSANGELA, "encaixar") == 1


def test_somebody_else_who_logs_in_reads_nothing_of_it(bruno: Visit) -> None:
    page = bruno.page
    page.fill("textarea[name=text]", "Só o Bruno sabe")
    ends_session(page)
    page.get_by_role("link", name="Entrar de novo").click()
    assert page.evaluate(KEPT) == 1
    bruno.logs_in("ana")
    page.wait_for_url(CHAT)
    expect(page.locator("textarea[name=text]")).to_have_value("")
    assert page.evaluate(KEPT) == 0


def test_a_login_beside_the_page_lets_it_go_on(bruno: Visit, house: House) -> None:
    page = bruno.page
    page.fill("textarea[name=text]", "Continuo daqui")
    ends_session(page)
    expect(page.locator("[data-ended]")).to_be_visible()
    beside = page.context.new_page()
    beside.goto(f"{house.stack.web_url}/admin/login/")
    bruno.logs_in("bruno", beside)
    beside.wait_for_url(re.compile("/admin/$"))
    beside.close()
    expect(page.locator("[data-ended]")).to_be_hidden()
    expect(page.locator("textarea[name=text]")).to_have_value("Continuo daqui")
    page.locator("[data-answer] button[type=submit]").click()
    expect(page.locator("[data-chat]")).to_contain_text("Continuo daqui")


def test_a_login_that_the_page_has_not_noticed_keeps_the_text_too(bruno: Visit, house: House) -> None:
    bruno.pardons("403 (Forbidden)")
    page = bruno.page
    page.fill("textarea[name=text]", "Ainda vale")
    page.context.clear_cookies()
    beside = page.context.new_page()
    beside.goto(f"{house.stack.web_url}/admin/login/")
    bruno.logs_in("bruno", beside)
    beside.wait_for_url(re.compile("/admin/$"))
    page.locator("[data-answer] button[type=submit]").click()
    expect(page.locator("[data-ended]")).to_be_visible()
    assert box(page) == "Ainda vale"
    page.locator("[data-ended] a:visible").click()
    expect(page.locator("textarea[name=text]")).to_have_value("Ainda vale")


def test_a_button_pressed_without_a_session_leads_back_to_the_chat(bruno: Visit) -> None:
    page, chat = bruno.page, bruno.page.url
    ends_session(page)
    page.get_by_role("button", name=re.compile("Assumir conversa|Devolver à assistente")).first.click()
    expect(page.locator("body")).to_contain_text("o que você pediu por último não foi feito")
    bruno.logs_in("bruno")
    page.wait_for_url(chat)
