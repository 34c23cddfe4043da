"""`make test-browser`: do the pages work in a real browser? Headless Chromium against a whole house of its own.

Chromium is the machine's: the `playwright` package drives it, and downloads none. Without one it says what to install.
Arguments go to pytest.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence

from dev.parts_plugin import PART
from dev.testing import run_pytest, with_servers

CHROMIUM = "ATENDEAI_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = f"""
make test-browser needs Chromium, and none of {", ".join(NAMES)} is here. On Debian or Ubuntu:

  apt-get install -y --no-install-recommends chromium fonts-dejavu-core

A browser that lies elsewhere is named by {CHROMIUM}=/path/to/chromium.
"""


def main(arguments: Sequence[str]) -> int:
    """Run the browser tests one after the other; return pytest's exit code."""
    chromium = find_chromium(os.environ)
    if chromium is None:
        print(MISSING, file=sys.stderr, flush=True)
        return 1
    chosen = [one for one in arguments if not one.startswith("-")]
    # One house serves all of them and its clock only goes forward, so their order is as written.
    options = ["-p", "no:xdist", "-p", "no:randomly", *arguments, *([] if chosen else ["tests/browser"])]
    more = {PART: "browser", CHROMIUM: chromium}
    return with_servers(lambda environ, signals: run_pytest(options, {**environ, **more}, signals))


def find_chromium(given: Mapping[str, str]) -> str | None:
    """Return the path of the browser: the named one, else the first that is installed."""
    names = [given[CHROMIUM]] if given.get(CHROMIUM) else NAMES
    return next((path for path in map(shutil.which, names) if path), None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
