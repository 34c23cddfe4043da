"""How does uv, which installs everything else, get here first?

By pip when this machine has it, else by fetching the wheel from the package index. Either way its version and
hashes are those pinned in `requirements-dev.txt`; a file with another hash is refused. Standard library only.
"""

from __future__ import annotations

import base64
import hashlib
import html.parser
import io
import os
import platform
import re
import shutil
import ssl
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dev.package_index import has_system_certificates, index_urls, uv_environment


class InstallFailed(Exception):
    """Packages cannot be had; the text tells the person what was tried and what to set."""


@dataclass(frozen=True)
class Pin:
    """One exact version of uv and the hashes of the files that may be it."""

    version: str
    hashes: frozenset[str]

    @property
    def requirement(self) -> str:
        return " ".join([f"uv=={self.version}", *(f"--hash=sha256:{value}" for value in sorted(self.hashes))])


def read_pin(requirements: Path) -> Pin:
    """Return uv's pin as it stands in a hashed requirements file."""
    found = re.search(r"^uv==(\S+)((?:\s*\\\n\s+--hash=sha256:\w+)+)", requirements.read_text(), re.MULTILINE)
    if found is None:
        raise InstallFailed(f"{requirements.name} does not pin uv with hashes; run: make requirements")
    return Pin(found.group(1), frozenset(re.findall(r"sha256:(\w+)", found.group(2))))


def install_uv(boot: Path, pin: Pin, say: Callable[[str], None]) -> Path:
    """Return the path of the pinned uv under `boot`, fetching it if it is not there yet."""
    program = boot / f"uv-{pin.version}" / "uv"
    if program.exists():
        return program
    draft = boot / "uv.new"
    shutil.rmtree(draft, ignore_errors=True)
    say(f"fetching the installer uv {pin.version}")
    complaint = _by_pip(draft, pin)
    if complaint is not None:
        shutil.rmtree(draft, ignore_errors=True)
        _by_hand(draft, pin, complaint)
    # Only the program is needed; pip's copy of the package around it would be linted as if it were ours.
    (draft / "bin" / "uv").replace(boot / "uv.fetched")
    shutil.rmtree(draft)
    program.parent.mkdir(parents=True, exist_ok=True)
    (boot / "uv.fetched").replace(program)
    return program


def _by_pip(target: Path, pin: Pin) -> str | None:
    """Let pip install uv; return None, or why it could not."""
    target.parent.mkdir(exist_ok=True)
    wanted = target.parent / "uv-requirement.txt"
    wanted.write_text(pin.requirement + "\n")
    options = ["--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:", "--no-input"]
    command = [sys.executable, "-m", "pip", "install", *options, "--target", str(target), "-r", str(wanted)]
    # A person's habit of installing for the user, or only into virtual environments, would clash with
    # --target.
    calm = {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run(
        command, env={**os.environ, **calm, "PIP_ROOT_USER_ACTION": "ignore"}, capture_output=True, text=True
    )
    return None if done.returncode == 0 else (done.stderr.strip().splitlines() or ["pip failed"])[-1]


def _by_hand(target: Path, pin: Pin, complaint: str) -> None:
    tried = [complaint]
    for index in index_urls(os.environ):
        try:
            wheel = _fetch_wheel(index, pin)
        except (OSError, InstallFailed, ValueError) as error:
            tried.append(f"{_without_password(index)}: {error}")
            continue
        _unpack(wheel, target, pin)
        return
    raise InstallFailed(
        "No package index could be reached to fetch uv:\n  "
        + "\n  ".join(tried)
        + "\nBehind a mirror, set PIP_INDEX_URL to its address (and PIP_CERT to its certificates)."
    )


def _fetch_wheel(index: str, pin: Pin) -> bytes:
    page = index.rstrip("/") + "/uv/"
    links = _Links(_get(page + ("index.html" if page.startswith("file:") else "")).decode())
    for address in links.absolute(page):
        if _fits(address, pin):
            body = _get(address)
            if hashlib.sha256(body).hexdigest() not in pin.hashes:
                raise InstallFailed("the file's hash is not the pinned one")
            return body
    raise InstallFailed(f"it offers no uv {pin.version} for {platform.system()} {platform.machine()}")


def _fits(address: str, pin: Pin) -> bool:
    name = urllib.parse.unquote(urllib.parse.urlsplit(address).path.rpartition("/")[2])
    if not (name.startswith(f"uv-{pin.version}-") and name.endswith(f"{platform.machine()}.whl")):
        return False
    if sys.platform == "darwin":
        return "macosx" in name
    return ("manylinux" if platform.libc_ver()[0] == "glibc" else "musllinux") in name


def _unpack(wheel: bytes, target: Path, pin: Pin) -> None:
    program = target / "bin" / "uv"
    program.parent.mkdir(parents=True)
    program.write_bytes(zipfile.ZipFile(io.BytesIO(wheel)).read(f"uv-{pin.version}.data/scripts/uv"))
    program.chmod(0o755)


def _get(address: str) -> bytes:
    parts = urllib.parse.urlsplit(address)
    headers = {"Accept": "text/html, */*;q=0.5"}
    if parts.username:
        pair = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    request = urllib.request.Request(_without_password(address), headers=headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=60, context=_tls()) as answer:  # noqa: S310
        body: bytes = answer.read()
    return body


def _tls() -> ssl.SSLContext:
    chosen = uv_environment(os.environ).get("SSL_CERT_FILE")
    if chosen or has_system_certificates():
        return ssl.create_default_context(cafile=chosen)
    # A machine that trusts no certificate at all can still trust the pinned hash of what it is given.
    return ssl._create_unverified_context()  # noqa: S323


def _without_password(address: str) -> str:
    parts = urllib.parse.urlsplit(address)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


class _Links(html.parser.HTMLParser):
    """The addresses a simple index page points to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self._found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._found += [value for name, value in attrs if tag == "a" and name == "href" and value]

    def absolute(self, page: str) -> Iterator[str]:
        return (urllib.parse.urljoin(page, urllib.parse.urldefrag(link).url) for link in self._found)
