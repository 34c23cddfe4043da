"""The circuits of the product: when does one open, who may try, when does it close? pybreaker over our own storage.

pybreaker decides (how many failures open a circuit, what a trial's end means); `breaker_store` keeps, atomically. Two
of its habits are not ours (measured, ADR 0031): its half-open lets every process in, and `call` holds a lock for as
long as the call takes. So a call is let in by the store, made outside of pybreaker, which is told how it ended.

Promises: Redis down or slow lets every call through, said in the log once and counted; no caller sees an error of it.
Each move of a circuit is told to the watchers by exactly one process.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import pybreaker
from django.conf import settings

from atendeai.common import circuit
from atendeai.common.breaker_store import CLOSED, HALF_OPEN, OPEN, Admission, Reading, Store
from atendeai.common.circuit import Call, CircuitOpen, Verdict
from atendeai.common.errors import IntegrationError
from atendeai.common.redis_rest import RedisRest

logger = logging.getLogger(__name__)

PROVIDERS = ("whatsapp", "google")
# What a call may take beyond its time-outs, before its trial counts as lost.
TRIAL_MARGIN_SECONDS = 2.0


@dataclass(frozen=True)
class Move:
    """A circuit stands otherwise than before. `error`: of a circuit that opened, what went wrong, in a word."""

    provider: str
    clinic_id: int
    state: str
    error: str = ""


Watcher = Callable[[Move], None]
_watchers: list[Watcher] = []
_uncounted: list[Callable[[str], None]] = []


def watch(watcher: Watcher) -> None:
    """Have each move told; called from an app's `ready()`."""
    if watcher not in _watchers:
        _watchers.append(watcher)


def watch_unguarded(watcher: Callable[[str], None]) -> None:
    """Have each call told (its provider) that was made without a circuit, because Redis does not answer."""
    if watcher not in _uncounted:
        _uncounted.append(watcher)


class Breaker:
    """The guard of all calls in this process."""

    def __init__(self) -> None:
        self._rest = RedisRest("redis does not answer: no circuits")

    @cached_property
    def _store(self) -> Store:
        # Not at import: settings and Redis need not be there yet.
        return Store(settings.REDIS_URL, settings.REDIS_KEY_PREFIX)

    @contextmanager
    def calling(self, call: Call) -> Iterator[None]:
        """See `circuit.calling`."""
        admission = self._admit(call)
        if admission is not None and not admission.is_let_in:
            raise CircuitOpen(call.provider, call.operation, seconds=admission.wait_seconds)
        try:
            yield
        except BaseException as error:
            self._ended(call, admission, error)
            raise
        self._ended(call, admission, None)

    def read(self, provider: str, clinic_id: int) -> Reading | None:
        """How the circuit stands; None while Redis does not answer."""
        return self._rest.ask(lambda: self._store.read(_name(provider, clinic_id)))

    def reset(self, provider: str, clinic_id: int) -> bool:
        """A person wants to try: everybody is let in. Whether it was not closed."""
        was = bool(self._rest.ask(lambda: self._store.close(_name(provider, clinic_id))))
        if was:
            _tell(Move(provider, clinic_id, CLOSED))
        return was

    def states(self) -> dict[tuple[str, int], str] | None:
        """How every circuit stands that is not closed, by provider and clinic; None while Redis does not answer."""
        found = self._rest.ask(lambda: self._store.not_closed())
        return None if found is None else {_parts(name): state for name, state in found.items()}

    def _admit(self, call: Call) -> Admission | None:
        admission = self._rest.ask(
            lambda: self._store.admit(
                _name(call.provider, call.clinic_id),
                trial_seconds=call.seconds + TRIAL_MARGIN_SECONDS / settings.TIMES_DIVIDED_BY,
                may_try=call.is_judged and call.may_try,
            )
        )
        if admission is None:
            for watcher in _uncounted:
                watcher(call.provider)
        elif admission.state == HALF_OPEN:
            _tell(Move(call.provider, call.clinic_id, HALF_OPEN))
        return admission

    def _ended(self, call: Call, admission: Admission | None, error: BaseException | None) -> None:
        verdict = circuit.verdict(error) if call.is_judged else Verdict.NOTHING
        if admission is None:
            return
        if verdict != Verdict.NOTHING:
            word = _word(error) if isinstance(error, IntegrationError) and verdict == Verdict.FAILED else ""
            self._rest.ask(lambda: _judge(_Kept(self._store, call, admission, word), verdict))
        elif admission.state == HALF_OPEN:
            self._rest.ask(lambda: self._store.give_back(_name(call.provider, call.clinic_id), admission.move))


