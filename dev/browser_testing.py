"""`make test-browser`: do the pages work in a real browser? Headless Chromium against a whole house of its own.

The `playwright` package drives the machine's Chromium and downloads none. Where none is installed, root (or who may use
sudo without a password) gets the distribution's; anybody else is told what to install. Arguments go to pytest.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence

from dev.parts_plugin import PART
from dev.testing import run_pytest, with_servers

CHROMIUM = "ATENDEAI_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome")
PACKAGES = ("chromium", "fonts-dejavu-core")
APT = (("apt-get", "update", "-qq"), ("apt-get", "install", "-qq", "-y", "--no-install-recommends", *PACKAGES))
QUIET = "DEBIAN_FRONTEND=noninteractive"
MISSING = f"""
make test-browser needs Chromium, and none of {", ".join(NAMES)} runs here. On Debian or Ubuntu:

  apt-get update && apt-get install -y --no-install-recommends {" ".join(PACKAGES)}

A browser that lies elsewhere is named by {CHROMIUM}=/path/to/chromium.
"""


def main(arguments: Sequence[str]) -> int:
    """Run the browser tests one after the other; return pytest's exit code."""
    chromium = find_chromium(os.environ)
    if chromium is None and not os.environ.get(CHROMIUM) and install_chromium():
        chromium = find_chromium(os.environ)
    if chromium is None:
        print(MISSING, file=sys.stderr, flush=True)
        return 1
    chosen = [one for one in arguments if one.startswith("tests/")]
    # One house serves all of them and its clock only goes forward, so their order is as written.
    options = ["-p", "no:xdist", "-p", "no:randomly", *arguments, *([] if chosen else ["tests/browser"])]
    more = {PART: "browser", CHROMIUM: chromium}
    return with_servers(lambda environ, signals: run_pytest(options, {**environ, **more}, signals))


def find_chromium(given: Mapping[str, str]) -> str | None:
    """Return the path of the browser: the named one, else the first installed one that runs."""
    names = [given[CHROMIUM]] if given.get(CHROMIUM) else NAMES
    return next((path for path in map(shutil.which, names) if path and _runs(path)), None)


def _runs(path: str) -> bool:
    """Ubuntu's package may be no more than a word about where to find the browser."""
    return _succeeds([path, "--version"])


def install_chromium() -> bool:
    """Install the distribution's browser where that needs no password; return whether it was tried with success."""
    become = _as_root()
    if become is None or shutil.which("apt-get") is None:
        return False
    print(f"Installing {' and '.join(PACKAGES)} with apt-get …", file=sys.stderr, flush=True)
    for command in APT:
        done = subprocess.run(
            [*become, "env", QUIET, *command], check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        if done.returncode:
            print(done.stdout, file=sys.stderr, flush=True)
            return False
    return True


def _as_root() -> list[str] | None:
    """Return what comes before a command of root's; None when this user may not."""
    if os.geteuid() == 0:
        return []
    return ["sudo", "-n"] if shutil.which("sudo") and _succeeds(["sudo", "-n", "true"]) else None


def _succeeds(command: Sequence[str]) -> bool:
    try:
        done = subprocess.run(command, check=False, capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
