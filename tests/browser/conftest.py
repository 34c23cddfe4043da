"""One house and one browser for all; a window for each person, which must not have complained at the end."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.visit import FLAGS, WIDE, Visit
from tests.journeys.house import House, running_house

Visitor = Callable[..., Visit]


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running_house("browser", tmp_path_factory.mktemp("house")) as running:
        yield running


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ["ATENDEAI_CHROMIUM"], args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visitor(house: House, chromium: Browser) -> Iterator[Visitor]:
    """Opens windows; whatever they complained of fails the test that opened them."""
    visits: list[Visit] = []

    def open_window(size: tuple[int, int] = WIDE) -> Visit:
        visits.append(Visit(house, chromium, size))
        return visits[-1]

    yield open_window
    complaints = [complaint for visit in visits for complaint in visit.unpardoned()]
    for visit in visits:
        visit.close()
    assert complaints == []
