"""The OAuth calls without a network: the address of the consent page, and what a refusal means."""

from urllib.parse import parse_qs, urlsplit

import pytest

from atendeai.common import http
from atendeai.common.errors import (
    CredentialsRevoked,
    IntegrationError,
    NotConfigured,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Unreachable,
)
from atendeai.common.http import Reply
from calendar_sync import oauth
from calendar_sync.deadline import Waits

CLIENT = oauth.Client(
    client_id="client",
    client_secret="secret",
    authorize_url="https://accounts.example/auth",
    token_url="https://oauth.example/token",
    revoke_url="https://oauth.example/revoke",
    redirect_uri="https://clinic.example/oauth/google/callback/",
)


def test_challenge_is_the_one_of_rfc_7636() -> None:
    challenge = oauth.challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_verifier_and_state_are_long_and_never_the_same() -> None:
    assert 43 <= len(oauth.new_verifier()) <= 128
    assert len(oauth.new_state()) >= 43
    assert oauth.new_verifier() != oauth.new_verifier()
    assert oauth.new_state() != oauth.new_state()


def test_consent_page_is_asked_for_offline_access_with_state_and_pkce() -> None:
    url = oauth.authorize_url(
        CLIENT,
        scopes=oauth.NEEDED_SCOPES["existing"],
        state="the-state",
        verifier="v" * 43,
        login_hint="a@b.example",
    )
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert url.startswith("https://accounts.example/auth?")
    assert asked == {
        "client_id": "client",
        "redirect_uri": "https://clinic.example/oauth/google/callback/",
        "response_type": "code",
        "scope": "openid email https://www.googleapis.com/auth/calendar.events"
        " https://www.googleapis.com/auth/calendar.calendarlist.readonly",
        "state": "the-state",
        "code_challenge": oauth.challenge_of("v" * 43),
        "code_challenge_method": "S256",
        "access_type": "offline",
        "prompt": "consent",
        "login_hint": "a@b.example",
    }
    assert "v" * 43 not in url


@pytest.mark.parametrize(
    ("status", "word", "expected"),
    [
        (400, "invalid_grant", CredentialsRevoked),
        (401, "deleted_client", CredentialsRevoked),
        (401, "unauthorized_client", CredentialsRevoked),
        (403, "admin_policy_enforced", CredentialsRevoked),
        (401, "invalid_client", NotConfigured),
        (400, "redirect_uri_mismatch", NotConfigured),
        (400, "temporarily_unavailable", Unreachable),
        (400, "invalid_request", Rejected),
        (400, "", Rejected),
        (429, "", Throttled),
        (429, "invalid_grant", Throttled),
        (500, "internal_failure", Unreachable),
        (503, "invalid_grant", Unreachable),
    ],
)
def test_refusals(status: int, word: str, expected: type[IntegrationError]) -> None:
    assert oauth.classify(status, word) is expected


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"access_token": "", "expires_in": 1}'])
def test_an_unreadable_success_is_an_unknown_outcome(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "call", lambda *_, **__: Reply(200, {}, body))
    with pytest.raises(OutcomeUnknown):
        oauth.refresh(CLIENT, refresh_token="r", waits=Waits(1, 1))


def test_a_refresh_token_that_comes_with_a_refresh_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    body = b'{"access_token": "a", "expires_in": 3599, "refresh_token": "new", "scope": "x y"}'
    monkeypatch.setattr(http, "call", lambda *_, **__: Reply(200, {}, body))
    tokens = oauth.refresh(CLIENT, refresh_token="old", waits=Waits(1, 1))
    assert (tokens.refresh_token, tokens.scopes) == ("new", frozenset({"x", "y"}))
