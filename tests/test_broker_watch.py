"""A worker whose acknowledgements were lost connects anew instead of waiting for ever."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from celery.worker import state
from kombu import Connection, Consumer, Producer, Queue
from redis.exceptions import ConnectionError as Disconnected

from atendeai.broker_watch import LOOKS, BrokerWatch
from atendeai.celery import app

HELD = 2


@pytest.fixture
def held() -> Iterator[Any]:
    """A consumer whose hands are full: so many messages taken, none acknowledged."""
    with Connection(app.conf.broker_url) as connection:
        channel = connection.channel()
        queue = Queue(f"watch-{uuid4().hex}")(channel)
        queue.declare()
        taken: list[Any] = []
        consumer = Consumer(channel, [queue], callbacks=[lambda _body, message: taken.append(message)])
        consumer.qos(prefetch_count=HELD)
        for number in range(HELD + 1):
            Producer(channel).publish({"number": number}, routing_key=queue.name, exchange="")
        consumer.consume()
        while len(taken) < HELD:
            connection.drain_events(timeout=5)
        yield SimpleNamespace(task_consumer=consumer, taken=taken)
        queue.delete()


@pytest.fixture
def watch() -> BrokerWatch:
    return BrokerWatch(None)


def test_full_hands_and_nothing_in_work_break_the_connection_off(held: Any, watch: BrokerWatch) -> None:
    assert not held.task_consumer.channel.qos.can_consume()
    for _ in range(LOOKS - 1):
        watch.look(held)
    with pytest.raises(Disconnected):
        watch.look(held)
    # Celery takes this for a lost connection.
    assert issubclass(Disconnected, tuple(app.connection_for_read().connection_errors))


def test_a_worker_at_work_is_left_alone(held: Any, watch: BrokerWatch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "reserved_requests", {object()})
    for _ in range(LOOKS * 2):
        watch.look(held)


def test_an_acknowledgement_in_between_begins_the_count_anew(held: Any, watch: BrokerWatch) -> None:
    for _ in range(LOOKS - 1):
        watch.look(held)
    held.taken[0].ack()
    for _ in range(LOOKS):
        watch.look(held)


def test_every_worker_has_the_watch() -> None:
    assert BrokerWatch in app.steps["consumer"]
