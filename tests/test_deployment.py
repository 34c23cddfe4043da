"""Is what `deploy/` and the Dockerfile describe this product, whole? Read only: neither is built here."""

import copy
import os
import re
import shlex
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from atendeai import pulse
from deploy import health
from tests import deployment
from tests.deployment import COMPOSE, ROOT, Compose, option, problems, workers
from tests.test_environment_file import variables_read

Spoil = Callable[[Compose], object]


@pytest.fixture
def compose() -> Compose:
    return deployment.read()


def test_the_description_is_a_whole_installation(compose: Compose, tmp_path: Path) -> None:
    assert problems(compose, tmp_path) == []


def without(service: str, *keys: str) -> Spoil:
    """Each service has dicts of its own in `spoilt`, not those of an anchor."""

    def spoil(compose: Compose) -> object:
        place = compose["services"]
        for key in (service, *keys)[:-1]:
            place = place[key]
        return place.pop((service, *keys)[-1])

    return spoil


def with_word(service: str, old: str, new: str) -> Spoil:
    def spoil(compose: Compose) -> None:
        command = compose["services"][service]["command"]
        command[command.index(old)] = new

    return spoil


def with_grace(service: str, grace: str) -> Spoil:
    return lambda compose: compose["services"][service].update(stop_grace_period=grace)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (without("worker-media"), "nobody takes media"),
        (with_word("worker-media", "media", "medias"), "worker-media takes medias, which is none"),
        (with_word("worker-media", "media", "media,bulk"), "worker-media has more than a queue of its own"),
        (with_word("worker-bulk", "--prefetch-multiplier", "--prefetch"), "worker-bulk does not say how many"),
        (with_word("worker-bulk", "-c", "--pool"), "worker-bulk does not say how many"),
        (with_word("worker-bulk", "bulk@%h", "bulk"), "worker-bulk has no name of its own"),
        (without("beat"), "there must be one beat"),
        (without("worker-calendar", "stop_grace_period"), "worker-calendar is not given the time"),
        (with_grace("worker-calendar", "20s"), "worker-calendar is not given the time"),
        (with_grace("web", "15s"), "web is not given the time"),
        (without("worker-outbound", "healthcheck"), "worker-outbound has no health check"),
        (without("redis", "healthcheck"), "redis has no health check"),
        (with_word("migrate", "python", "rm -f /var/lib/atendeai/metrics/*.db; python"), "migrate deletes what others"),
        *((without("web", "environment", name), f"web: Bad setting {name}") for name in (
            "DJANGO_SECRET_KEY", "PUBLIC_BASE_URL", "ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL", "CREDENTIALS_KEYS",
            "WHATSAPP_APP_SECRET", "WHATSAPP_VERIFY_TOKEN",
        )),
    ],
)  # fmt: skip
def test_what_is_missing_is_noticed(compose: Compose, tmp_path: Path, spoil: Spoil, said: str) -> None:
    spoilt = copy.deepcopy({"services": {name: _own(one) for name, one in compose["services"].items()}})
    spoil(spoilt)
    assert any(problem.startswith(said) for problem in problems(spoilt, tmp_path))


def _own(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _own(one) for key, one in value.items()}
    return [_own(one) for one in value] if isinstance(value, list) else value


def test_docker_refuses_to_start_without_a_secret(compose: Compose) -> None:
    with pytest.raises(KeyError, match="CREDENTIALS_KEYS"):
        deployment.environment_of(compose["services"]["web"], deployment.GIVEN | {"CREDENTIALS_KEYS": ""})


def test_it_sets_only_variables_that_are_read(compose: Compose) -> None:
    assert set(compose["services"]["web"]["environment"]) <= variables_read()


def test_no_password_stands_in_it() -> None:
    named = re.findall(r"^ *\w*(?:PASSWORD|SECRET|TOKEN|KEY)\w*: (.*)", COMPOSE.read_text(), re.M)
    assert named
    assert all(value.startswith("${") and value.endswith(":?}") for value in named)


