"""Circuits on a real Redis: what opens one, who may try, and that exactly one tries, of threads and of processes."""

import itertools
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import redis
from pytest_django import Settings

from atendeai.common import breaker as breakers
from atendeai.common import circuit
from atendeai.common.breaker import Breaker, Move
from atendeai.common.breaker_store import Reading
from atendeai.common.circuit import Call, CircuitOpen
from atendeai.common.errors import (
    CredentialsRevoked,
    IntegrationError,
    NotConfigured,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Unreachable,
)
from atendeai.common.tests.servers import refused_url

ROOT = Path(__file__).resolve().parents[3]
OPEN_SECONDS = 0.3
_clinics = itertools.count(int(time.time() * 1000) % 1_000_000_000)


@pytest.fixture
def clinic(settings: Settings) -> int:
    """An id that no other test has; times in tenths."""
    settings.CIRCUITS = {"whatsapp": (5, OPEN_SECONDS), "google": (3, OPEN_SECONDS * 2)}
    return next(_clinics)


@pytest.fixture
def moves(clinic: int) -> Iterator[list[tuple[str, str]]]:
    """What the circuit of the clinic was told to have done: state and error."""
    seen: list[tuple[str, str]] = []

    def note(move: Move) -> None:
        if move.clinic_id == clinic:
            seen.append((move.state, move.error))

    breakers.watch(note)
    yield seen
    breakers._watchers.remove(note)


def unreachable() -> IntegrationError:
    return Unreachable("whatsapp", "messages", code="131016", status=500)


def call(
    guard: Breaker, clinic: int, error: BaseException | None = None, *, provider: str = "whatsapp", seconds: float = 1.0
) -> None:
    """One call that ends like this."""
    with guard.calling(Call(provider, "messages", clinic, seconds)):
        if error is not None:
            raise error


def fail(guard: Breaker, clinic: int, times: int = 5, *, provider: str = "whatsapp") -> None:
    for _ in range(times):
        with pytest.raises(Unreachable):
            call(guard, clinic, unreachable(), provider=provider)


def is_refused(guard: Breaker, clinic: int, provider: str = "whatsapp") -> bool:
    try:
        call(guard, clinic, provider=provider)
    except CircuitOpen:
        return True
    return False


@pytest.mark.parametrize(("provider", "failures"), [("whatsapp", 5), ("google", 3)])
def test_so_many_failures_in_a_row_open_it_and_no_fewer(
    clinic: int, moves: list[tuple[str, str]], provider: str, failures: int
) -> None:
    guard = Breaker()
    fail(guard, clinic, failures - 1, provider=provider)
    call(guard, clinic, provider=provider)
    fail(guard, clinic, failures - 1, provider=provider)
    assert moves == []
    fail(guard, clinic, 1, provider=provider)
    assert moves == [("open", "Unreachable 131016")]
    with pytest.raises(CircuitOpen) as refused:
        call(guard, clinic, provider=provider)
    expected = OPEN_SECONDS * (2 if provider == "google" else 1)
    assert expected - 0.2 < (refused.value.retry_after_seconds or 0) <= expected


def test_each_clinic_and_each_provider_has_its_own(clinic: int) -> None:
    guard, other = Breaker(), next(_clinics)
    fail(guard, clinic)
    assert is_refused(guard, clinic)
    assert not is_refused(guard, clinic, "google")
    assert not is_refused(guard, other)


@pytest.mark.parametrize(
    "answered",
    [
        Rejected("whatsapp", "messages", code="131026", status=400),
        Throttled("whatsapp", "messages", code="131056", status=400),
        CredentialsRevoked("whatsapp", "messages", code="190", status=401),
        NotConfigured("google", "events.insert", code="accessNotConfigured", status=403),
        Unreachable("whatsapp", "messages", code="131057", status=500),
        Unreachable("whatsapp", "messages", code="1", status=400),
    ],
    ids=lambda error: f"{type(error).__name__}-{error.code}",
)
def test_a_refusal_is_no_failure_and_ends_the_row_of_failures(clinic: int, answered: IntegrationError) -> None:
    guard = Breaker()
    for _ in range(12):
        with pytest.raises(type(answered)):
            call(guard, clinic, answered)
    fail(guard, clinic, 4)
    with pytest.raises(type(answered)):
        call(guard, clinic, answered)
    fail(guard, clinic, 4)
    assert not is_refused(guard, clinic)


@pytest.mark.parametrize(
    "failed",
    [
        Unreachable("whatsapp", "messages", detail="ConnectTimeout"),
        Unreachable("whatsapp", "messages", code="2", status=503),
        Unreachable("whatsapp", "messages", code="1", status=500),
        OutcomeUnknown("whatsapp", "messages", detail="ReadTimeout"),
        OutcomeUnknown("whatsapp", "messages", status=502),
    ],
    ids=str,
)
def test_what_counts_as_a_failure_of_the_provider(clinic: int, failed: IntegrationError) -> None:
    guard = Breaker()
    for _ in range(5):
        with suppress(IntegrationError):
            call(guard, clinic, failed)
    assert is_refused(guard, clinic)


