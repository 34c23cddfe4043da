"""What does a code or a refresh token buy? The token, revoke and userinfo endpoints."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.google import tokens
from sandbox.google.errors import OAuthError, refuse_oauth
from sandbox.google.scopes import SIGN_IN
from sandbox.simulator import Simulator, simulator_of
from sandbox.store import Json

Form = dict[str, str]


async def token(request: Request) -> Response:
    """POST /token: exchanges a code, or refreshes. Client id and secret in the body or as HTTP Basic."""
    simulator = simulator_of(request)
    form = {name: str(value) for name, value in (await request.form()).items()}

    async def act() -> Response:
        client_id = _client_of(simulator, request, form)
        grant = {"authorization_code": _exchange, "refresh_token": _refresh}.get(form.get("grant_type", ""))
        if grant is None:
            raise OAuthError(400, "unsupported_grant_type", "Invalid grant_type")
        return JSONResponse(grant(simulator, client_id, form), headers={"Cache-Control": "no-store"})

    call = ("google", "token", _clinic_of(simulator, form))
    return await simulator.guarded(request, call, act, refuse_oauth)


def _clinic_of(simulator: Simulator, form: Form) -> str | None:
    """Only to aim a fault: the clinic whose person a refresh token or a code belongs to."""
    store = simulator.store
    row = store.find("SELECT account FROM refresh_tokens WHERE token = ?", form.get("refresh_token", ""))
    account = row["account"] if row is not None else ""
    code = store.find("SELECT grant_data FROM codes WHERE code = ?", form.get("code", ""))
    if code is not None:
        account = json.loads(code["grant_data"])["account"]
    owner = store.find("SELECT clinic FROM accounts WHERE email = ?", account)
    return owner["clinic"] if owner is not None else None


def _client_of(simulator: Simulator, request: Request, form: Form) -> str:
    client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        client_id, secret = _read_basic(value)
    expected = simulator.settings.clients.get(client_id)
    if expected is None:
        raise OAuthError(401, "invalid_client", "The OAuth client was not found.")
    if not hmac.compare_digest(secret.encode(), expected.encode()):
        raise OAuthError(401, "invalid_client", "Unauthorized")
    return client_id


def _read_basic(value: str) -> tuple[str, str]:
    try:
        user, _, password = base64.b64decode(value).decode().partition(":")
    except ValueError:
        return "", ""
    return unquote(user), unquote(password)


def _exchange(simulator: Simulator, client_id: str, form: Form) -> Json:
    consent = tokens.take_code(simulator, form.get("code", ""))
    if consent.client_id != client_id:
        raise OAuthError(400, "invalid_grant", "Bad Request")
    if consent.redirect_uri != form.get("redirect_uri", ""):
        raise OAuthError(400, "redirect_uri_mismatch", "Bad Request")
    _check_verifier(consent, form.get("code_verifier", ""))
    with simulator.store.transaction():
        is_first = tokens.note_grant(simulator, consent.account, client_id, consent.scopes)
        answer = _access(simulator, consent.account, client_id, consent.scopes)
        if consent.is_offline and (is_first or consent.is_forced):
            issue = tokens.issue_refresh_token
            answer["refresh_token"] = issue(simulator, consent.account, client_id, consent.scopes)
    if SIGN_IN["openid"] in consent.scopes:
        answer["id_token"] = _id_token(simulator, consent)
    return answer


def _check_verifier(consent: tokens.Consent, verifier: str) -> None:
    if not consent.challenge:
        return
    if not verifier:
        raise OAuthError(400, "invalid_grant", "Missing code verifier.")
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    given = digest if consent.challenge_method == "S256" else verifier
    if not hmac.compare_digest(given.encode(), consent.challenge.encode()):
        raise OAuthError(400, "invalid_grant", "Invalid code verifier.")


def _refresh(simulator: Simulator, client_id: str, form: Form) -> Json:
    row = tokens.find_refresh_token(simulator, form.get("refresh_token", ""), client_id)
    return _access(simulator, row["account"], client_id, json.loads(row["scopes"]))


def _access(simulator: Simulator, account: str, client_id: str, scopes: list[str]) -> Json:
    return {
        "access_token": tokens.issue_access_token(simulator, account, client_id, scopes),
        "expires_in": tokens.ACCESS_SECONDS,
        "scope": " ".join(scopes),
        "token_type": "Bearer",
    }


def _id_token(simulator: Simulator, consent: tokens.Consent) -> str:
    """A JWT signed with the client's secret: there is no key server here."""
    now = int(simulator.clock.now())
    claims = {
        "iss": "https://accounts.google.com",
        "aud": consent.client_id,
        "azp": consent.client_id,
        **tokens.profile_of(simulator, consent.account),
        "iat": now,
        "exp": now + 3600,
    }
    if consent.nonce:
        claims["nonce"] = consent.nonce
    unsigned = ".".join(_segment(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    key = simulator.settings.clients[consent.client_id].encode()
    return f"{unsigned}.{_segment(hmac.new(key, unsigned.encode(), hashlib.sha256).digest())}"


def _segment(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


async def revoke(request: Request) -> Response:
    """POST /revoke with `token` in the form or the query."""
    simulator = simulator_of(request)
    form = await request.form()
    value = str(form.get("token") or request.query_params.get("token") or "")

    async def act() -> Response:
        with simulator.store.transaction():
            tokens.revoke(simulator, value)
        return JSONResponse({})

    return await simulator.guarded(request, ("google", "revoke", None), act, refuse_oauth)


async def userinfo(request: Request) -> Response:
    simulator = simulator_of(request)
    caller = tokens.caller_of(request, simulator, None)
    return JSONResponse(tokens.profile_of(simulator, caller.account))
