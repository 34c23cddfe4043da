"""How does a person let us into their Google Calendar, and how do we stay in? The OAuth calls; pure.

Promises: nothing is kept here; every failure is one of the integration errors, and its class says what to do:
`CredentialsRevoked` the consent is gone (ask the person again), `Unreachable` / `Throttled` again later,
`NotConfigured` our own client is wrong (tell the operator, disconnect nobody).

Source: Google's OAuth 2.0 for web servers (developers.google.com/identity/protocols/oauth2/web-server, 14 Sep 2026):
parameters, token and revoke endpoints; `state`, PKCE S256, `access_type=offline`, `prompt=consent`.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from atendeai.common import circuit, http
from atendeai.common.asked_pause import asked_seconds
from atendeai.common.errors import (
    CredentialsRevoked,
    IntegrationError,
    NotConfigured,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Unreachable,
)
from calendar_sync.deadline import Waits

EVENTS_SCOPE = "https://www.googleapis.com/auth/calendar.events"
CALENDAR_LIST_SCOPE = "https://www.googleapis.com/auth/calendar.calendarlist.readonly"
OWN_CALENDAR_SCOPE = "https://www.googleapis.com/auth/calendar.app.created"
BUSY_SCOPE = "https://www.googleapis.com/auth/calendar.freebusy"
# The fewest that each way of working needs: an existing calendar, or one of ours, where nothing else is seen.
# The person may untick each of these on Google's page, so what was granted is checked against them.
NEEDED_SCOPES: dict[str, tuple[str, ...]] = {
    "existing": (EVENTS_SCOPE, CALENDAR_LIST_SCOPE),
    "own": (OWN_CALENDAR_SCOPE, BUSY_SCOPE),
}
# With each, to know as whom: these cannot be unticked.
SIGN_IN_SCOPES = ("openid", "email")

# Google's `error` word → what it means for us. Anything else refused with 4xx is `Rejected`.
_BY_ERROR: dict[str, type[IntegrationError]] = {
    "invalid_grant": CredentialsRevoked,
    "deleted_client": CredentialsRevoked,
    "unauthorized_client": CredentialsRevoked,
    "admin_policy_enforced": CredentialsRevoked,
    "invalid_client": NotConfigured,
    "redirect_uri_mismatch": NotConfigured,
    "internal_failure": Unreachable,
    "server_error": Unreachable,
    "temporarily_unavailable": Unreachable,
    "slow_down": Throttled,
}


@dataclass(frozen=True)
class Client:
    """One OAuth client of Google's console, and the addresses that stand for Google."""

    client_id: str
    client_secret: str
    authorize_url: str
    token_url: str
    revoke_url: str
    redirect_uri: str


@dataclass(frozen=True)
class Tokens:
    """What the token endpoint gave. `refresh_token` is None when Google sent none: keep the old one."""

    access_token: str
    expires_in_seconds: int
    refresh_token: str | None
    scopes: frozenset[str]
    sub: str
    email: str


def new_state() -> str:
    """256 random bits: who may end the linking is decided by knowing them, in the session that began it."""
    return secrets.token_urlsafe(32)


def new_verifier() -> str:
    """A PKCE verifier (RFC 7636: 43 to 128 characters)."""
    return secrets.token_urlsafe(64)


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a verifier."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def authorize_url(client: Client, *, scopes: Iterable[str], state: str, verifier: str, login_hint: str = "") -> str:
    """Where the person's browser goes, to be asked for these scopes beside signing in.

    `prompt=consent`, because without it Google sends a refresh token only the first time.
    """
    ask = {
        "client_id": client.client_id,
        "redirect_uri": client.redirect_uri,
        "response_type": "code",
        "scope": " ".join([*SIGN_IN_SCOPES, *scopes]),
        "state": state,
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": "S256",
        "access_type": "offline",
        "prompt": "consent",
    }
    if login_hint:
        ask["login_hint"] = login_hint
    return f"{client.authorize_url}?{urlencode(ask)}"


