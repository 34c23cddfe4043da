"""`make check`: is the code in the state in which it may go in? Changes nothing.

Every check runs, also after one has failed. No server is needed: the settings are those of a production that
exists nowhere, and nothing connects to it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dev.places import ROOT
from dev.secret_file import make_secrets

PYTHON = sys.executable
BIN = Path(PYTHON).parent
MANAGE = [PYTHON, "-W", "ignore::RuntimeWarning", "manage.py"]  # no server here to compare migrations with
# The slowest first: two run at a time.
CHECKS: dict[str, list[str]] = {
    "types": [str(BIN / "mypy")],
    "lint": [str(BIN / "ruff"), "check", "--quiet", "."],
    "format": [str(BIN / "ruff"), "format", "--check", "--quiet", "."],
    "import walls": [str(BIN / "lint-imports"), "--no-cache", "--no-logo"],
    "migrations": [*MANAGE, "makemigrations", "--check", "--dry-run"],
    "deployment": [*MANAGE, "check", "--deploy", "--fail-level", "WARNING"],
    "translations": [PYTHON, "-m", "dev.translations", "check"],
}


def main() -> int:
    """Run all checks; return 1 if one failed."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        environ = production_environment(Path(folder))
        results = pool.map(lambda name: _run(name, environ), CHECKS)
        failed = [name for name, is_good in zip(CHECKS, results, strict=True) if not is_good]
    print(f"\nmake check: {', '.join(failed)} failed" if failed else "\nmake check: all good")
    return 1 if failed else 0


def production_environment(folder: Path) -> dict[str, str]:
    """Return the settings of a production installation, with addresses where nobody listens."""
    return {
        **{name: value for name, value in os.environ.items() if name != "ATENDEAI_CLOCK_FILE"},
        **make_secrets(),
        "ATENDEAI_ENV": "production",
        "ATENDEAI_VAR_DIR": str(folder),
        "PROMETHEUS_MULTIPROC_DIR": str(folder / "prometheus"),
        "PUBLIC_BASE_URL": "https://atendeai.example",
        "ALLOWED_HOSTS": "atendeai.example",
        "CSRF_TRUSTED_ORIGINS": "https://atendeai.example",
        "DATABASE_URL": "postgres://atendeai@127.0.0.1:9/atendeai",
        "REDIS_URL": "redis://127.0.0.1:9/0",
        "EMAIL_URL": "smtp://127.0.0.1:9",
    }


def _run(name: str, environ: Mapping[str, str]) -> bool:
    started = time.monotonic()
    done = subprocess.run(CHECKS[name], cwd=ROOT, env=environ, capture_output=True, text=True)
    is_good = done.returncode == 0
    report = f"{'ok    ' if is_good else 'FAILED'} {name} ({time.monotonic() - started:.1f} s)\n"
    if not is_good:
        report += "".join(f"    {line}\n" for line in (done.stdout + done.stderr).splitlines())
    sys.stdout.write(report)
    sys.stdout.flush()
    return is_good


if __name__ == "__main__":
    sys.exit(main())
