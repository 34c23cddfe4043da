"""What is old enough goes, and nothing else."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from atendeai.celery import app
from atendeai.testing.factories import make_clinic
from clinics import purging, tasks
from clinics.models import CredentialUse

pytestmark = pytest.mark.django_db


def test_old_counts_and_ended_logins_go_batch_by_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purging, "BATCH", 2)
    clinic, now = make_clinic(), timezone.now()
    for days in (0, 399, 401, 402, 403, 800):
        CredentialUse.objects.create(clinic=clinic, name="X", operation="y", hour=now - timedelta(days=days), uses=1)
    for number, days in enumerate((-1, 0, 2, 3, 4)):
        Session.objects.create(session_key=str(number), session_data="", expire_date=now - timedelta(days=days))
    assert not purging.purge()
    assert sorted((now - one.hour).days for one in CredentialUse.objects.all()) == [0, 399]
    assert set(Session.objects.values_list("session_key", flat=True)) == {"0", "1"}


def test_each_night_a_turn_that_left_something_is_followed_by_another(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    assert app.conf.beat_schedule["clinics-purge"]["task"] == tasks.purge.name
    assert app.amqp.router.route({}, tasks.purge.name)["queue"].name == "bulk"
    hints: list[str] = []
    monkeypatch.setattr(tasks, "wake", hints.append)
    monkeypatch.setattr("atendeai.common.purging.TURN_SECONDS", -1)
    monkeypatch.setattr(purging, "BATCH", 1)
    settings.KEEP_CREDENTIAL_USES_DAYS = 10
    clinic = make_clinic()
    for days in (9, 11, 12):
        hour = timezone.now() - timedelta(days=days)
        CredentialUse.objects.create(clinic=clinic, name="X", operation="y", hour=hour, uses=1)
    for left in (2, 1, 1):
        tasks.purge()
        assert CredentialUse.objects.count() == left
    assert hints == ["clinics.purge"] * 2
