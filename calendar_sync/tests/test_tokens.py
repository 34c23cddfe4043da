"""Tokens that stay fresh, and what their end does to a link."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now

from atendeai.common.errors import CredentialsRevoked, NotConfigured, OutcomeUnknown, Unreachable
from calendar_sync import calls, oauth, tokens
from calendar_sync.deadline import Deadline
from calendar_sync.google_api import Calendar
from calendar_sync.models import Link, LinkState
from calendar_sync.tests.conftest import MakeLink
from calendar_sync.tests.google import HELENA, Google
from clinics import alerts
from clinics.models import AuditEntry, CredentialUse

HOUR = timedelta(hours=1)


def deadline() -> Deadline:
    return Deadline.after(10, read_seconds=5)


@pytest.fixture
def refreshes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every refresh that is asked of Google."""
    asked: list[str] = []
    real: Callable[..., oauth.Tokens] = oauth.refresh

    def noted(client: oauth.Client, *, refresh_token: str, **kwargs: Any) -> oauth.Tokens:
        asked.append(refresh_token)
        return real(client, refresh_token=refresh_token, **kwargs)

    monkeypatch.setattr(oauth, "refresh", noted)
    return asked


def list_calendars(link: Link, now: datetime) -> set[str]:
    found = calls.call(
        link=link,
        operation="calendarList.list",
        now=now,
        deadline=deadline(),
        act=lambda calendar: calendar.list_calendars(),
    )
    return {entry.id for entry in found}


def test_a_fresh_token_is_used_as_it_is(link: Link, now: datetime, refreshes: list[str]) -> None:
    link.refresh_from_db()
    assert tokens.access_token(link=link, now=now, deadline=deadline()) == link.access_token
    assert refreshes == []


def test_a_stale_token_is_refreshed_and_the_new_one_works(link: Link, now: datetime, refreshes: list[str]) -> None:
    link.refresh_from_db()
    before = link.access_token
    soon = now + HOUR - timedelta(minutes=3)
    token = tokens.access_token(link=link, now=soon, deadline=deadline())
    link.refresh_from_db()
    assert token == link.access_token != before
    assert link.access_expires_at is not None
    assert link.access_expires_at > soon + timedelta(minutes=50)
    assert link.refresh_lease_until is None
    assert HELENA in list_calendars(link, soon)
    assert len(refreshes) == 1
    assert AuditEntry.objects.filter(action="calendar_token_refreshed", object_id=str(link.pk)).count() == 1
    assert CredentialUse.objects.get(name="GOOGLE_REFRESH_TOKEN").uses == 1


