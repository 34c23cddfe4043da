"""Each test finds Redis and this process as the first one did, in whatever order they run."""

import pytest
from pytest_django import Settings

from atendeai.common import circuit, rate_limit
from atendeai.common.breaker import breaker, limits
from atendeai.common.circuit import CircuitOpen
from atendeai.common.errors import Unreachable
from atendeai.testing import leftovers


def try_once(*, fails: bool = False) -> None:
    with circuit.calling(provider="google", operation="events", clinic_id=1, seconds=1):
        if fails:
            raise Unreachable("google", "events")


def is_over() -> bool:
    return rate_limit.take(group="left", key="over", rate="1/m").is_over


def lose_redis() -> None:
    raise OSError


def test_what_a_test_left_is_gone(settings: Settings) -> None:
    settings.REDIS_REST_SECONDS = 60
    for _ in range(limits("google")[0]):
        with pytest.raises(Unreachable):
            try_once(fails=True)
    with pytest.raises(CircuitOpen):
        try_once()
    assert (is_over(), is_over()) == (False, True)
    breaker._rest.ask(lose_redis)
    assert breaker.states() is None
    leftovers.forget()
    assert breaker.states() == {}
    try_once()
    assert not is_over()
