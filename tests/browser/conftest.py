"""One house and one browser for all; a window for each person, which must not have complained at the end."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.visit import FLAGS, WIDE, Visit
from tests.journeys.house import House, running_house

Visitor = Callable[..., Visit]
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
FRIDAY = 4


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running_house("browser", tmp_path_factory.mktemp("house")) as running:
        running.control("POST", "clock", {"advance_seconds": seconds_to_a_morning(datetime.now(SAO_PAULO))})
        yield running


def seconds_to_a_morning(now: datetime) -> int:
    """Until seven o'clock of a working day, so that what is free first does not depend on when the tests run."""
    morning = now.replace(hour=7, minute=0, second=0, microsecond=0)
    while morning <= now or morning.weekday() > FRIDAY:
        morning += timedelta(days=1)
    return int((morning - now).total_seconds())


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
