"""Which environment do the programs of a house get?

What the person exported wins; the rest points at the servers and at the simulator of this house.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dev.env_files import is_given
from dev.leftovers import MARK
from dev.ports import LOOPBACK

# The addresses are told outright. And without its byte-code, Python would compile thousands of modules at each start.
_NOT_PASSED_ON = {"DATABASE_URL_FILE", "REDIS_URL_FILE", "PYTHONDONTWRITEBYTECODE"}
_ANYWHERE = {"0.0.0.0", "::", ""}  # noqa: S104 - compared with, not listened on


@dataclass(frozen=True)
class Addresses:
    """Where the programs of one house listen, and which servers they use."""

    host: str
    port: int
    sandbox_port: int
    database_url: str
    redis_url: str

    @property
    def web_url(self) -> str:
        host = LOOPBACK if self.host in _ANYWHERE else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def sandbox_url(self) -> str:
        return f"http://{LOOPBACK}:{self.sandbox_port}"


def run_values(addresses: Addresses, var: Path, given: Mapping[str, str]) -> dict[str, str]:
    """Return what `run.env` says: the addresses of this run, and defaults for what was not given."""
    sandbox = addresses.sandbox_url
    environment = given.get("ATENDEAI_ENV") or "development"
    defaults = {
        "ATENDEAI_VAR_DIR": str(var),
        "PUBLIC_BASE_URL": addresses.web_url,
        "ALLOWED_HOSTS": _allowed_hosts(addresses.host),
        "GRAPH_API_BASE_URL": sandbox,
        "GOOGLE_API_BASE_URL": sandbox,
        "GOOGLE_OAUTH_AUTHORIZE_URL": f"{sandbox}/o/oauth2/v2/auth",
        "GOOGLE_OAUTH_TOKEN_URL": f"{sandbox}/token",
        "GOOGLE_OAUTH_REVOKE_URL": f"{sandbox}/revoke",
        "PROMETHEUS_MULTIPROC_DIR": str(var / "prometheus"),
        "LOG_JSON": "false",
        # The clock may be moved in development only; elsewhere the settings refuse the variable.
        **({"ATENDEAI_CLOCK_FILE": str(var / "clock")} if environment == "development" else {}),
    }
    fixed = {
        "ATENDEAI_ENV": environment,
        "HOST": addresses.host,
        "PORT": str(addresses.port),
        "SANDBOX_PORT": str(addresses.sandbox_port),
        "DATABASE_URL": addresses.database_url,
        "REDIS_URL": addresses.redis_url,
    }
    return {
        **fixed,
        **{name: given.get(name) or value for name, value in defaults.items() if not _by_file(given, name)},
    }


def program_environment(values: Mapping[str, str], given: Mapping[str, str], home: Path) -> dict[str, str]:
    """Return the environment of every program of the house at `home`."""
    environ = {name: value for name, value in given.items() if name not in _NOT_PASSED_ON}
    return {**environ, **values, **without_proxy(given), "PYTHONUNBUFFERED": "1", MARK: str(home)}


def sandbox_environment(environ: Mapping[str, str], addresses: Addresses, var: Path) -> dict[str, str]:
    """Return the environment of the simulator, which knows the product's Meta app and Google client."""
    return {
        **environ,
        "SANDBOX_PORT": str(addresses.sandbox_port),
        "SANDBOX_STATE_DIR": str(var / "sandbox"),
        "SANDBOX_APP_SECRET": environ.get("WHATSAPP_APP_SECRET", "").split(",")[0],
        "SANDBOX_VERIFY_TOKEN": environ.get("WHATSAPP_VERIFY_TOKEN", "").split(",")[0],
        "SANDBOX_GOOGLE_CLIENT_ID": environ.get("GOOGLE_CLIENT_ID", ""),
        "SANDBOX_GOOGLE_CLIENT_SECRET": environ.get("GOOGLE_CLIENT_SECRET", ""),
        "SANDBOX_WEBHOOK_BASE": addresses.web_url,
    }


def without_proxy(given: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that keep calls to this very machine away from a company's proxy."""
    known = given.get("no_proxy") or given.get("NO_PROXY") or ""
    exempt = ",".join(part for part in (known, LOOPBACK, "localhost") if part)
    return {"NO_PROXY": exempt, "no_proxy": exempt}


def given_address(given: Mapping[str, str], name: str) -> str:
    """Return DATABASE_URL or REDIS_URL as given, itself or in a mounted file; '' when it is not given."""
    path = given.get(f"{name}_FILE")
    return Path(path).read_text(encoding="utf-8").strip() if path else given.get(name, "")


def _by_file(given: Mapping[str, str], name: str) -> bool:
    return is_given(given, name) and not given.get(name)


def _allowed_hosts(host: str) -> str:
    if host in _ANYWHERE:
        return "*"
    return ",".join(dict.fromkeys([LOOPBACK, "localhost", f"[{host}]" if ":" in host else host]))
