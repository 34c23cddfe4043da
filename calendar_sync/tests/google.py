"""The simulator of Google as tests use it: over HTTP, as a person at the browser and as a look into the calendar."""

import os
import re
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

ROOT = Path(__file__).resolve().parents[2]
HELENA = "helena.prado@aurora.example"
MARCOS = "marcos.lima@aurora.example"
LIVIA = "livia.rocha@boreal.example"
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
BOXES = re.compile(r'<input type="checkbox" name="scope" value="([^"]+)"')


@dataclass(frozen=True)
class Google:
    """A running simulator."""

    address: str

    def consent(
        self, authorize_url: str, *, account: str = HELENA, without: str = "", decision: str = "allow"
    ) -> dict[str, str]:
        """Fills in the consent form as a person would; the parameters of the redirect back."""
        page = requests.get(authorize_url, timeout=10)
        assert page.status_code == 200, page.text
        boxes = [unescape(scope) for scope in BOXES.findall(page.text)]
        form: list[tuple[str, str]] = [(name, unescape(value)) for name, value in HIDDEN.findall(page.text)]
        form += [("scope", scope) for scope in boxes if scope != without]
        form += [("account", account), ("decision", decision)]
        answer = requests.post(f"{self.address}/o/oauth2/v2/auth", data=form, allow_redirects=False, timeout=10)
        assert answer.status_code == 302, answer.text
        return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}

    def events(self, calendar_id: str, *, cancelled: bool = False) -> list[dict[str, Any]]:
        """What the calendar holds."""
        found = self._control("GET", f"calendars/{calendar_id}/events")["events"]
        return [event for event in found if cancelled or event["status"] != "cancelled"]

    def change_event(self, calendar_id: str, event_id: str, body: dict[str, Any]) -> None:
        """A person edits the event in Google."""
        self._control("PATCH", f"calendars/{calendar_id}/events/{event_id}", body)

    def make_unreadable(self, calendar_id: str, event_id: str, **changes: Any) -> None:
        """The event is there from now on, and says something that no reader of ours understands."""
        self.change_event(calendar_id, event_id, {"extendedProperties": {"private": 0}, **changes})

    def make_nameless(self, calendar_id: str, *event_ids: str) -> None:
        """Lists hold these events from now on, and do not say which they are; without any it is healed."""
        self._control("POST", f"calendars/{calendar_id}/nameless", {"events": event_ids})

    def remove_event(self, calendar_id: str, event_id: str) -> None:
        """A person deletes the event in Google."""
        self._control("DELETE", f"calendars/{calendar_id}/events/{event_id}")

    def add_event(self, calendar_id: str, body: dict[str, Any]) -> str:
        """A person makes an event in Google; its id."""
        return str(self._control("POST", f"calendars/{calendar_id}/events", body)["id"])

    def end_sync_tokens(self, calendar_id: str) -> None:
        """Google forgets what its sync tokens of this calendar counted on."""
        self._control("DELETE", f"calendars/{calendar_id}/sync-tokens")

    def channels(self, calendar_id: str) -> list[dict[str, Any]]:
        """Who is told of changes."""
        return list(self._control("GET", f"calendars/{calendar_id}/channels")["channels"])

    def fail_free_busy(self, calendar_id: str, reason: str | None) -> None:
        """Free/busy of this calendar fails inside the 200, until healed with None."""
        self._control("POST", f"calendars/{calendar_id}/free-busy", {"reason": reason})

    def fault(self, operation: str, kind: str, **rule: Any) -> None:
        """The next call of this operation misbehaves."""
        self._control("POST", "faults", {"target": "google", "operation": operation, "kind": kind, **rule})

    def calls(self) -> list[dict[str, Any]]:
        """What was asked of the simulator, oldest first."""
        return list(self._control("GET", "calls")["calls"])

    def heal(self) -> None:
        """No faults any more."""
        self._control("DELETE", "faults")

    def misfits(self) -> list[str]:
        """Which calls are not as Google's own description of the API has them; forgotten with the asking."""
        found: list[str] = self._control("GET", "misfits")["misfits"]
        if found:
            self._control("DELETE", "misfits")
        return found

    def reset(self) -> None:
        """Empty calendars, no faults; accounts and tokens stay."""
        self._control("POST", "reset")

    def revoke(self, token: str) -> None:
        """The person takes the consent back."""
        assert requests.post(f"{self.address}/revoke", data={"token": token}, timeout=10).status_code == 200

    def _control(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = requests.request(method, f"{self.address}/control/{path}", json=body, timeout=10)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None


def start_simulator(state: Path, client_id: str, client_secret: str) -> tuple[subprocess.Popen[bytes], Google]:
    """A simulator of its own on a free port, once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {
        "PATH": os.environ["PATH"],
        "SANDBOX_PORT": str(port),
        "SANDBOX_STATE_DIR": str(state),
        "SANDBOX_GOOGLE_CLIENT_ID": client_id,
        "SANDBOX_GOOGLE_CLIENT_SECRET": client_secret,
    }
    process = subprocess.Popen([sys.executable, "-m", "sandbox"], cwd=ROOT, env=env)
    address = f"http://127.0.0.1:{port}"
    for _ in range(200):
        try:
            if requests.get(f"{address}/control/clock", timeout=1).status_code == 200:
                return process, Google(address)
        except requests.ConnectionError:
            time.sleep(0.05)
    process.kill()
    raise AssertionError("the simulator did not start")