@pytest.mark.parametrize(
    "ours",
    [ValueError("a bug"), NotConfigured("whatsapp", "client"), KeyboardInterrupt()],
    ids=lambda e: type(e).__name__,
)
def test_a_mistake_of_ours_neither_counts_nor_ends_the_row(clinic: int, ours: BaseException) -> None:
    guard = Breaker()
    fail(guard, clinic, 4)
    with pytest.raises(type(ours)):
        call(guard, clinic, ours)
    fail(guard, clinic, 1)
    assert is_refused(guard, clinic)


def test_the_trial_that_fails_opens_it_again_and_the_one_that_works_closes_it(
    clinic: int, moves: list[tuple[str, str]]
) -> None:
    guard = Breaker()
    fail(guard, clinic)
    time.sleep(OPEN_SECONDS)
    fail(guard, clinic, 1)
    assert is_refused(guard, clinic)
    time.sleep(OPEN_SECONDS)
    call(guard, clinic)
    assert [state for state, _ in moves] == ["open", "half-open", "open", "half-open", "closed"]
    # As at the very beginning: four failures more are borne.
    fail(guard, clinic, 4)
    assert not is_refused(guard, clinic)


def test_a_trial_that_a_mistake_of_ours_ended_is_given_to_the_next_at_once(clinic: int) -> None:
    guard = Breaker()
    fail(guard, clinic)
    time.sleep(OPEN_SECONDS)
    with pytest.raises(ValueError, match="a bug"):
        call(guard, clinic, ValueError("a bug"))
    assert not is_refused(guard, clinic)


def test_a_hint_is_refused_while_it_is_open_but_never_judged_and_never_the_trial(clinic: int) -> None:
    guard = Breaker()
    hint = Call("whatsapp", "mark_read", clinic, 1.0, is_judged=False)
    for _ in range(9):
        with pytest.raises(Unreachable), guard.calling(hint):
            raise unreachable()
    assert not is_refused(guard, clinic)
    fail(guard, clinic)
    time.sleep(OPEN_SECONDS)
    with pytest.raises(CircuitOpen), guard.calling(hint):
        pass
    assert not is_refused(guard, clinic)


def test_a_call_that_takes_long_is_judged_like_the_others_but_is_never_the_trial(clinic: int) -> None:
    guard = Breaker()
    long = Call("whatsapp", "media.download", clinic, 120.0, may_try=False)
    for _ in range(5):
        with pytest.raises(Unreachable), guard.calling(long):
            raise unreachable()
    assert is_refused(guard, clinic)
    time.sleep(OPEN_SECONDS)
    with pytest.raises(CircuitOpen), guard.calling(long):
        pass
    assert not is_refused(guard, clinic)


def test_of_many_threads_exactly_one_tries(clinic: int) -> None:
    guards = [Breaker() for _ in range(24)]
    fail(guards[0], clinic)
    time.sleep(OPEN_SECONDS)
    tried: list[int] = []
    refused: list[float] = []
    barrier, all_refused = threading.Barrier(len(guards)), threading.Event()

    def run(number: int) -> None:
        barrier.wait()
        try:
            with guards[number].calling(Call("whatsapp", "messages", clinic, 5.0)):
                tried.append(number)
                # On its way until every other one has asked, however slow the machine is.
                all_refused.wait(10)
        except CircuitOpen as error:
            refused.append(error.retry_after_seconds or 0)
            if len(refused) == len(guards) - 1:
                all_refused.set()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(guards))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(tried), len(refused)) == (1, 23)
    assert all(0 < seconds <= 1 for seconds in refused)
    assert not is_refused(guards[0], clinic)


PROCESS = """
import sys, time, json
from atendeai.common.breaker import Breaker
from atendeai.common.circuit import Call, CircuitOpen
clinic, starts_at = int(sys.argv[1]), float(sys.argv[2])
guard, tried = Breaker(), 0
guard.read("whatsapp", clinic)
print("ready", flush=True)
time.sleep(max(0, starts_at - time.time()))
until = time.time() + 0.5
while time.time() < until:
    try:
        with guard.calling(Call("whatsapp", "messages", clinic, 5.0)):
            tried += 1
            time.sleep(1.0)
    except CircuitOpen:
        pass
print(json.dumps(tried))
"""


