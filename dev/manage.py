"""`make manage ARGS='…'`: a management command with the settings of the instance that runs in this clone.

When none runs, its own servers are started for the command and stopped afterwards.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

from dev.env_files import add_missing
from dev.environment import Addresses, program_environment, run_values
from dev.leftovers import stop_leftovers
from dev.locks import Lock
from dev.output import Quiet
from dev.places import ROOT, run_places
from dev.ports import LOOPBACK, read_port
from dev.problems import Trouble
from dev.secret_file import keep_secrets
from dev.servers import start_servers
from dev.supervisor import Supervisor


def main(words: Sequence[str]) -> int:
    """Run manage.py with `words`; return its exit code."""
    places = run_places()
    lock = Lock(places.var / "run.lock")
    if not lock.take(f"process {os.getpid()}, make manage"):
        return _manage(words, {**os.environ, "ATENDEAI_ENV": os.environ.get("ATENDEAI_ENV") or "development"})
    try:
        stop_leftovers(places.servers)
        with Supervisor(Quiet(places.var / "manage.log")) as supervisor:
            secrets = keep_secrets(places.var, database_exists=places.database.exists(), given=os.environ)
            servers = start_servers(supervisor, places.servers, os.environ)
            ports = read_port(os.environ, "PORT", 8000), read_port(os.environ, "SANDBOX_PORT", 8001)
            addresses = Addresses(os.environ.get("HOST") or LOOPBACK, *ports, servers.database_url, servers.redis_url)
            environ = program_environment(run_values(addresses, places.var, os.environ), os.environ, places.servers)
            add_missing(environ, secrets)
            return _manage(words, environ)
    except Trouble as trouble:
        print(f"\n{trouble}\n", file=sys.stderr, flush=True)
        return 1


def _manage(words: Sequence[str], environ: dict[str, str]) -> int:
    return subprocess.run([sys.executable, str(ROOT / "manage.py"), *words], env=environ, cwd=ROOT).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
