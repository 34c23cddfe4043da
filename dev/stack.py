"""How is the whole product started? The one way, for `make run` and for tests with separate processes.

    with Stack(supervisor, addresses, var=…, environ=…) as stack:
        stack.start()
        stack.kill("worker")
        stack.restart("worker")

The database and Redis must be there already; the database may be empty.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from dev.children import Child, Program, run_to_end
from dev.environment import Addresses
from dev.places import ROOT
from dev.preparation import Preparation
from dev.problems import Trouble
from dev.product import product_programs
from dev.supervisor import Supervisor
from dev.web_address import Probe


class Stack:
    """Web, worker, beat and simulator on one migrated database."""

    def __init__(
        self,
        supervisor: Supervisor,
        addresses: Addresses,
        *,
        var: Path,
        environ: Mapping[str, str],
        workers: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """`workers`: the commands of several workers by name, instead of the one that takes every queue."""
        self.addresses = addresses
        self.environ = environ
        self._supervisor = supervisor
        self._var = var
        self._programs = product_programs(addresses, var, environ, workers)
        self._workers = list(workers or ["worker"])
        self._simulator_check = f"{addresses.sandbox_url}/control/patients"

    @property
    def web_url(self) -> str:
        return self.addresses.web_url

    @property
    def sandbox_url(self) -> str:
        return self.addresses.sandbox_url

    @property
    def processes(self) -> dict[str, Child]:
        """Return the running children by name: web, worker, beat, sandbox."""
        return self._supervisor.children

    @property
    def demo(self) -> dict[str, Any]:
        """Return what `create_demo_clinic` wrote about its logins and keys; empty when it made nothing."""
        path = self._var / "demo.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def start(self) -> Stack:
        """Migrate, make the demo in a database without clinics, start everything; return when it answers."""
        say = self._supervisor.output.say
        self._empty_metrics()
        self._supervisor.start(self._programs["sandbox"])
        with Preparation(self.environ, self._var, self._simulator_check, self._supervisor.check) as preparation:
            # Loading Django takes most of a start, on every core there is. Beat comes last: nothing waits for it.
            if not preparation.is_mere_formality:
                preparation.finish()
                say("database migrated, demo there")
            for name in ("web", *self._workers):
                self._supervisor.start(self._programs[name])
            preparation.finish()
        self._wait_for_sandbox()
        self._wait_for_web()
        for name in self._workers:
            self._wait_for_worker(name)
        self._supervisor.start(self._programs["beat"])
        say("web server and worker ready")
        return self

    def manage(self, *words: str) -> str:
        """Run a management command with the settings of this stack; return what it printed."""
        program = Program(words[0], [sys.executable, str(ROOT / "manage.py"), *words], self.environ, ROOT)
        child, said = run_to_end(program, check=self._supervisor.check)
        if child.process.returncode != 0:
            raise Trouble(f"manage.py {words[0]} failed ({child.describe_end()}):\n" + "\n".join(said[-40:]))
        return "\n".join(said)

    def kill(self, name: str) -> None:
        """End one program and all it started with SIGKILL, as a crash would."""
        self._supervisor.forget(name).kill()

    def stop_one(self, name: str, *, seconds: float = 30) -> float:
        """Ask one program to end, as a process manager does; return how long it took. Trouble when it does not."""
        child = self._supervisor.forget(name)
        began = time.monotonic()
        child.ask_to_stop()
        if not child.wait(seconds):
            child.kill()
            raise Trouble(f"{name} did not end within {seconds:.0f} s of SIGTERM.")
        took = time.monotonic() - began
        child.kill()  # what it may have left behind
        return took

    def restart(self, name: str) -> None:
        """Start a killed program again and wait until it answers."""
        self._supervisor.start(self._programs[name])
        waits: dict[str, Callable[[], None]] = {
            "web": self._wait_for_web,
            "sandbox": self._wait_for_sandbox,
            **{worker: partial(self._wait_for_worker, worker) for worker in self._workers},
        }
        waits.get(name, lambda: None)()

    def stop(self) -> None:
        """Stop everything in order."""
        self._supervisor.stop()

    def __enter__(self) -> Stack:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _empty_metrics(self) -> None:
        # Counters of processes that are gone would be added to those of the new ones.
        folder = Path(self.environ["PROMETHEUS_MULTIPROC_DIR"])
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)

    def _wait_for_web(self) -> None:
        self._supervisor.wait_for("The web server", Probe(f"{self.web_url}/readyz").is_answered, seconds=90)

    def _wait_for_sandbox(self) -> None:
        self._supervisor.wait_for("The simulator", Probe(self._simulator_check).is_answered, seconds=60)

    def _wait_for_worker(self, name: str) -> None:
        # Its log is all that tells, and may be turned down; work waits for a late worker, so this is a courtesy.
        lines = self.processes[name].last_lines
        deadline = time.monotonic() + 20
        self._supervisor.wait_for(
            "The worker",
            lambda: time.monotonic() > deadline or any(" ready." in line for line in list(lines)),
            seconds=30,
        )
