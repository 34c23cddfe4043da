"""Who is calling? Codes, access and refresh tokens, and what revoking takes away."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass

from starlette.requests import Request

from sandbox.google.errors import OAuthError, bad_token, scope_missing
from sandbox.google.scopes import MAKE_CALENDARS, OPENS_ALL, allows
from sandbox.simulator import Simulator
from sandbox.store import Json, Row

ACCESS_SECONDS = 3599
CODE_SECONDS = 600


@dataclass(frozen=True)
class Consent:
    """What a person allowed, until the code is exchanged."""

    account: str
    client_id: str
    redirect_uri: str
    scopes: list[str]
    is_offline: bool
    is_forced: bool  # prompt=consent: a refresh token comes even when it is not the first time
    challenge: str
    challenge_method: str
    nonce: str


@dataclass(frozen=True)
class Caller:
    """The account and client behind an access token."""

    account: str
    client_id: str
    clinic: str
    # Of the scopes that open calendars it has only the one for those the program made itself.
    sees_own_only: bool = False


def issue_code(simulator: Simulator, consent: Consent) -> str:
    code = "4/0A" + secrets.token_urlsafe(32)
    expires_at = simulator.clock.now() + CODE_SECONDS
    sql = "INSERT INTO codes (code, grant_data, expires_at) VALUES (?, ?, ?)"
    simulator.store.run(sql, code, json.dumps(asdict(consent)), expires_at)
    return code


def take_code(simulator: Simulator, code: str) -> Consent:
    """A code works once, and dies even when the exchange fails later."""
    row = simulator.store.find("SELECT * FROM codes WHERE code = ?", code)
    simulator.store.run("DELETE FROM codes WHERE code = ?", code)
    if row is None or row["expires_at"] < simulator.clock.now():
        raise OAuthError(400, "invalid_grant", "Malformed auth code.")
    return Consent(**json.loads(row["grant_data"]))


def note_grant(simulator: Simulator, account: str, client_id: str, scopes: list[str]) -> bool:
    """True when this person had never allowed this client anything (or took it back since)."""
    sql = "SELECT scopes FROM grants WHERE account = ? AND client_id = ?"
    before = simulator.store.find(sql, account, client_id)
    merged = sorted({*scopes, *(json.loads(before["scopes"]) if before else ())})
    sql = "INSERT OR REPLACE INTO grants (account, client_id, scopes) VALUES (?, ?, ?)"
    simulator.store.run(sql, account, client_id, json.dumps(merged))
    return before is None


def issue_access_token(simulator: Simulator, account: str, client_id: str, scopes: list[str]) -> str:
    token = "ya29." + secrets.token_urlsafe(48)
    expires_at = simulator.clock.now() + ACCESS_SECONDS
    sql = "INSERT INTO access_tokens (token, account, client_id, scopes, expires_at) VALUES (?, ?, ?, ?, ?)"
    simulator.store.run(sql, token, account, client_id, json.dumps(scopes), expires_at)
    return token


def issue_refresh_token(simulator: Simulator, account: str, client_id: str, scopes: list[str]) -> str:
    token = "1//0h" + secrets.token_urlsafe(48)
    sql = "INSERT INTO refresh_tokens (token, account, client_id, scopes) VALUES (?, ?, ?, ?)"
    simulator.store.run(sql, token, account, client_id, json.dumps(scopes))
    return token


def find_refresh_token(simulator: Simulator, token: str, client_id: str) -> Row:
    sql = "SELECT * FROM refresh_tokens WHERE token = ? AND client_id = ?"
    row = simulator.store.find(sql, token, client_id)
    if row is None:
        raise OAuthError(400, "invalid_grant", "Token has been expired or revoked.")
    return row


def revoke(simulator: Simulator, token: str) -> None:
    """Everything this person allowed the project, whichever client and token: as Google does."""
    row = None
    for table in ("refresh_tokens", "access_tokens"):
        sql = f"SELECT account FROM {table} WHERE token = ?"  # noqa: S608 - fixed table names
        row = row or simulator.store.find(sql, token)
    if row is None:
        raise OAuthError(400, "invalid_token", "Token expired or revoked")
    for table in ("refresh_tokens", "access_tokens", "grants"):
        simulator.store.run(f"DELETE FROM {table} WHERE account = ?", row["account"])  # noqa: S608


def caller_of(request: Request, simulator: Simulator, wanted: set[str] | None) -> Caller:
    """The caller, if the token lives and one of the `wanted` scopes was granted (None: any will do)."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    sql = (
        "SELECT t.*, a.clinic FROM access_tokens t JOIN accounts a ON a.email = t.account WHERE token = ?"
        " AND expires_at > ?"
    )
    row = simulator.store.find(sql, token, simulator.clock.now())
    if row is None or scheme.lower() != "bearer":
        raise bad_token()
    if wanted is not None and not allows(json.loads(row["scopes"]), wanted):
        raise scope_missing()
    scopes = json.loads(row["scopes"])
    sees_own_only = allows(scopes, MAKE_CALENDARS) and not allows(scopes, OPENS_ALL)
    if wanted and wanted.isdisjoint(MAKE_CALENDARS):
        # Busy times of any calendar of the account may be asked for all the same.
        sees_own_only = False
    return Caller(row["account"], row["client_id"], row["clinic"], sees_own_only)


def profile_of(simulator: Simulator, account: str) -> Json:
    row = simulator.store.find("SELECT * FROM accounts WHERE email = ?", account)
    assert row is not None  # noqa: S101 - tokens are only issued to accounts that exist
    return {"sub": row["sub"], "email": row["email"], "email_verified": True, "name": row["name"]}
