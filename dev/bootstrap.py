"""How does a bare clone get its `.venv` with exactly the pinned packages?

Run by any system `python3` from 3.11 on, with nothing installed: not even pip or venv. Under a lock, so that
`make run` and `make test` may start together. When nothing changed it answers at once. Standard library only.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from dev.package_index import uv_environment, uv_environment_with_extras
from dev.uv_installer import InstallFailed, install_uv, read_pin

ROOT = Path(__file__).resolve().parent.parent
BOOT = ROOT / ".boot"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".installed"
REQUIREMENTS = [ROOT / name for name in ("requirements.txt", "requirements-sandbox.txt", "requirements-dev.txt")]
TRANSLATIONS = ROOT / "locale" / "pt_BR" / "LC_MESSAGES" / "django.po"


def main() -> int:
    """Make `.venv` right; return the exit code."""
    if sys.version_info < (3, 11):  # noqa: UP036 - reached by whatever python3 the machine has
        version = ".".join(map(str, sys.version_info[:3]))
        return _fail(f"AtendeAí needs Python 3.11 or newer; python3 here is {version}. Try: make PYTHON=python3.11 …")
    try:
        with _lock():
            if not _is_installed():
                _install()
            _compile_translations()
    except InstallFailed as error:
        return _fail(str(error))
    except PermissionError as error:
        return _fail(f"{error.filename} cannot be written: it belongs to another user. Use a clone of your own.")
    return 0


def _install() -> None:
    started = time.monotonic()
    uv = install_uv(BOOT, read_pin(REQUIREMENTS[-1]), _say)
    if not _works(PYTHON):
        _say("making .venv")
        _run(
            [str(uv), "venv", "--quiet", "--clear", "--no-project", "--python", sys.executable, str(VENV)],
            _uv_env({}),
        )
    _say("installing the pinned packages into .venv")
    _sync(uv)
    STAMP.write_text(_fingerprint())
    _say(f"packages ready after {time.monotonic() - started:.1f} s")


def _sync(uv: Path) -> None:
    files = [str(path) for path in REQUIREMENTS]
    command = [str(uv), "pip", "sync", "--quiet", "--require-hashes", "--python", str(PYTHON), *files]
    first, second = uv_environment(os.environ), uv_environment_with_extras(os.environ)
    try:
        _run(command, _uv_env(first))
    except InstallFailed:
        if first == second:
            raise
        _say("that index was not enough; trying again with pip's extra indexes and wheel folders")
        _run(command, _uv_env(second))


def _run(command: list[str], environ: Mapping[str, str]) -> None:
    if subprocess.run(command, env=environ, cwd=ROOT).returncode != 0:
        raise InstallFailed(
            "The packages could not be installed; the lines above say why.\n"
            "Without the public index, set PIP_INDEX_URL (or UV_DEFAULT_INDEX) to your mirror."
        )


def _uv_env(settings: Mapping[str, str]) -> dict[str, str]:
    environ = {**os.environ, **settings}
    home = Path(environ.get("XDG_CACHE_HOME") or environ.get("HOME") or "/")
    if "UV_CACHE_DIR" not in environ and not os.access(home, os.W_OK):
        environ["UV_CACHE_DIR"] = str(BOOT / "cache")
    # Packages land by copy when the cache lies on another disk; uv would warn about it each time.
    return {**environ, "UV_NO_PROGRESS": environ.get("UV_NO_PROGRESS", "1"), "VIRTUAL_ENV": str(VENV)}


def _works(python: Path) -> bool:
    try:
        return subprocess.run([str(python), "-c", ""], capture_output=True).returncode == 0
    except OSError:
        return False


def _is_installed() -> bool:
    return PYTHON.exists() and STAMP.exists() and STAMP.read_text() == _fingerprint()


def _fingerprint() -> str:
    """Identify the pins, the interpreter of `.venv` and its place (scripts in `.venv/bin` name it)."""
    parts = [path.read_bytes() for path in [*REQUIREMENTS, VENV / "pyvenv.cfg"]]
    return hashlib.sha256(b"\0".join([*parts, str(VENV).encode()])).hexdigest()


def _compile_translations() -> None:
    compiled = TRANSLATIONS.with_suffix(".mo")
    if not TRANSLATIONS.exists():
        return
    if not compiled.exists() or compiled.stat().st_mtime < TRANSLATIONS.stat().st_mtime:
        _run([str(PYTHON), "-m", "dev.translations", "compile"], os.environ)


@contextlib.contextmanager
def _lock() -> Iterator[None]:
    BOOT.mkdir(exist_ok=True)
    with (BOOT / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("another make is installing the packages; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _say(text: str) -> None:
    print(f"bootstrap: {text}", flush=True)


def _fail(text: str) -> int:
    print(f"bootstrap: {text}", file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
