import functools
import hashlib
import http.server
import io
import platform
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev import uv_installer
from dev.places import ROOT
from dev.uv_installer import InstallFailed, Pin, install_uv, read_pin


def _wheel() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as wheel:
        wheel.writestr("uv-9.9.9.data/scripts/uv", "#!/bin/sh\necho fake\n")
    return buffer.getvalue()


def _wheel_name() -> str:
    libc = "manylinux_2_17" if platform.libc_ver()[0] == "glibc" else "musllinux_1_1"
    system = "macosx_11_0" if sys.platform == "darwin" else libc
    return f"uv-9.9.9-py3-none-{system}_{platform.machine()}.whl"


@pytest.fixture
def index(tmp_path: Path) -> Iterator[str]:
    """A package index on a loopback port that offers one wheel of uv."""
    page = tmp_path / "index" / "uv"
    page.mkdir(parents=True)
    (page / _wheel_name()).write_bytes(_wheel())
    (page / "index.html").write_text(f'<a href="../other.whl">x</a><a href="{_wheel_name()}#sha256=x">uv</a>')
    handler = functools.partial(_SilentHandler, directory=str(page.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


class _SilentHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture(autouse=True)
def _no_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uv_installer, "_by_pip", lambda target, pin: "there is no pip")


def test_without_pip_the_wheel_is_fetched_from_the_index(
    tmp_path: Path, index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", index)
    pin = Pin("9.9.9", frozenset([hashlib.sha256(_wheel()).hexdigest()]))
    program = install_uv(tmp_path, pin, lambda text: None)
    assert program.read_text().startswith("#!/bin/sh")
    assert program.stat().st_mode & 0o111


def test_a_file_with_another_hash_is_refused(tmp_path: Path, index: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", index)
    with pytest.raises(InstallFailed, match="hash is not the pinned one"):
        install_uv(tmp_path, Pin("9.9.9", frozenset(["0" * 64])), lambda text: None)
    assert not list(tmp_path.glob("uv-9.9.9/*"))


def test_an_unreachable_index_is_told_with_what_to_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://user:hidden@127.0.0.1:9/simple")
    with pytest.raises(InstallFailed, match="PIP_INDEX_URL") as raised:
        install_uv(tmp_path, Pin("9.9.9", frozenset()), lambda text: None)
    assert "hidden" not in str(raised.value)


def test_the_projects_own_pin_is_readable() -> None:
    pin = read_pin(ROOT / "requirements-dev.txt")
    assert pin.version[0].isdigit()
    assert all(len(value) == 64 for value in pin.hashes)
