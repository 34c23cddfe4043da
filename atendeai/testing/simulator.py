"""The simulator of Meta and Google as a test uses it: a process of its own, spoken to over HTTP only."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

import requests

ROOT = Path(__file__).resolve().parent.parent.parent
READY_SECONDS = 20


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class Simulator:
    """A running simulator; `with Simulator(folder) as simulator:`."""

    def __init__(self, state: Path, *, webhook_base: str = "http://127.0.0.1:9", **settings: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._settings = {
            "SANDBOX_PORT": str(self.port),
            "SANDBOX_STATE_DIR": str(state),
            "SANDBOX_WEBHOOK_BASE": webhook_base,
            "ATENDEAI_CLOCK_FILE": str(state / "clock"),
            **settings,
        }
        self._log = state / "log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "sandbox"], cwd=ROOT, env=os.environ | self._settings, stdout=log, stderr=log
            )
        until = time.monotonic() + READY_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the simulator did not start: {self._log.read_text()[-2000:]}")
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=10)

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/control/clock", timeout=1).status_code == 200
        except requests.RequestException:
            return False

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """One call of the control API; its JSON answer."""
        answer = requests.request(method, f"{self.url}/control/{path}", json=body, timeout=20)
        answer.raise_for_status()
        return answer.json()

    def reset(self) -> None:
        """Empty chats, events, faults and delivery settings."""
        self.control("POST", "reset", {})

    def fault(self, **fault: Any) -> None:
        """The next matching calls misbehave (see the contract's table)."""
        self.control("POST", "faults", fault)

    def chat(self, phone: str, slug: str = "aurora") -> list[dict[str, Any]]:
        """The chat as the patient sees it, oldest first."""
        return list(self.control("GET", f"patients/{phone}/messages?with={slug}")["messages"])
