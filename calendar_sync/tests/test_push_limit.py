"""An address that runs wild with pushes is held back; nobody else is."""

import uuid

import pytest
from django.test import Client
from pytest_django import Settings

PATH = "/webhooks/google-calendar/"


@pytest.mark.django_db
def test_pushes_of_an_address_are_limited(settings: Settings) -> None:
    settings.RATELIMIT_CACHE_PREFIX = f"rl-{uuid.uuid4().hex}:"
    settings.RATE_LIMIT_GOOGLE_PUSH = "2/m"

    def push(address: str) -> int:
        return Client().post(PATH, REMOTE_ADDR=address).status_code

    assert [push("203.0.113.1") for _ in range(3)] == [200, 200, 429]
    assert push("203.0.113.2") == 200
