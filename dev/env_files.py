"""Where do the settings of a development machine come from when nobody exported them?

From two small files under `var/`: `secrets.env` (made once) and `run.env` (written by each `make run`).
Standard library only, because `manage.py` reads them before anything else is known. A value never spans
lines; a shell can read the files too (`set -a; . var/run.env`).
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, MutableMapping
from pathlib import Path

SECRETS_FILE = "secrets.env"
RUN_FILE = "run.env"


def load_env_files(root: Path) -> None:
    """Add what the two files under `root` say to this process's environment; whatever is set already wins."""
    for name in (SECRETS_FILE, RUN_FILE):
        add_missing(os.environ, read_env_file(root / "var" / name))


def add_missing(environ: MutableMapping[str, str], values: Mapping[str, str]) -> None:
    """Add the values whose name is neither set nor named as a mounted file (`NAME_FILE`)."""
    for key, value in values.items():
        if not is_given(environ, key):
            environ[key] = value


def is_given(environ: Mapping[str, str], name: str) -> bool:
    """Return whether the environment sets `name`; empty counts as unset, as in the settings."""
    return bool(environ.get(name) or environ.get(f"{name}_FILE"))


def read_env_file(path: Path) -> dict[str, str]:
    """Return the NAME=value lines of `path`; empty when there is no such file."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
    return {key.strip(): "".join(shlex.split(value)) for key, value in pairs}


def write_env_file(path: Path, values: Mapping[str, str], *, heading: str) -> None:
    """Replace `path` by `values`, readable by its owner only."""
    lines = [f"# {heading}", *(f"{key}={shlex.quote(value)}" for key, value in values.items())]
    write_private_file(path, "\n".join(lines) + "\n")


def write_private_file(path: Path, text: str) -> None:
    """Replace `path` by `text`, mode 0600. A reader sees the old or the new, never half of it."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)