def test_of_many_processes_exactly_one_tries(clinic: int) -> None:
    fail(Breaker(), clinic)
    starts_at = time.time() + 6
    command = [sys.executable, "-c", PROCESS, str(clinic), str(starts_at)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with_pipes = {"stdout": subprocess.PIPE, "text": True, "env": environment, "cwd": ROOT}
    processes = [subprocess.Popen(command, **with_pipes) for _ in range(6)]  # type: ignore[call-overload]
    try:
        said = [process.communicate(timeout=30)[0].split() for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert time.time() > starts_at
    assert sum(json.loads(words[1]) for words in said) == 1


def test_a_trial_that_never_ends_is_given_to_another_and_its_late_end_changes_nothing(
    clinic: int, moves: list[tuple[str, str]]
) -> None:
    first, second = Breaker(), Breaker()
    fail(first, clinic)
    time.sleep(OPEN_SECONDS)
    lost = first.calling(Call("whatsapp", "messages", clinic, -1.9))
    lost.__enter__()
    assert is_refused(second, clinic)
    time.sleep(0.12)
    fail(second, clinic, 1)
    lost.__exit__(None, None, None)
    assert is_refused(second, clinic)
    assert [state for state, _ in moves] == ["open", "half-open", "half-open", "open"]


def test_calls_that_were_under_way_when_it_opened_change_nothing_any_more(
    clinic: int, moves: list[tuple[str, str]]
) -> None:
    guard = Breaker()
    slow = [guard.calling(Call("whatsapp", "messages", clinic, 1.0)) for _ in range(3)]
    for one in slow:
        one.__enter__()
    fail(guard, clinic)
    slow[0].__exit__(None, None, None)
    error = unreachable()
    with suppress(Unreachable):
        slow[1].__exit__(type(error), error, None)
    assert is_refused(guard, clinic)
    assert [state for state, _ in moves] == ["open"]


def test_a_person_may_try_now(clinic: int, moves: list[tuple[str, str]]) -> None:
    guard = Breaker()
    fail(guard, clinic)
    assert guard.reset("whatsapp", clinic)
    assert not guard.reset("whatsapp", clinic)
    assert not is_refused(guard, clinic)
    assert [state for state, _ in moves] == ["open", "closed"]


def test_how_it_stands_is_read(clinic: int) -> None:
    guard = Breaker()
    assert guard.read("whatsapp", clinic) == Reading()
    fail(guard, clinic)
    found = guard.read("whatsapp", clinic)
    assert found is not None
    assert (found.state, found.failures, found.error) == ("open", 5, "Unreachable 131016")
    assert 0 < found.wait_seconds <= OPEN_SECONDS
    assert (guard.states() or {})["whatsapp", clinic] == "open"
    time.sleep(OPEN_SECONDS)
    call(guard, clinic)
    assert ("whatsapp", clinic) not in (guard.states() or {})


def test_redis_emptied_while_it_is_open_begins_anew(clinic: int, settings: Settings) -> None:
    guard = Breaker()
    fail(guard, clinic)
    client = redis.Redis.from_url(settings.REDIS_URL)
    for key in client.scan_iter(f"{settings.REDIS_KEY_PREFIX}:circuit*"):
        client.delete(key)
    assert not is_refused(guard, clinic)
    fail(guard, clinic, 4)
    assert not is_refused(guard, clinic)


def test_without_redis_every_call_goes_is_counted_and_said_once(
    clinic: int, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    guard = Breaker()
    settings.REDIS_URL = refused_url().replace("http", "redis")
    counted: list[str] = []
    breakers.watch_unguarded(counted.append)
    try:
        fail(guard, clinic, 20)
        call(guard, clinic)
    finally:
        breakers._uncounted.remove(counted.append)
    assert counted == ["whatsapp"] * 21
    assert [record.message for record in caplog.records].count("redis does not answer: no circuits") == 1
    assert guard.read("whatsapp", clinic) is None
    assert guard.states() is None


def test_redis_lost_during_the_call_is_no_error_of_the_call(clinic: int, settings: Settings) -> None:
    guard = Breaker()
    with guard.calling(Call("whatsapp", "messages", clinic, 1.0)):
        guard._store._url = refused_url().replace("http", "redis")
        for kept in ("_client", "_scripts"):
            guard._store.__dict__.pop(kept)


def test_a_watcher_that_breaks_hides_no_end_of_a_call(clinic: int) -> None:
    def break_down(_move: Move) -> None:
        raise RuntimeError

    breakers.watch(break_down)
    try:
        guard = Breaker()
        fail(guard, clinic)
        assert is_refused(guard, clinic)
    finally:
        breakers._watchers.remove(break_down)


def test_without_a_guard_or_without_a_clinic_every_call_goes(clinic: int, monkeypatch: pytest.MonkeyPatch) -> None:
    guard = Breaker()
    monkeypatch.setattr(circuit, "_guards", [guard])
    fail(guard, clinic)
    ask(None)
    with pytest.raises(CircuitOpen):
        ask(clinic)
    monkeypatch.setattr(circuit, "_guards", [])
    ask(clinic)


def ask(clinic: int | None) -> None:
    with circuit.calling(provider="whatsapp", operation="messages", clinic_id=clinic, seconds=1.0):
        pass
