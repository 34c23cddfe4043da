"""The two clinics of the portal's tests, and browsers of their people."""

from typing import Any

import pytest
from django.test import Client

from atendeai.portal.tests.world import fill
from atendeai.testing.people import Aurora, make_aurora
from clinics.models import User


def browser_of(user: User) -> Client:
    """Logged in."""
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def aurora(db: Any) -> Aurora:
    """Ana's clinic, with a few rows of everything."""
    clinic = make_aurora()
    fill(clinic, 3)
    return clinic


@pytest.fixture
def boreal(db: Any) -> Aurora:
    """Carla's clinic."""
    return make_aurora("boreal", "100000000000002")


@pytest.fixture
def ana(aurora: Aurora) -> Client:
    """The owner."""
    return browser_of(aurora.owner)


@pytest.fixture
def bruno(aurora: Aurora) -> Client:
    """The receptionist."""
    return browser_of(aurora.receptionist)


@pytest.fixture
def carla(boreal: Aurora) -> Client:
    """The owner of another clinic."""
    return browser_of(boreal.owner)
