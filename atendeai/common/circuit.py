"""May this clinic's provider be called now? The question that every call asks; who answers is installed at start.

Pure: without a guard (a script, a test of a client) every call goes. `atendeai.common.breaker` is the guard of the
product: a circuit for each clinic and provider, kept in Redis.

What counts as the provider's failure: a call that got no answer, or whose answer says that it failed on the provider's
side. A refusal, a pause asked for, a withdrawn token: the provider is alive. A mistake of ours says nothing.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from atendeai.common.errors import IntegrationError, NotConfigured, OutcomeUnknown, Unreachable
from atendeai.common.http import NO_TIME_LEFT

OPEN_CODE = "circuit_open"


class CircuitOpen(Unreachable):
    """Not called: the provider has failed several times in a row. Again after `retry_after_seconds`."""

    def __init__(self, provider: str, operation: str, *, seconds: float) -> None:
        super().__init__(provider, operation, code=OPEN_CODE, retry_after_seconds=seconds)


class Verdict(Enum):
    """What the end of a call says about the provider."""

    ALIVE = "alive"
    FAILED = "failed"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Call:
    """A call that is about to be made. It takes at most `seconds`; `is_judged`: its end says something; `may_try`: it
    may be the one trial of an open circuit."""

    provider: str
    operation: str
    clinic_id: int
    seconds: float
    is_judged: bool = True
    may_try: bool = True


class Guard(Protocol):
    """Lets a call through and looks how it ends, or raises CircuitOpen."""

    def calling(self, call: Call) -> AbstractContextManager[None]: ...


_guards: list[Guard] = []


def install(guard: Guard) -> None:
    """Every call asks this guard from now on."""
    _guards[:] = [guard]


@contextmanager
def calling(
    *,
    provider: str,
    operation: str,
    clinic_id: int | None,
    seconds: float,
    is_judged: bool = True,
    may_try: bool = True,
) -> Iterator[None]:
    """Around one call, up to the error that its answer means. Raises CircuitOpen instead of beginning it.

    `is_judged=False`: a call with so little patience, or of so little weight, that its failure says nothing.
    `may_try=False`: a call so long that all others would wait for it, were it the trial. A call that belongs to no
    clinic is not guarded.
    """
    if not _guards or clinic_id is None:
        yield
        return
    with _guards[0].calling(Call(provider, operation, clinic_id, seconds, is_judged, may_try)):
        yield


def verdict(error: BaseException | None) -> Verdict:
    """What this end (None: as wished) says about the provider."""
    if error is None:
        return Verdict.ALIVE
    if isinstance(error, CircuitOpen) or not isinstance(error, IntegrationError) or error.code == NO_TIME_LEFT:
        return Verdict.NOTHING
    if isinstance(error, Unreachable | OutcomeUnknown):
        return Verdict.FAILED if _is_the_providers(error) else Verdict.ALIVE
    if isinstance(error, NotConfigured) and error.status is None:
        return Verdict.NOTHING
    return Verdict.ALIVE


def _is_the_providers(error: IntegrationError) -> bool:
    """Not so: one number is being upgraded (131057), or Meta does not understand one request (1, without a 5xx)."""
    return error.code != "131057" and not (error.code == "1" and error.status is not None and error.status < 500)