breaker = Breaker()


def limits(provider: str) -> tuple[int, float]:
    """After how many failures in a row a provider's circuits open, and for how many seconds."""
    failures: int
    seconds: float
    failures, seconds = settings.CIRCUITS[provider]
    return failures, seconds


class _Failed(Exception):
    """Stands in pybreaker for the call's own error, which goes to the caller untouched."""


class _Kept(pybreaker.CircuitBreakerStorage):
    """One circuit as pybreaker sees it for the length of one judgement: what it writes goes to the store."""

    def __init__(self, store: Store, call: Call, admission: Admission, word: str) -> None:
        super().__init__("redis")
        self._store = store
        self._call = call
        self._name_in_store = _name(call.provider, call.clinic_id)
        self._move = admission.move
        self._state = admission.state
        self._failures = admission.failures
        self._successes = 0
        self._word = word

    @property
    def provider(self) -> str:
        """Whose circuit."""
        return self._call.provider

    @property
    def state(self) -> str:
        return self._state

    @state.setter
    def state(self, state: str) -> None:
        if state == OPEN:
            seconds = limits(self._call.provider)[1]
            moved = self._store.open(self._name_in_store, self._move, seconds=seconds)
        else:
            moved = self._store.close(self._name_in_store, self._move)
        self._state = state
        if moved:
            _tell(Move(self._call.provider, self._call.clinic_id, state, self._word))

    def increment_counter(self) -> None:
        self._failures = self._store.failed(self._name_in_store, self._move, self._word)

    def reset_counter(self) -> None:
        self._store.alive(self._name_in_store, self._move)
        self._failures = 0

    def increment_success_counter(self) -> None:
        self._successes += 1

    def reset_success_counter(self) -> None:
        self._successes = 0

    @property
    def counter(self) -> int:
        return self._failures

    @property
    def success_counter(self) -> int:
        return self._successes

    @property
    def opened_at(self) -> datetime | None:
        """Not asked for: the store decides by Redis's clock when a trial is due."""
        return None

    @opened_at.setter
    def opened_at(self, moment: datetime) -> None:
        """Kept by the store, which knows Redis's clock."""


def _judge(kept: _Kept, verdict: Verdict) -> None:
    """pybreaker hears how the call ended."""
    failures, seconds = limits(kept.provider)
    judge = pybreaker.CircuitBreaker(
        fail_max=failures, reset_timeout=seconds, state_storage=kept, throw_new_error_on_trip=False
    )

    def happen() -> None:
        if verdict == Verdict.FAILED:
            raise _Failed

    try:
        judge.call(happen)
    except _Failed:
        return


def _tell(move: Move) -> None:
    logger.warning(
        "circuit moved",
        extra={"provider": move.provider, "clinic_id": move.clinic_id, "state": move.state, "error": move.error},
    )
    for watcher in _watchers:
        try:
            watcher(move)
        except Exception:
            # The call was made and its end is known: failing here would lose it.
            logger.exception("a watcher of circuits failed")


def _word(error: IntegrationError) -> str:
    return f"{type(error).__name__} {error.code or error.status or error.detail}".strip()[:60]


def _name(provider: str, clinic_id: int) -> str:
    return f"{provider}:{clinic_id}"


def _parts(name: str) -> tuple[str, int]:
    provider, _, clinic_id = name.rpartition(":")
    return provider, int(clinic_id)