def test_a_replaced_refresh_token_is_kept(link: Link, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    rotated = oauth.Tokens("new-access", 3599, "new-refresh", frozenset(), "", "")
    monkeypatch.setattr(oauth, "refresh", lambda *_, **__: rotated)
    tokens.access_token(link=link, now=now + HOUR, deadline=deadline())
    link.refresh_from_db()
    assert (link.access_token, link.refresh_token) == ("new-access", "new-refresh")


@pytest.mark.django_db(transaction=True)
def test_many_workers_refresh_once(link: Link, now: datetime, refreshes: list[str]) -> None:
    got: list[str] = []
    gate = threading.Barrier(6)

    def ask() -> None:
        gate.wait()
        got.append(tokens.access_token(link=link, now=now + HOUR, deadline=deadline()))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 6
    assert len(set(got)) == 1
    assert len(refreshes) == 1


def test_a_refresh_done_between_look_and_lease_is_used(
    link: Link, now: datetime, refreshes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    take = tokens._take_lease

    def take_late(stale: Link) -> bool:
        end = now + 2 * HOUR
        Link.objects.filter(pk=stale.pk).update(access_token="theirs", access_expires_at=end)
        return take(stale)

    monkeypatch.setattr(tokens, "_take_lease", take_late)
    Link.objects.filter(pk=link.pk).update(access_expires_at=now)
    assert tokens.access_token(link=link, now=now, deadline=deadline()) == "theirs"
    assert refreshes == []


def test_a_dead_refreshers_lease_holds_nobody_for_long(link: Link, now: datetime, refreshes: list[str]) -> None:
    Link.objects.filter(pk=link.pk).update(refresh_lease_until=Now() + timedelta(seconds=20))
    with pytest.raises(Unreachable) as caught:
        tokens.access_token(link=link, now=now + HOUR, deadline=Deadline.after(0.2, read_seconds=1))
    assert caught.value.code == "refreshed_elsewhere"
    Link.objects.filter(pk=link.pk).update(refresh_lease_until=Now() - timedelta(seconds=1))
    assert tokens.access_token(link=link, now=now + HOUR, deadline=deadline())
    assert len(refreshes) == 1


def test_a_token_google_stopped_accepting_is_replaced_once(link: Link, now: datetime, refreshes: list[str]) -> None:
    Link.objects.filter(pk=link.pk).update(access_token="ya29.nonsense")
    assert HELENA in list_calendars(link, now)
    assert len(refreshes) == 1


def test_a_token_refused_right_after_its_refresh_is_an_outage_not_a_lost_consent(
    link: Link, now: datetime, google: Google, refreshes: list[str]
) -> None:
    google.fault("calendarList.list", "status", status=401, reason="authError", count=2)
    with pytest.raises(Unreachable):
        list_calendars(link, now)
    assert len(refreshes) == 1
    link.refresh_from_db()
    assert link.state == LinkState.LINKED
    assert HELENA in list_calendars(link, now)


def test_the_end_of_the_old_consent_does_not_break_the_new_one(
    link: Link, now: datetime, google: Google, make_link: MakeLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    link.refresh_from_db()
    google.revoke(link.refresh_token)
    refused: Callable[..., oauth.Tokens] = oauth.refresh

    def refused_after_a_reconnect(client: oauth.Client, **kwargs: Any) -> oauth.Tokens:
        monkeypatch.setattr(oauth, "refresh", refused)
        make_link(link.clinic, link.professional)
        return refused(client, **kwargs)

    monkeypatch.setattr(oauth, "refresh", refused_after_a_reconnect)
    with pytest.raises(Unreachable) as caught:
        list_calendars(link, now + HOUR)
    assert caught.value.code == "connected_anew"
    link.refresh_from_db()
    assert (link.state, link.error_code) == (LinkState.LINKED, "")
    assert not alerts.banners(link.clinic)
    assert HELENA in list_calendars(link, now)


def test_a_permission_missing_from_the_old_consent_does_not_break_the_new_one(
    link: Link, now: datetime, google: Google, make_link: MakeLink
) -> None:
    def act(_calendar: Calendar) -> None:
        make_link(link.clinic, link.professional)
        raise CredentialsRevoked("google", "events.insert", code="insufficientPermissions")

    with pytest.raises(Unreachable):
        calls.call(link=link, operation="events.insert", now=now, deadline=deadline(), act=act)
    link.refresh_from_db()
    assert link.state == LinkState.LINKED


def test_a_revoked_consent_marks_the_link_once(link: Link, now: datetime, google: Google) -> None:
    link.refresh_from_db()
    google.revoke(link.refresh_token)
    for _ in range(3):
        with pytest.raises(CredentialsRevoked):
            list_calendars(link, now)
    link.refresh_from_db()
    assert (link.state, link.error_code, link.error_at) == (LinkState.NEEDS_RECONNECT, "invalid_grant", now)
    assert AuditEntry.objects.filter(action="calendar_needs_reconnect").count() == 1


def test_a_missing_permission_marks_the_link(link: Link, now: datetime, google: Google) -> None:
    google.fault("calendarList.list", "status", status=403, reason="insufficientPermissions")
    with pytest.raises(CredentialsRevoked):
        list_calendars(link, now)
    link.refresh_from_db()
    assert link.state == LinkState.NEEDS_RECONNECT


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"kind": "status", "status": 503}, Unreachable),
        ({"kind": "reset"}, OutcomeUnknown),
        ({"kind": "status", "status": 401, "reason": "invalid_client"}, NotConfigured),
    ],
)
def test_an_outage_disconnects_nobody(
    link: Link, now: datetime, google: Google, fault: dict[str, Any], expected: type[Exception]
) -> None:
    google.fault("token", **fault)
    with pytest.raises(expected):
        tokens.access_token(link=link, now=now + HOUR, deadline=deadline())
    link.refresh_from_db()
    assert (link.state, link.refresh_lease_until) == (LinkState.LINKED, None)
    assert tokens.access_token(link=link, now=now + HOUR, deadline=deadline())


def test_another_client_means_connecting_again(
    link: Link, now: datetime, monkeypatch: pytest.MonkeyPatch, refreshes: list[str]
) -> None:
    monkeypatch.setenv("CLINIC_AURORA_GOOGLE_CLIENT_ID", "own-client")
    monkeypatch.setenv("CLINIC_AURORA_GOOGLE_CLIENT_SECRET", "own-secret")
    with pytest.raises(CredentialsRevoked):
        tokens.access_token(link=link, now=now + HOUR, deadline=deadline())
    link.refresh_from_db()
    assert (link.state, link.error_code) == (LinkState.NEEDS_RECONNECT, "client_changed")
    assert refreshes == []
