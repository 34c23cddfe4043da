"""Starts the simulator: `python -m sandbox`."""

from __future__ import annotations

import sys

from sandbox.app import build_app
from sandbox.server import build_server
from sandbox.settings import read_settings


def main() -> int:
    try:
        settings = read_settings()
    except ValueError as error:
        sys.stderr.write(f"sandbox: {error}\n")
        return 2
    sys.stderr.write(f"sandbox: http://127.0.0.1:{settings.port}/\n")
    build_server(build_app(settings), settings).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
