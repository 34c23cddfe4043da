"""A request waits for providers once, however many calls it makes; a worker as long as each call may take."""

import time

import pytest
from django.http import HttpRequest, HttpResponse
from pytest_django import Settings

from atendeai.common import circuit, http
from atendeai.common.circuit import Verdict
from atendeai.common.errors import IntegrationError, OutcomeUnknown, Unreachable
from atendeai.common.tests.servers import misbehaving, say_nothing
from atendeai.common.web_limit import WebLimit


def test_all_calls_of_a_request_share_one_limit(settings: Settings) -> None:
    settings.WEB_CALLS_SECONDS = 0.8
    ends: list[IntegrationError] = []

    def page(_request: HttpRequest) -> HttpResponse:
        for _ in range(12):
            try:
                http.call("GET", url, provider="google", operation="events.list", read_seconds=10)
            except IntegrationError as error:
                ends.append(error)
        return HttpResponse()

    started = time.monotonic()
    with misbehaving(say_nothing) as url:
        assert WebLimit(page)(HttpRequest()).status_code == 200
        took = time.monotonic() - started
    assert 0.4 < took < 1.2
    assert isinstance(ends[0], OutcomeUnknown)
    last = ends[-1]
    assert (type(last), last.code) == (Unreachable, http.NO_TIME_LEFT)
    # Nobody was called: that says nothing about the provider.
    assert circuit.verdict(last) == Verdict.NOTHING


def test_the_limit_ends_with_the_request_also_when_that_breaks(settings: Settings) -> None:
    settings.WEB_CALLS_SECONDS = 0.3

    def page(_request: HttpRequest) -> HttpResponse:
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        WebLimit(page)(HttpRequest())
    assert http._bounded(http._Call("google", "x", None), 3, 10) == (3, 10)


def test_of_two_limits_the_shorter_counts() -> None:
    with http.within(60), http.within(2):
        assert sum(http._bounded(http._Call("google", "x", None), 3, 10)) <= 2
    with http.within(2), http.within(60):
        assert sum(http._bounded(http._Call("google", "x", None), 3, 10)) <= 2
