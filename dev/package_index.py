"""Which package index does this machine use, in words that uv understands?

uv ignores pip's variables and files, so a machine behind a mirror would fail although its pip works. What pip
was told is translated; what uv was told itself wins. Standard library only.
"""

from __future__ import annotations

import configparser
import os
import ssl
import sys
from collections.abc import Mapping
from pathlib import Path

# The one outside address in the project: a Debian without pip has no other way to learn where packages are.
PUBLIC_INDEX = "https://pypi.org/simple"


def pip_setting(name: str, environ: Mapping[str, str]) -> str:
    """Return pip's setting `name` (such as `index-url`) as pip would see it, or ''."""
    given = environ.get("PIP_" + name.upper().replace("-", "_"))
    if given is not None:
        return " ".join(given.split())
    parser = configparser.RawConfigParser()
    parser.read(_pip_config_files(environ), encoding="utf-8")
    found = [parser.get(section, name, fallback="") for section in ("install", "global")]
    return " ".join(next((value for value in found if value), "").split())


def uv_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for uv: its own variables, else what pip was told about the network."""
    certificates = pip_setting("cert", environ)
    wanted = {
        "UV_DEFAULT_INDEX": environ.get("UV_INDEX_URL") or pip_setting("index-url", environ),
        "UV_INSECURE_HOST": pip_setting("trusted-host", environ),
        "UV_HTTP_TIMEOUT": pip_setting("timeout", environ) or pip_setting("default-timeout", environ),
        "SSL_CERT_FILE": certificates if Path(certificates).is_file() else "",
        "HTTPS_PROXY": environ.get("https_proxy") or pip_setting("proxy", environ),
        "HTTP_PROXY": environ.get("http_proxy") or pip_setting("proxy", environ),
        "UV_SYSTEM_CERTS": "1" if has_system_certificates() else "",
        "UV_PYTHON_DOWNLOADS": "never",
    }
    return {**{key: value for key, value in wanted.items() if value}, **environ}


def uv_environment_with_extras(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the same with pip's further indexes and wheel folders, where one index is not enough.

    Every package is pinned by hash, so the best match over all indexes cannot be a stranger's.
    """
    extras = {
        "UV_INDEX": pip_setting("extra-index-url", environ),
        "UV_FIND_LINKS": ",".join(pip_setting("find-links", environ).split()),
        "UV_NO_INDEX": "1" if pip_setting("no-index", environ) in {"1", "true", "yes", "on"} else "",
    }
    given = {key: value for key, value in extras.items() if value}
    strategy = {"UV_INDEX_STRATEGY": "unsafe-best-match"} if given else {}
    return {**given, **strategy, **uv_environment(environ)}


def index_urls(environ: Mapping[str, str]) -> list[str]:
    """Return the indexes to ask for a package by hand, best first."""
    settings = uv_environment_with_extras(environ)
    first = settings.get("UV_DEFAULT_INDEX") or PUBLIC_INDEX
    return [first, *settings.get("UV_INDEX", "").split()]


def has_system_certificates() -> bool:
    """Return whether this machine trusts anybody at all (a bare Debian does not; uv brings its own)."""
    paths = ssl.get_default_verify_paths()
    folder = Path(paths.capath) if paths.capath else None
    return bool(paths.cafile or (folder and folder.is_dir() and any(folder.iterdir())))


def _pip_config_files(environ: Mapping[str, str]) -> list[Path]:
    home = Path(environ.get("HOME") or "~").expanduser()
    chosen = environ.get("PIP_CONFIG_FILE")
    if chosen == os.devnull:
        return []
    return [
        Path("/etc/xdg/pip/pip.conf"),
        Path("/etc/pip.conf"),
        home / ".pip/pip.conf",
        Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "pip/pip.conf",
        Path(sys.prefix) / "pip.conf",
        *([Path(chosen)] if chosen else []),
    ]
