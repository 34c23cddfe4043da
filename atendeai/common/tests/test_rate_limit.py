"""Limits on a real Redis: exact from many threads, in step with django-ratelimit's own counting, and gone later."""

import threading
import uuid
from typing import Any

import pytest
import redis
from django.conf import settings
from django.test import RequestFactory
from django_ratelimit.core import get_usage

from atendeai.common import rate_limit


@pytest.fixture
def key() -> str:
    """Nobody else's."""
    return uuid.uuid4().hex


def test_of_many_at_once_exactly_the_limit_passes(key: str) -> None:
    passed: list[bool] = []

    def run() -> None:
        passed.extend(not rate_limit.take(group="g", key=key, rate="50/h").is_over for _ in range(20))

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (passed.count(True), len(passed)) == (50, 160)


def test_an_older_version_beside_us_counts_in_the_same_window(key: str) -> None:
    """It left the counting to django-ratelimit."""

    def older() -> Any:
        request = RequestFactory().get("/")
        return get_usage(request, group="g:", key=lambda *_: f"{key}:", rate="4/h", increment=True)

    assert [rate_limit.take(group="g", key=key, rate="4/h").is_over for _ in range(2)] == [False, False]
    assert [older()["should_limit"] for _ in range(2)] == [False, False]
    usage = rate_limit.take(group="g", key=key, rate="4/h")
    assert (usage.is_over, usage.limit) == (True, 4)
    assert abs(usage.seconds_left - older()["time_left"]) <= 1


def test_no_count_stays_for_ever(key: str) -> None:
    client = redis.Redis.from_url(settings.REDIS_URL)
    before = set(client.scan_iter("*:rl:*"))
    rate_limit.take(group="g", key=key, rate="4/m")
    made = set(client.scan_iter("*:rl:*")) - before
    assert made
    assert all(0 < client.ttl(name) <= 65 for name in made)
