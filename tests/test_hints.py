"""A hint costs little under load: what waits to be published or to be worked is not said twice."""

import time
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from celery.signals import task_prerun
from django.conf import settings
from django.core.cache import cache

from atendeai import celery
from atendeai.hints import HintPublisher

TASK = "whatsapp.work"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Mapping[str, int]]]:
    noted: list[Mapping[str, int]] = []

    def note(_name: str, *, kwargs: Mapping[str, int], **_: Any) -> None:
        noted.append(kwargs)

    monkeypatch.setattr(celery.app, "send_task", note)
    cache.clear()
    yield noted
    cache.clear()


def test_a_hint_that_waits_in_its_queue_is_not_given_twice(sent: list[Mapping[str, int]]) -> None:
    for conversation in (1, 1, 2, 1):
        celery.publish(TASK, {"conversation_id": conversation})
    assert sent == [{"conversation_id": 1}, {"conversation_id": 2}]


def test_once_its_task_has_begun_the_next_hint_goes_out(sent: list[Mapping[str, int]]) -> None:
    celery.publish(TASK, {"conversation_id": 1})
    task_prerun.send(sender=None, task=SimpleNamespace(name=TASK), kwargs={"conversation_id": 1})
    celery.publish(TASK, {"conversation_id": 1})
    assert len(sent) == 2


def test_a_lost_hint_is_given_anew_after_a_while(
    sent: list[Mapping[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "HINT_ONCE_SECONDS", 1)
    celery.publish(TASK, {"conversation_id": 1})
    time.sleep(1.2)
    celery.publish(TASK, {"conversation_id": 1})
    assert len(sent) == 2


def test_many_equal_hints_of_a_moment_are_published_as_few() -> None:
    published: list[Mapping[str, int]] = []

    def publish(_name: str, ids: Mapping[str, int]) -> None:
        published.append(ids)

    hints = HintPublisher(publish)
    for _ in range(500):
        assert hints.drop("whatsapp.unpack", {})
    assert hints.drop(TASK, {"conversation_id": 7})
    deadline = time.monotonic() + 5
    while {"conversation_id": 7} not in published and time.monotonic() < deadline:
        time.sleep(0.01)
    assert {"conversation_id": 7} in published
    assert 1 <= published.count({}) < 50
