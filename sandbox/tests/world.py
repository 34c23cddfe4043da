"""A running simulator and the few calls that most tests make."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import uvicorn

from sandbox.app import build_app
from sandbox.server import build_server
from sandbox.settings import read_settings

DALVA = "5511987650001"
REDIRECT = "http://127.0.0.1:8000/oauth/google/callback/"
CALENDAR_SCOPE = "https://www.googleapis.com/auth/calendar"
HELENA = "helena.prado@aurora.example"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class World:
    """One simulator in a thread of this process, on a free port."""

    state_dir: Path
    webhook_base: str
    port: int = field(default_factory=free_port)
    server: uvicorn.Server | None = None
    thread: threading.Thread | None = None

    def start(self) -> None:
        env = {
            "SANDBOX_PORT": str(self.port),
            "SANDBOX_STATE_DIR": str(self.state_dir),
            "SANDBOX_WEBHOOK_BASE": self.webhook_base,
            "SANDBOX_APP_SECRET": "s3cret,older",
        }
        settings = read_settings(env)
        self.server = build_server(build_app(settings), settings)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        deadline = time.monotonic() + 10
        while not self.server.started:
            assert time.monotonic() < deadline, "the simulator did not start"
            time.sleep(0.01)
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=10, trust_env=False)

    def stop(self) -> None:
        assert self.server is not None
        assert self.thread is not None
        self.http.close()
        self.server.should_exit = True
        self.thread.join(10)
        assert not self.thread.is_alive()

    # Patients -----------------------------------------------------------------------------------
    def write(self, who: str = DALVA, to: str = "aurora", **body: Any) -> dict[str, Any]:
        answer = self.http.post(f"/control/patients/{who}/messages", json={"to": to, **body})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def chat(self, who: str = DALVA, slug: str = "aurora") -> list[dict[str, Any]]:
        answer = self.http.get(f"/control/patients/{who}/messages", params={"with": slug})
        found: list[dict[str, Any]] = answer.json()["messages"]
        return found

    # The clinic ---------------------------------------------------------------------------------
    def graph(self, method: str, path: str, *, token: str = "sandbox-token-aurora", **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return self.http.request(method, f"/v24.0/{path}", headers=headers, **more)

    def send(self, **message: Any) -> httpx.Response:
        body = {"messaging_product": "whatsapp", "to": f"+{DALVA}", **message}
        if "type" not in body and "status" not in body:
            body |= {"type": "text", "text": {"body": "Olá! Ação às 9h / 10h 😀"}}
        return self.graph("POST", "100000000000001/messages", json=body)

    def template(self, name: str = "lembrete", body: str = "Olá, {{1}}, até amanhã!", **more: Any) -> dict[str, Any]:
        """A template that is there at once, approved unless told otherwise."""
        text: dict[str, Any] = {"type": "BODY", "text": body}
        if "{{1}}" in body:
            text["example"] = {"body_text": [["Dalva", "9h"]]}
        told = {"slug": "aurora", "name": name, "components": [text], **more}
        answer = self.http.post("/control/templates", json=told)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def decide(self, template_id: str, action: str, **more: Any) -> dict[str, Any]:
        """What Meta decides about it."""
        answer = self.http.post(f"/control/templates/{template_id}", json={"action": action, **more})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def fault(self, **rule: Any) -> None:
        assert self.http.post("/control/faults", json=rule).status_code == 201

    def habits(self, **habits: Any) -> None:
        assert self.http.post("/control/webhooks", json=habits).status_code == 200

    # Google -------------------------------------------------------------------------------------
    def consent(self, *, scopes: str = CALENDAR_SCOPE, account: str = HELENA, **extra: str) -> dict[str, str]:
        """Walks the consent page like a browser; the query of the redirect."""
        ask = {
            "client_id": "sandbox-client-id",
            "redirect_uri": REDIRECT,
            "response_type": "code",
            "scope": scopes,
            "state": "st/te",
            "access_type": "offline",
        }
        decision = extra.pop("decision", "allow")
        ticked = extra.pop("ticked", scopes)
        page = self.http.get("/o/oauth2/v2/auth", params=ask | extra)
        assert page.status_code == 200, page.text
        form: dict[str, Any] = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        form |= {"account": account, "scope": ticked.split(), "decision": decision}
        answer = self.http.post("/o/oauth2/v2/auth", data=form)
        assert answer.status_code == 302, answer.text
        assert answer.headers["location"].startswith(REDIRECT)
        query = parse_qs(urlsplit(answer.headers["location"]).query)
        return {name: values[0] for name, values in query.items()}

    def exchange(self, code: str, **more: str) -> httpx.Response:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT,
            "client_id": "sandbox-client-id",
            "client_secret": "sandbox-client-secret",
        }
        return self.http.post("/token", data=form | more)

    def refresh(self, refresh_token: str, **more: str) -> httpx.Response:
        form = {
            "grant_type": "refresh_token",
            "refresh_token": refresh_token,
            "client_id": "sandbox-client-id",
            "client_secret": "sandbox-client-secret",
        }
        return self.http.post("/token", data=form | more)

    def link(self, *, scopes: str = CALENDAR_SCOPE, account: str = HELENA) -> str:
        """An access token."""
        answer = self.exchange(self.consent(scopes=scopes, account=account)["code"])
        return str(answer.json()["access_token"])


def challenge_of(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
