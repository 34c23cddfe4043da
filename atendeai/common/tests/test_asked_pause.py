"""`Retry-After` in both of its forms, and whatever else stands there."""

import time
from email.utils import formatdate

import pytest

from atendeai.common.asked_pause import asked_seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 120 "}, 120.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 30.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:27:00 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "٣"}, None),
        ({"retry-after": ""}, None),
        ({}, None),
    ],
)
def test_what_is_asked(headers: dict[str, str], seconds: float | None) -> None:
    assert asked_seconds(headers) == seconds


def test_without_a_date_our_clock_counts() -> None:
    asked = asked_seconds({"retry-after": formatdate(time.time() + 60, usegmt=True)})
    assert asked is not None
    assert 55 < asked <= 60
