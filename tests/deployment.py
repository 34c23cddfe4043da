"""deploy/compose.yaml as a test reads it: its services, what Docker would make of its variables, what is amiss."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

from atendeai.celery import QUEUES, app
from dev.secret_file import make_secrets

ROOT = Path(__file__).parent.parent
COMPOSE = ROOT / "deploy" / "compose.yaml"
# What an operator writes into deploy/.env.
GIVEN = {
    "PUBLIC_BASE_URL": "https://atende.example.com.br",
    "ALLOWED_HOSTS": "atende.example.com.br",
    "POSTGRES_PASSWORD": "word",
    **make_secrets(),
}
_VARIABLE = re.compile(r"\$\{(?P<name>[A-Z_]+)(?::(?P<kind>[-?])(?P<word>[^}]*))?\}")
_FROM_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TMPDIR")
_tried: dict[frozenset[tuple[str, str]], str] = {}
Compose = dict[str, Any]


def read() -> Compose:
    """The file, with its anchors resolved."""
    found: Compose = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    return found


def workers(compose: Compose) -> dict[str, dict[str, Any]]:
    """The services that run a Celery worker."""
    return {name: one for name, one in compose["services"].items() if "worker" in one.get("command", [])}


def option(command: list[str], name: str) -> str:
    """What stands after an option; "" without it."""
    return next((value for word, value in pairwise(command) if word == name), "")


def environment_of(service: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, str]:
    """A service's own environment as Docker would make it; KeyError where Docker would refuse."""
    return {name: _resolved(str(value), given) for name, value in service["environment"].items()}


def _resolved(value: str, given: Mapping[str, str]) -> str:
    def put(found: re.Match[str]) -> str:
        if given.get(found["name"]):
            return given[found["name"]]
        if found["kind"] != "-":
            raise KeyError(found["name"])
        return found["word"]

    return _VARIABLE.sub(put, value)


def start_with(environment: Mapping[str, str], folder: Path) -> str:
    """Reads the settings with nothing but this; what the start complains of. Once for each environment."""
    key = frozenset(environment.items())
    if key not in _tried:
        _tried[key] = _start(environment, folder)
    return _tried[key]


def _start(environment: Mapping[str, str], folder: Path) -> str:
    kept = {name: os.environ[name] for name in _FROM_ENVIRONMENT if name in os.environ}
    own = {name: str(folder) if value.startswith("/var/lib/atendeai") else value for name, value in environment.items()}
    done = subprocess.run(
        [sys.executable, "-c", "import atendeai.settings"], cwd=ROOT, env=kept | own, capture_output=True, text=True
    )
    return "" if done.returncode == 0 else done.stderr.strip().splitlines()[-1]


def problems(compose: Compose, folder: Path) -> list[str]:
    """In words, whatever would keep this from being a whole installation."""
    found = [*_queue_problems(compose), *_stop_problems(compose), *_shared_file_problems(compose)]
    for name, service in compose["services"].items():
        if name != "migrate" and "healthcheck" not in service:
            found.append(f"{name} has no health check")
    product = {name: one for name, one in compose["services"].items() if "env_file" in one}
    # They share their environment by an anchor; each different one is tried once.
    tried = {str(one["environment"]): (name, one) for name, one in product.items()}
    for name, service in tried.values():
        said = start_with(environment_of(service, GIVEN), folder)
        found += [f"{name}: {said}"] if said else []
    return found


def _queue_problems(compose: Compose) -> list[str]:
    app.loader.import_default_modules()
    ours = [task for task in app.tasks if not task.startswith("celery.")]
    wanted = {app.amqp.router.route({}, task)["queue"].name for task in ours} | set(QUEUES)
    taken = {name: option(one["command"], "-Q").split(",") for name, one in workers(compose).items()}
    found = [f"nobody takes {queue}" for queue in wanted - {queue for queues in taken.values() for queue in queues}]
    found += [
        f"{name} takes {queue}, which is none" for name, queues in taken.items() for queue in set(queues) - wanted
    ]
    found += [f"{name} has more than a queue of its own" for name, queues in taken.items() if len(queues) != 1]
    for name, service in workers(compose).items():
        command = service["command"]
        if not option(command, "-c").isdecimal() or option(command, "--prefetch-multiplier") != "1":
            found.append(f"{name} does not say how many processes it has, with one hint each")
        if not option(command, "-n").endswith("@%h"):
            found.append(f"{name} has no name of its own")
    if sum("beat" in one.get("command", []) for one in compose["services"].values()) != 1:
        found.append("there must be one beat")
    return found


def _shared_file_problems(compose: Compose) -> list[str]:
    """`up` starts anew what runs to its end, beside processes that go on and whose counters are open."""
    commands = {name: " ".join(one.get("command", [])) for name, one in compose["services"].items()}
    return [f"{name} deletes what others write" for name, command in commands.items() if re.search(r"\brm\b", command)]


def _stop_problems(compose: Compose) -> list[str]:
    found = []
    for name, service in [*workers(compose).items(), ("web", compose["services"]["web"])]:
        needs = (
            settings.WORKER_STOP_SECONDS
            if name != "web"
            else float(option(service["command"], "--workers-kill-timeout"))
        )
        grace = re.fullmatch(r"(\d+)s", str(service.get("stop_grace_period", "10s")))
        if grace is None or not needs < int(grace[1]) <= 30 or service.get("stop_signal", "SIGTERM") != "SIGTERM":
            found.append(f"{name} is not given the time to stop")
    return found
