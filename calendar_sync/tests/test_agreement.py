"""Whatever happens on both sides, they agree in the end, nothing is there twice, and no taken time is ever free."""

import random
from datetime import datetime
from typing import Any

import pytest

from atendeai.testing.people import Aurora
from calendar_sync.models import Link
from calendar_sync.tests.agenda import next_monday
from calendar_sync.tests.agreement import Sides, run
from calendar_sync.tests.google import Google

SEQUENCES = 200
AT_ONCE = 10
STEPS = 14


@pytest.mark.parametrize("first", range(0, SEQUENCES, AT_ONCE))
def test_both_sides_agree_in_the_end(
    first: int, link: Link, google: Google, aurora: Aurora, now: datetime, settings: Any
) -> None:
    settings.CALENDAR_READ_SECONDS = 5
    for seed in range(first, first + AT_ONCE):
        sides = Sides(random.Random(seed), google, aurora, link, next_monday(now), now)
        try:
            run(sides, STEPS)
        except AssertionError as error:
            raise AssertionError(f"sequence {seed}: {error}") from error
