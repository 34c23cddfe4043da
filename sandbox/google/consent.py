"""May this clinic use my calendar? The consent page: one plain form, and the redirect that answers it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode, urlsplit

import jinja2
from starlette.datastructures import FormData, QueryParams
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.google.scopes import SIGN_IN, name_of
from sandbox.google.tokens import Consent, issue_code
from sandbox.simulator import Simulator, simulator_of
from sandbox.store import Json

TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent.parent / "templates"), autoescape=True
)
CARRIED = (
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "access_type",
    "prompt",
    "login_hint",
    "code_challenge",
    "code_challenge_method",
    "include_granted_scopes",
    "nonce",
)


class BadAskError(Exception):
    """A request that cannot even be redirected back: Google shows it to the person."""

    def __init__(self, status: int, error: str, details: str) -> None:
        super().__init__(details)
        self.status = status
        self.error = error
        self.details = details


async def consent_page(request: Request) -> Response:
    """GET shows the form; POST of that form sends the person back with a code or with access_denied."""
    simulator = simulator_of(request)
    asked: QueryParams | FormData = await request.form() if request.method == "POST" else request.query_params
    ask = {name: str(asked.get(f"ask_{name}" if request.method == "POST" else name) or "") for name in CARRIED}
    try:
        _check(simulator, ask)
    except BadAskError as bad:
        page = TEMPLATES.get_template("oauth_error.html")
        return HTMLResponse(page.render(error=bad.error, details=bad.details), bad.status)
    if isinstance(asked, FormData):
        return _decide(simulator, ask, asked)
    if ask["prompt"] == "none":
        return _back(ask, {"error": "interaction_required"})
    return _show(simulator, ask)


def _check(simulator: Simulator, ask: dict[str, str]) -> None:
    if ask["client_id"] not in simulator.settings.clients:
        raise BadAskError(401, "invalid_client", "The OAuth client was not found.")
    _check_redirect(ask["redirect_uri"])
    if ask["response_type"] != "code":
        raise BadAskError(400, "unsupported_response_type", "response_type must be code")
    if not ask["scope"].split():
        raise BadAskError(400, "invalid_request", "Missing required parameter: scope")
    if ask["code_challenge"] and ask["code_challenge_method"] not in ("S256", "plain", ""):
        raise BadAskError(400, "invalid_request", "code_challenge_method must be S256 or plain")


def _check_redirect(redirect_uri: str) -> None:
    """https anywhere, http only on this machine: as a web client of Google's may register."""
    parts = urlsplit(redirect_uri)
    is_loopback = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if (
        not parts.hostname
        or parts.fragment
        or not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback))
    ):
        raise BadAskError(400, "redirect_uri_mismatch", "The redirect URI is not one a web client may register.")


def _show(simulator: Simulator, ask: dict[str, str]) -> Response:
    accounts = simulator.store.list("SELECT * FROM accounts ORDER BY clinic, email")
    hint = ask["login_hint"]
    chosen = next((one["email"] for one in accounts if hint in (one["email"], one["sub"])), None)
    scopes = [{"value": one, "name": name_of(one)} for one in ask["scope"].split() if one not in SIGN_IN]
    page = TEMPLATES.get_template("consent.html")
    return HTMLResponse(page.render(ask=ask, accounts=accounts, chosen=chosen or accounts[0]["email"], scopes=scopes))


def _decide(simulator: Simulator, ask: dict[str, str], form: FormData) -> Response:
    if form.get("decision") != "allow":
        return _back(ask, {"error": "access_denied"})
    account = str(form.get("account") or "")
    if simulator.store.find("SELECT 1 FROM accounts WHERE email = ?", account) is None:
        return HTMLResponse("Escolha uma conta.", 400)
    scopes = _granted(ask, [str(one) for one in form.getlist("scope")])
    code = issue_code(
        simulator,
        Consent(
            account=account,
            client_id=ask["client_id"],
            redirect_uri=ask["redirect_uri"],
            scopes=scopes,
            is_offline=ask["access_type"] == "offline",
            is_forced="consent" in ask["prompt"].split(),
            challenge=ask["code_challenge"],
            challenge_method=ask["code_challenge_method"] or "plain",
            nonce=ask["nonce"],
        ),
    )
    simulator.changed()
    return _back(ask, {"code": code, "scope": " ".join(scopes), "authuser": "0", "prompt": "consent"})


def _granted(ask: dict[str, str], ticked: list[str]) -> list[str]:
    """What was asked and left ticked; signing in cannot be unticked."""
    asked = ask["scope"].split()
    return list(dict.fromkeys(SIGN_IN.get(one, one) for one in asked if one in SIGN_IN or one in ticked))


def _back(ask: dict[str, str], answer: Json) -> Response:
    if ask["state"]:
        answer = {"state": ask["state"], **answer}
    separator = "&" if urlsplit(ask["redirect_uri"]).query else "?"
    return RedirectResponse(f"{ask['redirect_uri']}{separator}{urlencode(answer)}", 302)
