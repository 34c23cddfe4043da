"""`make run`: everything for real, in the foreground, until Ctrl-C.

Exit code 0 after a request to stop, 1 when something could not start or ended by itself.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping

from dev.children import follow_parent
from dev.env_files import RUN_FILE, add_missing, write_env_file
from dev.environment import Addresses, given_address, program_environment, run_values
from dev.leftovers import stop_leftovers
from dev.locks import Lock
from dev.output import Terminal
from dev.places import Places, run_places
from dev.ports import LOOPBACK, read_port, require_free
from dev.problems import StopRequested, Trouble
from dev.secret_file import keep_secrets
from dev.servers import Servers, start_servers
from dev.signals import StopSignals
from dev.stack import Stack
from dev.supervisor import Supervisor


def main() -> int:
    """Run the house; return the exit code."""
    follow_parent()
    signals = StopSignals()
    try:
        places = run_places()
        lock = Lock(places.var / "run.lock")
        _take(lock)
        return _run(places, signals, os.environ)
    except Trouble as trouble:
        print(f"\n{trouble}\n", file=sys.stderr, flush=True)
        return 1
    except PermissionError as error:
        print(
            f"\n{error.filename} belongs to another user. Use a clone of your own.\n",
            file=sys.stderr,
            flush=True,
        )
        return 1


def _run(places: Places, signals: StopSignals, given: Mapping[str, str]) -> int:
    output = Terminal(places.var / "log")
    supervisor = Supervisor(output, check=signals.check, is_impatient=lambda: signals.is_impatient)
    if stop_leftovers(places.servers):
        output.say("stopped what a killed run had left behind")
    host, port, sandbox_port = wanted_addresses(given)
    secrets = keep_secrets(places.var, database_exists=_keeps_data(places, given), given=given)
    try:
        with supervisor:
            servers = start_servers(supervisor, places.servers, given)
            output.say(servers.description)
            addresses = Addresses(host, port, sandbox_port, servers.database_url, servers.redis_url)
            stack = _start_stack(supervisor, addresses, places, secrets, given)
            output.block(_banner(stack, servers))
            _watch(supervisor)
    except StopRequested:
        output.say("stopped")
    return 0


def _start_stack(
    supervisor: Supervisor,
    addresses: Addresses,
    places: Places,
    secrets: Mapping[str, str],
    given: Mapping[str, str],
) -> Stack:
    values = run_values(addresses, places.var, given)
    write_env_file(places.var / RUN_FILE, values, heading="Written by each `make run`.")
    environ = program_environment(values, given, places.servers)
    add_missing(environ, secrets)
    return Stack(supervisor, addresses, var=places.var, environ=environ).start()


def _watch(supervisor: Supervisor) -> None:
    try:
        while True:
            supervisor.check()
            supervisor.require_all_alive()
            time.sleep(0.1)
    except StopRequested:
        supervisor.output.say("stopping; running work may finish (Ctrl-C again does not wait for it)")
        raise
    except Trouble:
        supervisor.output.say("stopping the rest, because something ended by itself")
        raise


def wanted_addresses(given: Mapping[str, str]) -> tuple[str, int, int]:
    """Return host, port and simulator's port; raise Trouble, before anything is started, when one is taken."""
    host = given.get("HOST") or LOOPBACK
    port, sandbox_port = read_port(given, "PORT", 8000), read_port(given, "SANDBOX_PORT", 8001)
    if port == sandbox_port:
        raise Trouble(f"PORT and SANDBOX_PORT are both {port}; they have to differ.")
    require_free(host, port, "PORT")
    require_free(LOOPBACK, sandbox_port, "SANDBOX_PORT")
    return host, port, sandbox_port


def _keeps_data(places: Places, given: Mapping[str, str]) -> bool:
    return places.database.exists() and not given_address(given, "DATABASE_URL")


def _take(lock: Lock) -> None:
    if not lock.take(f"process {os.getpid()}"):
        raise Trouble(f"This clone is running already ({lock.note()}). Stop that one first (Ctrl-C there).")


def _banner(stack: Stack, servers: Servers) -> str:
    lines = [
        "AtendeAí is ready.",
        "",
        f"  Portal      {stack.web_url}/admin/",
        f"  Simulator   {stack.sandbox_url}/   (a phone that writes to the clinics, and their calendars)",
        f"  Servers     {servers.description}",
        "",
        *_logins(stack),
        "  Ctrl-C stops everything; `make reset` removes all data.",
    ]
    return "\n".join(lines)


def _logins(stack: Stack) -> list[str]:
    users = stack.demo.get("users", [])
    if not users:
        return ["  This database had clinics already: there are no demo logins.", ""]
    rows = [f"    {user['email']:<32} {user['password']:<22} {user['role']}, {user['clinic']}" for user in users]
    return ["  Demo logins (also in var/demo.json, with the API keys):", *rows, ""]


if __name__ == "__main__":
    sys.exit(main())
