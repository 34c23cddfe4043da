"""Does every page of the menu fit a phone and a desk, without a complaint of the browser?"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Visitor
from tests.browser.visit import NARROW, WIDE, Visit

pytestmark = pytest.mark.browser
SIZES = pytest.mark.parametrize("size", [WIDE, NARROW], ids=["desk", "phone"])


def overflow(page: Page) -> int:
    """Pixels by which the page can be moved sideways."""
    found: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return found


def menu(visit: Visit) -> list[str]:
    hrefs = visit.page.eval_on_selector_all(
        "nav a[href], aside a[href], #nav-sidebar a[href]", "all => all.map((one) => one.getAttribute('href'))"
    )
    pages = {href for href in hrefs if href.startswith("/admin/") and "logout" not in href and "?" not in href}
    return sorted(pages)


@SIZES
def test_every_page_of_the_menu_fits(visitor: Visitor, size: tuple[int, int]) -> None:
    ana = visitor(size).enters("ana")
    paths = menu(ana)
    assert len(paths) > 12
    too_wide = {}
    for path in paths:
        if by := overflow(ana.opens(path)):
            too_wide[path] = by
    assert too_wide == {}


@SIZES
def test_a_chat_fits(visitor: Visitor, size: tuple[int, int]) -> None:
    visitor().takes_phone("5511987650001").writes("oi")
    assert overflow(visitor(size).enters("bruno").opens_chat("Dalva")) == 0


@SIZES
def test_the_simulators_pages_fit(visitor: Visitor, size: tuple[int, int]) -> None:
    visit = visitor(size)
    visit.takes_phone("5511987650001")
    for view in ("people", "phone", "side"):
        visit.page.evaluate(f"view('{view}')")
        assert overflow(visit.page) == 0
    for panel in ("agendas", "clinic", "meta", "faults"):
        visit.page.evaluate(f"showPanel('{panel}')")
        assert overflow(visit.page) == 0
    assert overflow(visit.opens_calendar()) == 0