def exchange_code(client: Client, *, code: str, verifier: str, waits: Waits, clinic_id: int | None = None) -> Tokens:
    """Turns the code of the redirect into tokens. A code works once."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": verifier,
        "redirect_uri": client.redirect_uri,
    }
    return _ask_for_tokens(client, form, "token.exchange", waits, clinic_id)


def refresh(client: Client, *, refresh_token: str, waits: Waits, clinic_id: int | None = None) -> Tokens:
    """A new access token. A new refresh token, should one come, replaces the old one."""
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    return _ask_for_tokens(client, form, "token.refresh", waits, clinic_id)


def revoke(client: Client, *, token: str, waits: Waits, clinic_id: int | None = None) -> None:
    """Takes back ALL that this person granted to our project, in every clinic: the caller must know that."""
    with _calling("token.revoke", waits, clinic_id):
        reply = _post(client.revoke_url, {"token": token}, "token.revoke", waits, clinic_id)
        # 400 invalid_token: it was gone already, which is what was wanted.
        if reply.status >= 400 and reply.status != 400:
            raise _refusal(reply, "token.revoke")


def _ask_for_tokens(
    client: Client, form: Mapping[str, str], operation: str, waits: Waits, clinic_id: int | None
) -> Tokens:
    ours = {"client_id": client.client_id, "client_secret": client.client_secret}
    with _calling(operation, waits, clinic_id):
        reply = _post(client.token_url, {**form, **ours}, operation, waits, clinic_id)
        if reply.status != 200:
            raise _refusal(reply, operation)
        try:
            return _read_tokens(reply.json())
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise OutcomeUnknown("google", operation, detail=type(error).__name__, status=200) from None


def _calling(operation: str, waits: Waits, clinic_id: int | None) -> AbstractContextManager[None]:
    seconds = waits.connect_seconds + waits.read_seconds
    return circuit.calling(provider="google", operation=operation, clinic_id=clinic_id, seconds=seconds)


def _post(url: str, form: Mapping[str, str], operation: str, waits: Waits, clinic_id: int | None) -> http.Reply:
    return http.call(
        "POST",
        url,
        provider="google",
        operation=operation,
        clinic_id=clinic_id,
        form=form,
        connect_seconds=waits.connect_seconds,
        read_seconds=waits.read_seconds,
    )


def _read_tokens(answer: Mapping[str, Any]) -> Tokens:
    claims = _claims(answer["id_token"]) if answer.get("id_token") else {}
    return Tokens(
        access_token=_text(answer["access_token"]),
        expires_in_seconds=int(answer["expires_in"]),
        refresh_token=_text(answer["refresh_token"]) if answer.get("refresh_token") else None,
        scopes=frozenset(str(answer.get("scope", "")).split()),
        sub=str(claims.get("sub", "")),
        email=str(claims.get("email", "")),
    )


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("not a text")
    return value


def _claims(id_token: str) -> Mapping[str, Any]:
    """The claims, unverified: the token came straight from the token endpoint over TLS, not through the browser.

    (OpenID Connect Core 3.1.3.7, point 6, allows exactly this.)
    """
    segment = id_token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    if not isinstance(claims, dict):
        raise TypeError("claims are not an object")
    return claims


def _refusal(reply: http.Reply, operation: str) -> IntegrationError:
    code = _error_word(reply)
    return classify(reply.status, code)(
        "google", operation, code=code, status=reply.status, retry_after_seconds=asked_seconds(reply.headers)
    )


def classify(status: int, error: str) -> type[IntegrationError]:
    """The closed table: what a refusal of the token or revoke endpoint means."""
    if status == 429:
        return Throttled
    if status >= 500 or status == 408:
        return Unreachable
    return _BY_ERROR.get(error, Rejected)


def _error_word(reply: http.Reply) -> str:
    try:
        answer = reply.json()
    except ValueError:
        return ""
    word = answer.get("error") if isinstance(answer, dict) else ""
    return word[:60] if isinstance(word, str) else ""
