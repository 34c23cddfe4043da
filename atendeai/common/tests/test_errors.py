"""Errors travel whole, between processes too, and say what happened."""

import pickle

import pytest

from atendeai.common.errors import (
    CredentialsRevoked,
    IntegrationError,
    NotConfigured,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Unreachable,
)

ALL = [NotConfigured, Throttled, Unreachable, OutcomeUnknown, Rejected, CredentialsRevoked]


@pytest.mark.parametrize("kind", ALL)
def test_an_error_survives_pickling(kind: type[IntegrationError]) -> None:
    error = kind("whatsapp", "messages", code="131056", detail="pair", status=400, retry_after_seconds=4)
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(copy) is kind
    assert vars(copy) == vars(error)
    assert str(copy) == str(error)


def test_an_error_says_what_happened() -> None:
    error = Throttled("whatsapp", "messages", code="131056", detail="pair limit", status=400)
    assert str(error) == "whatsapp messages: Throttled: HTTP 400: code 131056: pair limit"
    assert str(Unreachable("google", "events.insert")) == "google events.insert: Unreachable"
