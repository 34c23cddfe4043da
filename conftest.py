"""What do all tests share? Each parallel worker has its own database and its own corner of Redis."""

import os
from collections.abc import Generator
from typing import Any

import pytest

REDIS_DATABASES = 16


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(specs: list[Any]) -> None:
    """Give each worker its own Redis database and metrics folder, before it reads the settings.

    A database, not only a prefix: emptying the cache empties the whole database.
    """
    folder, redis_url = os.environ.get("PROMETHEUS_MULTIPROC_DIR"), os.environ.get("REDIS_URL", "")
    for number, spec in enumerate(specs):
        spec.env["REDIS_KEY_PREFIX"] = f"test-gw{number}"
        if redis_url.endswith("/0"):
            spec.env["REDIS_URL"] = f"{redis_url[:-1]}{number % (REDIS_DATABASES - 1) + 1}"
        if folder:
            spec.env["PROMETHEUS_MULTIPROC_DIR"] = f"{folder}/gw{number}"


def pytest_configure() -> None:
    """Hash passwords cheaply: the real hasher costs more than most tests. And copy the prepared database."""
    from django.conf import settings
    from django.db import connections

    if template := os.environ.get("TEST_DATABASE_TEMPLATE"):
        connections.settings["default"]["TEST"]["TEMPLATE"] = template

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let what a test captured reach the controller: half a surrogate pair in it would end the whole run."""
    report = yield
    report.sections = [(title, text.encode("utf-8", "backslashreplace").decode()) for title, text in report.sections]
    return report


@pytest.fixture(autouse=True)
def _nothing_of_the_test_before() -> None:
    from atendeai.testing import leftovers

    leftovers.forget()
