"""Where does a clone keep what it makes while running?

In `var/`, but for one thing: PostgreSQL refuses to run as root, and the account it runs as instead cannot
look into a clone below `/root`. So as root the servers' files live in `/var/lib/atendeai-dev/<hash of the
clone's path>/`, and `var/servers.location` points there.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from dev.locks import Lock

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path("/var/lib/atendeai-dev")


@dataclass(frozen=True)
class Places:
    """The folders of one running house."""

    var: Path
    servers: Path

    @property
    def database(self) -> Path:
        return self.servers / "postgres"


def run_places(root: Path = ROOT) -> Places:
    """Return (and make) the folders of `make run` in the clone at `root`."""
    var = root / "var"
    var.mkdir(exist_ok=True)
    if os.geteuid() != 0:
        return Places(var, var)
    servers = SHARED / hashlib.sha256(str(root).encode()).hexdigest()[:16]
    _make_shared(servers)
    (var / "servers.location").write_text(f"{servers}\n")
    return Places(var, servers)


def forget(places: Places) -> None:
    """Remove everything `make run` ever made, the database and its secrets included."""
    for folder in (places.servers, places.var):
        shutil.rmtree(folder, ignore_errors=True)


class TestPlaces:
    """Folders for one test run, gone afterwards; those of runs that were killed go with the next."""

    __test__ = False

    def __init__(self) -> None:
        _remove_abandoned()
        if os.geteuid() == 0:
            _make_shared(SHARED)
        home = Path(tempfile.mkdtemp(prefix=_prefix(), dir=_test_parent()))
        # PostgreSQL's own account has to pass through; what is secret inside has its own mode.
        home.chmod(0o755)
        self._lock = Lock(home / "lock")
        self._lock.take()
        self.places = Places(home / "var", home)
        self.places.var.mkdir()

    def remove(self) -> None:
        shutil.rmtree(self.places.servers, ignore_errors=True)
        self._lock.release()


def _remove_abandoned() -> None:
    for home in _test_parent().glob(_prefix() + "*"):
        lock = Lock(home / "lock")
        if home.stat().st_uid == os.geteuid() and lock.take():
            shutil.rmtree(home, ignore_errors=True)
            lock.release()


def _test_parent() -> Path:
    return SHARED if os.geteuid() == 0 else Path(tempfile.gettempdir())


def _prefix() -> str:
    return "test-" if os.geteuid() == 0 else f"atendeai-test-{os.geteuid()}-"


def _make_shared(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for part in (SHARED, folder):
        part.chmod(0o755)