def test_the_page_says_the_same_of_the_workers(compose: Compose) -> None:
    page = (ROOT / "docs/operations.md").read_text()
    told = dict(re.findall(r"worker -Q (\w+) -c (\d+)", page))
    assert told == {option(one["command"], "-Q"): option(one["command"], "-c") for one in workers(compose).values()}
    assert int(told["media"]) == settings.MEDIA_AT_ONCE


def test_nobody_outside_reaches_the_servers(compose: Compose) -> None:
    services = compose["services"]
    assert [one["networks"] for one in (services["postgres"], services["redis"])] == [["inside"]] * 2
    assert compose["networks"]["inside"] == {"internal": True}
    assert [name for name, one in services.items() if "ports" in one] == ["web"]
    assert services["web"]["ports"] == ["127.0.0.1:8000:8000"]
    assert services["web"]["environment"]["TRUSTED_PROXIES"].endswith(
        f"{compose['networks']['outside']['ipam']['config'][0]['gateway']}/32}}"
    )


# --- The image ---


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions, its continued lines joined."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.M).replace("\\\n", " ")
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1].strip()) for line in text.splitlines() if line.strip()]


def test_the_image_runs_as_nobody_in_particular_on_the_slim_python() -> None:
    bases = [words for name, words in instructions() if name == "FROM"]
    assert [base.split(" AS ")[0] for base in bases] == ["python:3.11-slim-bookworm"] * 2
    assert [words for name, words in instructions() if name == "USER"] == ["10001:10001"]


def test_only_pinned_packages_of_the_product_go_into_the_image() -> None:
    installs = [words for name, words in instructions() if name == "RUN" and "pip install" in words]
    assert len(installs) == 2
    assert all("--require-hashes" in words for words in installs)
    # What is not the product's goes to a folder that stays in the first stage.
    assert [option(shlex.split(words), "-r") for words in installs if "--target" not in words] == ["requirements.txt"]
    copied = [words for name, words in instructions() if name == "COPY" and "--from=build" in words]
    assert copied == ["--from=build /opt/venv /opt/venv", "--from=build /app /app"]


def test_the_image_takes_what_is_there_and_leaves_the_rest() -> None:
    allowed = re.findall(r"^!(.*)$", (ROOT / ".dockerignore").read_text(), re.M)
    assert [name for name in allowed if not (ROOT / name).exists()] == []
    assert set(settings.INSTALLED_APPS) & {path.name for path in ROOT.iterdir()} <= set(allowed)
    left_out = {"sandbox", "faults", "bench", "tests", "dev", ".env", "var", ".git"}
    assert left_out & set(allowed) == set()


def test_the_image_is_built_with_every_required_variable(tmp_path: Path) -> None:
    [build] = [words for name, words in instructions() if name == "RUN" and "collectstatic" in words]
    given = dict(word.split("=", 1) for word in shlex.split(build) if re.match(r"[A-Z_]+=", word))
    assert deployment.start_with(given | {"ATENDEAI_VAR_DIR": str(tmp_path)}, tmp_path) == ""
    # Nothing of it outlives that one command.
    kept = {word.split("=")[0] for name, words in instructions() if name == "ENV" for word in shlex.split(words)}
    assert kept & set(given) <= {"ATENDEAI_ENV", "ATENDEAI_VAR_DIR"}


# --- Health ---


def test_a_pulse_is_fresh_for_a_while_only(tmp_path: Path) -> None:
    file = tmp_path / "pulse"
    assert not health.is_fresh(file, 60)
    file.touch()
    assert health.main(["fresh", str(file), "60"]) == 0
    os.utime(file, (time.time() - 61,) * 2)
    assert health.main(["fresh", str(file), "60"]) == 1


def test_a_web_server_that_is_not_there_is_not_well() -> None:
    assert not health.web_is_ready("https://atende.example", port=9)


def test_a_check_that_asks_nothing_fails() -> None:
    assert health.main([]) == 2


def test_without_a_file_there_is_no_pulse(settings: Any, tmp_path: Path) -> None:
    settings.WORKER_PULSE_FILE = ""
    pulse.touch()
    settings.WORKER_PULSE_FILE = str(tmp_path / "pulse")
    pulse.touch()
    assert (tmp_path / "pulse").exists()
