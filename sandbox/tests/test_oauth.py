"""Does consent work as Google's? PKCE, refresh, revoke, unticked scopes and refusals."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest

from sandbox.tests.world import CALENDAR_SCOPE, HELENA, REDIRECT, World, challenge_of

EVENTS = "https://www.googleapis.com/auth/calendar.events"
LIST = "https://www.googleapis.com/auth/calendar.calendarlist.readonly"
VERIFIER = "v" * 64


def error_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


def calendar_list(world: World, token: str) -> httpx.Response:
    path = "/calendar/v3/users/me/calendarList"
    return world.http.get(path, headers={"Authorization": f"Bearer {token}"})


def test_a_code_buys_tokens_and_an_identity(world: World) -> None:
    back = world.consent(scopes=f"openid email {EVENTS} {LIST}", login_hint=HELENA)
    assert back["state"] == "st/te"
    bought = world.exchange(back["code"]).json()
    assert bought["expires_in"] == 3599
    assert bought["token_type"] == "Bearer"
    assert set(bought["scope"].split()) >= {EVENTS, LIST, "openid"}
    claims = json.loads(base64.urlsafe_b64decode(bought["id_token"].split(".")[1] + "=="))
    assert (claims["email"], claims["aud"]) == (HELENA, "sandbox-client-id")
    calendars = calendar_list(world, bought["access_token"]).json()["items"]
    assert [one["summary"] for one in calendars] == [HELENA, "Consultório Dra. Helena"]


def test_a_code_works_once(world: World) -> None:
    code = world.consent()["code"]
    assert world.exchange(code).status_code == 200
    assert error_of(world.exchange(code)) == (400, "invalid_grant")


def test_pkce_needs_the_right_verifier(world: World) -> None:
    extra = {"code_challenge": challenge_of(VERIFIER), "code_challenge_method": "S256"}
    for more in ({}, {"code_verifier": "w" * 64}):
        assert error_of(world.exchange(world.consent(**extra)["code"], **more)) == (400, "invalid_grant")
    answer = world.exchange(world.consent(**extra)["code"], code_verifier=VERIFIER)
    assert answer.status_code == 200


def test_saying_no_comes_back_as_access_denied(world: World) -> None:
    assert world.consent(decision="deny") == {"state": "st/te", "error": "access_denied"}


def test_an_unticked_scope_is_not_granted(world: World) -> None:
    back = world.consent(scopes=f"openid {EVENTS} {LIST}", ticked=EVENTS)
    bought = world.exchange(back["code"]).json()
    assert bought["scope"] == f"openid {EVENTS}"
    refused = calendar_list(world, bought["access_token"])
    assert refused.status_code == 403
    assert refused.json()["error"]["errors"][0]["reason"] == "insufficientPermissions"


def test_a_refresh_token_comes_first_time_or_when_forced(world: World) -> None:
    assert "refresh_token" in world.exchange(world.consent()["code"]).json()
    assert "refresh_token" not in world.exchange(world.consent()["code"]).json()
    assert "refresh_token" in world.exchange(world.consent(prompt="consent")["code"]).json()
    online = world.consent(prompt="consent", access_type="online")["code"]
    assert "refresh_token" not in world.exchange(online).json()


def test_an_access_token_expires_and_refreshes(world: World) -> None:
    bought = world.exchange(world.consent()["code"]).json()
    world.http.post("/control/clock", json={"advance_seconds": 3600})
    expired = calendar_list(world, bought["access_token"])
    assert (expired.status_code, expired.json()["error"]["errors"][0]["reason"]) == (401, "authError")
    fresh = world.refresh(bought["refresh_token"]).json()
    assert "refresh_token" not in fresh
    assert fresh["scope"] == CALENDAR_SCOPE
    assert calendar_list(world, fresh["access_token"]).status_code == 200


def test_revoking_takes_everything_of_that_person(world: World) -> None:
    first = world.exchange(world.consent()["code"]).json()
    second = world.exchange(world.consent(prompt="consent")["code"]).json()
    assert world.http.post("/revoke", data={"token": first["refresh_token"]}).status_code == 200
    assert error_of(world.refresh(second["refresh_token"])) == (400, "invalid_grant")
    assert calendar_list(world, second["access_token"]).status_code == 401
    gone = world.http.post("/revoke", data={"token": first["refresh_token"]})
    assert error_of(gone) == (400, "invalid_token")
    assert "refresh_token" in world.exchange(world.consent()["code"]).json()


def test_the_client_is_checked_in_body_or_header(world: World) -> None:
    wrong = world.exchange(world.consent()["code"], client_secret="no")
    assert error_of(wrong) == (401, "invalid_client")
    form = {"grant_type": "authorization_code", "code": world.consent()["code"], "redirect_uri": REDIRECT}
    basic = ("sandbox-client-id", "sandbox-client-secret")
    assert world.http.post("/token", data=form, auth=basic).status_code == 200


def test_the_redirect_must_be_the_one_consented_to(world: World) -> None:
    answer = world.exchange(world.consent()["code"], redirect_uri=f"{REDIRECT}x")
    assert error_of(answer) == (400, "redirect_uri_mismatch")


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"redirect_uri": "http://clinic.example/callback"}, 400, "redirect_uri_mismatch"),
        ({"redirect_uri": ""}, 400, "redirect_uri_mismatch"),
        ({"response_type": "token"}, 400, "unsupported_response_type"),
        ({"scope": ""}, 400, "invalid_request"),
        ({"code_challenge": "x", "code_challenge_method": "S512"}, 400, "invalid_request"),
    ],
)
def test_a_bad_request_is_shown_to_the_person(world: World, change: dict[str, str], status: int, error: str) -> None:
    ask: dict[str, Any] = {
        "client_id": "sandbox-client-id",
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": CALENDAR_SCOPE,
    }
    answer = world.http.get("/o/oauth2/v2/auth", params=ask | change)
    assert answer.status_code == status
    assert error in answer.text
