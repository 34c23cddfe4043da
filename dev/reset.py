"""`make reset`: forget everything `make run` made in this clone, database and secrets included."""

from __future__ import annotations

import os
import sys

from dev.leftovers import stop_leftovers
from dev.locks import Lock
from dev.places import forget, run_places


def main() -> int:
    """Remove the data; return the exit code."""
    places = run_places()
    lock = Lock(places.var / "run.lock")
    if not lock.take(f"process {os.getpid()}, make reset"):
        print(f"This clone is running ({lock.note()}). Stop it first (Ctrl-C there).", file=sys.stderr)
        return 1
    stop_leftovers(places.servers)
    forget(places)
    print("Removed the database, the secrets and the rest of var/. The next `make run` starts from nothing.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
