"""How does each test database get its tables without running every migration for each? From a dump of the last time.

The migrations run once into a template database, its dump is kept in `var/` under a fingerprint of all migrations and
packages, and the tests' databases are copies of it. A changed migration has another fingerprint. Without pg_dump and
psql (or with a server that was given) there is no template, and every test database migrates itself as usual.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from dev.places import ROOT
from dev.postgres import create_database
from dev.postgres_programs import usable_binaries
from dev.problems import Trouble

TEMPLATE = "atendeai_template"
SETTING = "TEST_DATABASE_TEMPLATE"
KEPT = 3


def make_template(environ: Mapping[str, str], home: Path, var: Path = ROOT / "var") -> dict[str, str]:
    """Make the template beside the database of `environ`; return the setting that names it, or nothing."""
    programs = usable_binaries(home).folder
    psql, pg_dump = programs / "psql", programs / "pg_dump"
    if not psql.exists() or not pg_dump.exists():
        return {}
    url = environ["DATABASE_URL"].rpartition("/")[0] + f"/{TEMPLATE}"
    create_database(url)
    dump = var / f"test-schema-{fingerprint()}.sql"
    if dump.exists():
        _run([str(psql), "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--output=/dev/null", "-f", str(dump)], url)
    else:
        _migrate({**environ, "DATABASE_URL": url})
        _keep(pg_dump, url, dump)
    return {SETTING: TEMPLATE}


def fingerprint(root: Path = ROOT) -> str:
    """Of everything that decides which tables there are."""
    digest = hashlib.sha256()
    for path in sorted([*root.glob("*/migrations/*.py"), root / "requirements.txt"]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _migrate(environ: Mapping[str, str]) -> None:
    command = [sys.executable, "manage.py", "migrate", "--no-input", "--verbosity=0"]
    done = subprocess.run(command, cwd=ROOT, env=dict(environ), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Trouble(f"The migrations failed:\n{done.stdout}{done.stderr}")


def _keep(pg_dump: Path, url: str, dump: Path) -> None:
    """Complete or not at all; a few former ones stay, for going back and forth between branches."""
    dump.parent.mkdir(exist_ok=True)
    draft = dump.with_suffix(f".{os.getpid()}.new")
    _run([str(pg_dump), "--no-owner", "--no-privileges", "-f", str(draft)], url)
    draft.replace(dump)
    former = sorted(dump.parent.glob("test-schema-*.sql"), key=lambda path: path.stat().st_mtime)
    for path in former[:-KEPT]:
        path.unlink(missing_ok=True)


def _run(command: list[str], url: str) -> None:
    """The password in the environment: arguments are everybody's to read."""
    front, _, place = url.rpartition("@")
    scheme, _, login = front.partition("://")
    user, _, password = login.partition(":")
    environ = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "PGPASSWORD": password}
    command = [*command, "-d", f"{scheme}://{user}@{place}"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Trouble(f"{Path(command[0]).name} failed:\n{done.stderr}")
