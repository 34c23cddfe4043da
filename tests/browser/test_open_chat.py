"""A chat that stays open: what arrives late, out of order, or not at all."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.browser.test_chats import IVONE
from tests.browser.visit import Visit
from tests.journeys.house import House

pytestmark = pytest.mark.browser
# Answers to the page's questions wait in `held` while `holds` is above 0; `most` of them were under way at once.
HOLD = """() => {
  const real = window.fetch;
  Object.assign(window, { holds: 0, held: [], under: 0, most: 0 });
  window.fetch = async (address, options) => {
    if (!String(address).includes("/live/")) return real(address, options);
    window.under += 1;
    window.most = Math.max(window.most, window.under);
    try {
      const answer = await real(address, options);
      if (window.holds > 0) { window.holds -= 1; await new Promise((free) => window.held.push(free)); }
      return answer;
    } finally { window.under -= 1; }
  };
}"""


def says(house: House, *texts: str) -> None:
    for text in texts:
        house.control("POST", f"patients/{IVONE}/messages", {"to": "aurora", "text": text})


def numbered(page: Page) -> list[int]:
    """The numbers of «fala N» in the chat, as they stand."""
    texts = page.locator(".p-chat__body .p-bubble:not(.p-bubble--ours) > p").all_inner_texts()
    return [int(found[1]) for text in texts if (found := re.fullmatch(r"fala (\d+)", text.strip()))]


@pytest.fixture
def bruno(visitor: Visitor, house: House) -> Visit:
    """At the chat with Ivone; the assistant is silent."""
    says(house, "oi")
    visit = visitor().enters("bruno")
    page = visit.opens_chat("Ivone")
    take = page.get_by_role("button", name="Assumir conversa")
    if take.count():
        take.click()
        expect(page.get_by_role("button", name="Devolver à assistente")).to_be_visible()
    page.evaluate(HOLD)
    return visit


def test_an_older_answer_never_covers_a_newer_one_and_one_question_waits_for_the_other(
    bruno: Visit, house: House
) -> None:
    page = bruno.page
    page.evaluate("window.holds = 1")
    page.wait_for_function("window.held.length === 1")
    page.wait_for_timeout(7000)
    assert page.evaluate("window.most") == 1
    says(house, "chegou depois")
    # A reaction has the page ask at once, beside the question that waits.
    bubble = page.locator(".p-bubble:not(.p-bubble--ours)").last
    bubble.locator(".p-bubble__menu summary").click()
    bubble.locator("[data-react='👍'], [data-message]").first.click()
    expect(page.locator("[data-chat]")).to_contain_text("chegou depois")
    page.evaluate("window.holds = 1; window.held.shift()()")
    page.wait_for_function("window.held.length === 1")
    expect(page.locator("[data-chat]")).to_contain_text("chegou depois")
    page.evaluate("window.held.shift()()")
    expect(page.locator("[data-news]")).to_contain_text("Mensagem nova do paciente: chegou depois")


def test_earlier_messages_leave_no_gap_however_many_come(bruno: Visit, house: House) -> None:
    page = bruno.page
    says(house, *(f"fala {number}" for number in range(1, 61)))
    expect(page.locator("[data-chat]")).to_contain_text("fala 60")
    page.locator("[data-earlier]").click()
    page.wait_for_function("document.querySelector('[data-older]').children.length > 0")
    assert numbered(page) == list(range(1, 61))
    says(house, *(f"fala {number}" for number in range(61, 66)))
    expect(page.locator("[data-chat]")).to_contain_text("fala 65")
    assert numbered(page) == list(range(1, 66))
    days = page.locator(".p-date:visible").all_inner_texts()
    assert len(days) == len(set(days))

    page.evaluate("window.holds = 1")
    page.wait_for_function("window.held.length === 1")
    says(house, *(f"fala {number}" for number in range(66, 116)))
    page.evaluate("window.held.shift()()")
    expect(page.locator("[data-chat]")).to_contain_text("fala 115")
    shown = numbered(page)
    assert shown == list(range(shown[0], 116)), "more came at once than a page holds: it starts afresh"
    page.locator("[data-earlier]").click()
    page.wait_for_function("document.querySelector('[data-older]').children.length > 0")
    shown = numbered(page)
    assert shown == list(range(shown[0], 116))


def test_what_does_not_work_is_said(bruno: Visit, house: House) -> None:
    for words in ("422 (Unprocessable", "ERR_INTERNET_DISCONNECTED"):
        bruno.pardons(words)
    page, told = bruno.page, bruno.page.locator("[data-told]")
    says(house, "reaja")
    bubble = page.locator(".p-bubble", has_text="reaja").last
    bubble.locator(".p-bubble__menu summary").click()
    bubble.locator("[data-message]").first.evaluate("button => { button.dataset.react = 'ok'; button.click(); }")
    expect(told).to_contain_text("um único emoji")
    # A file that is asked for again, where that is refused.
    page.evaluate("""() => {
      const button = Object.assign(document.createElement("button"), { textContent: "outra vez" });
      button.dataset.retries = document.querySelector(".p-inbox").dataset.react;
      document.querySelector("[data-older]").append(button);
      button.click();
    }""")
    expect(told).to_contain_text("não está mais no WhatsApp")
    expect(page.get_by_text("outra vez")).to_be_enabled()
    page.context.set_offline(True)
    bubble.locator("[data-message]").first.evaluate("button => button.click()")
    expect(told).to_contain_text("Não deu certo. Confira a conexão e tente de novo.")
    expect(told).to_contain_text("Sem conexão: o que chegar aparece assim que ela voltar.", timeout=20_000)
    page.fill("textarea[name=text]", "Sem rede")
    page.locator("[data-answer] button[type=submit]").click()
    expect(page.locator("[data-refusal]")).to_contain_text("Não foi enviado. Confira a conexão e tente de novo.")
    expect(page.locator("textarea[name=text]")).to_have_value("Sem rede")
    page.context.set_offline(False)
    expect(told).to_be_hidden()
