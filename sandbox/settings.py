"""What does the simulator need from its environment? Every value has a default, so that it starts alone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """Typed environment. `clients` maps each accepted OAuth client id to its secret."""

    port: int
    state_dir: Path
    clock_file: Path
    app_secret: str
    verify_token: str
    webhook_base: str
    clients: Mapping[str, str]
    # Waits of ours that a person would notice: repeats of webhooks, "read". For tests of faults in a hurry.
    times_divided_by: float = 1


def read_settings(env: Mapping[str, str] | None = None) -> Settings:
    """Settings from `env` (the process's own when omitted); raises ValueError that names a bad variable."""
    env = os.environ if env is None else env
    state_dir = Path(env.get("SANDBOX_STATE_DIR") or "var/sandbox")
    return Settings(
        port=_port(env.get("SANDBOX_PORT") or "8001"),
        state_dir=state_dir,
        clock_file=Path(env.get("ATENDEAI_CLOCK_FILE") or state_dir / "clock"),
        app_secret=_first(env.get("SANDBOX_APP_SECRET") or "sandbox-app-secret"),
        verify_token=_first(env.get("SANDBOX_VERIFY_TOKEN") or "sandbox-verify-token"),
        webhook_base=(env.get("SANDBOX_WEBHOOK_BASE") or "http://127.0.0.1:8000").rstrip("/"),
        clients=_clients(env),
        times_divided_by=_divisor(env.get("ATENDEAI_TIMES_DIVIDED_BY") or "1"),
    )


def _port(text: str) -> int:
    if not text.isdigit():
        raise ValueError(f"SANDBOX_PORT must be a number, not {text!r}")
    return int(text)


def _divisor(text: str) -> float:
    if not text.isdigit() or int(text) < 1:
        raise ValueError(f"ATENDEAI_TIMES_DIVIDED_BY must be a whole number from 1, not {text!r}")
    return float(text)


def _first(text: str) -> str:
    return text.split(",")[0].strip()


def _clients(env: Mapping[str, str]) -> dict[str, str]:
    """Comma lists of the same length, because a clinic may bring an OAuth client of its own."""
    ids = (env.get("SANDBOX_GOOGLE_CLIENT_ID") or "sandbox-client-id").split(",")
    secrets = (env.get("SANDBOX_GOOGLE_CLIENT_SECRET") or "sandbox-client-secret").split(",")
    if len(ids) != len(secrets):
        raise ValueError("SANDBOX_GOOGLE_CLIENT_ID and SANDBOX_GOOGLE_CLIENT_SECRET differ in length")
    return {one.strip(): secret.strip() for one, secret in zip(ids, secrets, strict=True)}
