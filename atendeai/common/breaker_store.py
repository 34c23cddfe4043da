"""Where do the circuits stand? One hash in Redis for each clinic and provider; every step is one atomic script.

Redis's clock counts, so all machines agree. Every move has a number (`move`): who was let in before the circuit moved
on changes nothing any more. Healthy circuits leave no key; a circuit that nobody asked about for a day is forgotten.
Which are not closed is also kept in one set, so that nobody need look through all.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import redis

CLOSED, HALF_OPEN, OPEN = "closed", "half-open", "open"
# How soon to ask again while somebody else is trying.
WHILE_TRIED_SECONDS = 1.0

# Common beginning. KEYS: the circuit, the set of those not closed. ARGV: its name, the move that the caller was let
# in under.
_HEAD = """
local clock = redis.call('TIME')
local at = clock[1] * 1000 + math.floor(clock[2] / 1000)
local state = redis.call('HGET', KEYS[1], 'state') or 'closed'
local move = tonumber(redis.call('HGET', KEYS[1], 'move') or 0)
local function keep(...)
  redis.call('HSET', KEYS[1], ...)
  redis.call('PEXPIRE', KEYS[1], 86400000)
end
"""
# ARGV: name, milliseconds of the trial, whether a trial may begin. Answers: state, move, failures or milliseconds.
_ADMIT = """
if state == 'closed' then return {state, move, tonumber(redis.call('HGET', KEYS[1], 'failures') or 0)} end
local wait = tonumber(redis.call('HGET', KEYS[1], 'until')) - at
if wait > 0 then return {state == 'half-open' and 'tried' or 'open', move, wait} end
if ARGV[3] == '0' then return {'open', move, 1000} end
keep('state', 'half-open', 'move', move + 1, 'until', at + ARGV[2])
return {'half-open', move + 1, 0}
"""
# ARGV: name, move, the error in a word. Answers: failures in a row.
_FAILED = """
if move ~= tonumber(ARGV[2]) then return 0 end
keep('error', ARGV[3])
return redis.call('HINCRBY', KEYS[1], 'failures', 1)
"""
_ALIVE = """
if move ~= tonumber(ARGV[2]) then return 0 end
return redis.call('HDEL', KEYS[1], 'failures')
"""
# ARGV: name, move, milliseconds until the next trial.
_OPEN = """
if move ~= tonumber(ARGV[2]) then return 0 end
if state == 'closed' then keep('since', at) end
keep('state', 'open', 'move', move + 1, 'until', at + ARGV[3])
redis.call('SADD', KEYS[2], ARGV[1])
return 1
"""
_CLOSE = """
redis.call('SREM', KEYS[2], ARGV[1])
if state == 'closed' or ARGV[2] ~= '' and move ~= tonumber(ARGV[2]) then return 0 end
redis.call('HDEL', KEYS[1], 'until', 'since', 'failures', 'error')
keep('state', 'closed', 'move', move + 1)
return 1
"""
# The trial ended without a word about the provider: the next one may try at once.
_GIVE_BACK = """
if state ~= 'half-open' or move ~= tonumber(ARGV[2]) then return 0 end
keep('state', 'open', 'move', move + 1, 'until', at)
return 1
"""
_READ = """
local found = redis.call('HMGET', KEYS[1], 'until', 'since', 'failures', 'error')
return {state, (found[1] or at) - at, found[2] and at - found[2] or 0, found[3] or 0, found[4] or ''}
"""


@dataclass(frozen=True)
class Admission:
    """The answer to "may I call?". `move` is the number under which a call was let in."""

    state: str
    move: int
    failures: int = 0
    wait_seconds: float = 0.0

    @property
    def is_let_in(self) -> bool:
        """Whether the call may be made: the circuit is closed, or this is the one trial."""
        return self.state in (CLOSED, HALF_OPEN)


@dataclass(frozen=True)
class Reading:
    """How a circuit stands: for how long it has not been closed, and when it may be tried."""

    state: str = CLOSED
    wait_seconds: float = 0.0
    since_seconds: float = 0.0
    failures: int = 0
    error: str = ""


class Store:
    """The circuits of one installation. Every method raises redis.RedisError or OSError when Redis does not answer."""

    def __init__(self, url: str, prefix: str) -> None:
        self._url = url
        self._prefix = f"{prefix}:circuit"

    def admit(self, name: str, *, trial_seconds: float, may_try: bool) -> Admission:
        """May one call be made? Of all who ask an open circuit whose time has come, one is let in."""
        state, move, value = self._run("admit", name, int(trial_seconds * 1000), int(may_try))
        said = state.decode()
        if said == "tried":
            return Admission(OPEN, move, wait_seconds=min(value / 1000, WHILE_TRIED_SECONDS))
        if said == OPEN:
            return Admission(OPEN, move, wait_seconds=value / 1000)
        return Admission(said, move, failures=value)

    def failed(self, name: str, move: int, error: str) -> int:
        """How many calls have failed in a row; 0 when the circuit has moved on since."""
        return int(self._run("failed", name, move, error))

    def alive(self, name: str, move: int) -> None:
        """The row of failures is broken."""
        self._run("alive", name, move)

    def open(self, name: str, move: int, *, seconds: float) -> bool:
        """Nobody is let in for so long; whether it was this call that opened it."""
        return bool(self._run("open", name, move, int(seconds * 1000)))

    def close(self, name: str, move: int | None = None) -> bool:
        """Everybody is let in; without a move whatever has happened since. Whether it was not so before."""
        return bool(self._run("close", name, "" if move is None else move))

    def give_back(self, name: str, move: int) -> bool:
        """Somebody else may try."""
        return bool(self._run("give_back", name, move))

    def read(self, name: str) -> Reading:
        """How it stands; a closed circuit for one that was never seen."""
        state, wait, since, failures, error = self._run("read", name)
        return Reading(state.decode(), max(wait / 1000, 0.0), since / 1000, int(failures), error.decode())

    def not_closed(self) -> dict[str, str]:
        """The states of all circuits that are open or half-open, by name."""
        members: set[bytes] = self._client.smembers(f"{self._prefix}s")  # type: ignore[assignment]
        names = sorted(name.decode() for name in members)
        standing = {name: self.read(name).state for name in names}
        if forgotten := [name for name, state in standing.items() if state == CLOSED]:
            self._client.srem(f"{self._prefix}s", *forgotten)
        return {name: state for name, state in standing.items() if state != CLOSED}

    @cached_property
    def _client(self) -> redis.Redis:
        return redis.Redis.from_url(self._url, socket_timeout=0.5, socket_connect_timeout=0.2)

    @cached_property
    def _scripts(self) -> dict[str, Any]:
        bodies = {
            "admit": _ADMIT,
            "failed": _FAILED,
            "alive": _ALIVE,
            "open": _OPEN,
            "close": _CLOSE,
            "give_back": _GIVE_BACK,
            "read": _READ,
        }
        return {name: self._client.register_script(_HEAD + body) for name, body in bodies.items()}

    def _run(self, script: str, name: str, *values: object) -> Any:
        return self._scripts[script](keys=[f"{self._prefix}:{name}", f"{self._prefix}s"], args=[name, *values])
