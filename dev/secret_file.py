"""Which secrets does a development house use, and why are they the same tomorrow?

Random ones, made once into `var/secrets.env`. They are never made again while the database lives: what
`CREDENTIALS_KEYS` encrypted could not be read any more.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from dev.env_files import SECRETS_FILE, is_given, read_env_file, write_env_file
from dev.problems import Trouble


def _fernet_key() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


_MAKERS: dict[str, Callable[[], str]] = {
    "DJANGO_SECRET_KEY": lambda: secrets.token_urlsafe(48),
    "CREDENTIALS_KEYS": _fernet_key,
    "WHATSAPP_APP_SECRET": lambda: secrets.token_hex(16),
    "WHATSAPP_VERIFY_TOKEN": lambda: secrets.token_urlsafe(24),
    "GOOGLE_CLIENT_ID": lambda: f"{secrets.randbelow(10**12):012d}-{secrets.token_hex(12)}.apps.example",
    "GOOGLE_CLIENT_SECRET": lambda: secrets.token_urlsafe(24),
}


def make_secrets() -> dict[str, str]:
    """Return a fresh set of random secrets."""
    return {name: maker() for name, maker in _MAKERS.items()}


def keep_secrets(var: Path, *, database_exists: bool, given: Mapping[str, str]) -> dict[str, str]:
    """Return the secrets kept in `var`, making missing ones; Trouble if that would lock data out."""
    path = var / SECRETS_FILE
    kept = read_env_file(path)
    missing = {name: value for name, value in make_secrets().items() if not kept.get(name)}
    if "CREDENTIALS_KEYS" in missing and database_exists and not is_given(given, "CREDENTIALS_KEYS"):
        raise Trouble(
            f"{path} with CREDENTIALS_KEYS is gone, but the database it belongs to is still there.\n"
            "Put the file back, or set CREDENTIALS_KEYS to the key it held: no other reads what is stored.\n"
            "To start over with an empty database instead, run: make reset"
        )
    if missing:
        kept = {**kept, **missing}
        write_env_file(path, kept, heading="Made once. Without CREDENTIALS_KEYS the stored credentials cannot be read.")
    return kept
