"""May this number write to this person now, or in how many seconds? Kept across all workers: Meta need not say no.

One script in Redis, by Redis's clock. Per number a bucket (GCRA): EVEN of Meta's rate flows in evenly, the rest is the
burst, so that no second ever holds more than Meta's rate. The more urgent a message, the more of the burst it may use:
a campaign leaves most of it, and so a reply finds room whatever else waits. Per person likewise: one message in six
seconds, of which up to 45 may be borrowed from the time to come.

Redis emptied: a second's worth may go out twice, and Meta's own refusal (130429, 131056) is waited for. Redis down: no
pace, said in the log; sending never stops for it.

**Source**: Meta, WhatsApp Cloud API, throughput and pair rate limit, 2026.
"""

import logging
import math
from hashlib import sha1

import redis
from django.conf import settings

from atendeai.common.redis_rest import RedisRest
from whatsapp.models import Urgency

logger = logging.getLogger(__name__)

EVEN = 0.7
# How much of the burst each may use.
SHARES = {Urgency.REPLY: 1.0, Urgency.NOTICE: 0.8, Urgency.REMINDER: 0.5, Urgency.BULK: 0.3}
PAIR_SECONDS = 6
PAIR_BURSTS = {Urgency.REPLY: 45, Urgency.NOTICE: 40, Urgency.REMINDER: 20, Urgency.BULK: 10}

# KEYS: number, pair. ARGV, twice: interval, and how far ahead its next free moment may lie (microseconds).
ASK = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local wait, free = 0, {}
for place = 1, 2 do
  free[place] = math.max(tonumber(redis.call('GET', KEYS[place]) or 0), now)
  wait = math.max(wait, free[place] - ARGV[place * 2] - now)
end
if wait > 0 then return wait end
for place = 1, 2 do
  local ahead = free[place] + ARGV[place * 2 - 1]
  redis.call('SET', KEYS[place], string.format('%.0f', ahead), 'PX', math.ceil((ahead - now) / 1000) + 1000)
end
return 0
"""
ASK_SHA = sha1(ASK.encode(), usedforsecurity=False).hexdigest()
# The same key, filled up: KEYS: number. ARGV: microseconds.
HOLD = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local ahead = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now + ARGV[1])
return redis.call('SET', KEYS[1], string.format('%.0f', ahead), 'PX', math.ceil((ahead - now) / 1000) + 1000)
"""


class _Redis:
    """This process's connection."""

    def __init__(self) -> None:
        self._client: redis.Redis | None = None

    def ask(self, keys: list[str], values: list[int]) -> int:
        client = self._connected()
        try:
            answer = client.evalsha(ASK_SHA, len(keys), *keys, *map(str, values))
        except redis.exceptions.NoScriptError:
            answer = client.eval(ASK, len(keys), *keys, *map(str, values))
        return int(answer)

    def hold(self, key: str, microseconds: int) -> None:
        self._connected().eval(HOLD, 1, key, str(microseconds))

    def _connected(self) -> redis.Redis:
        if self._client is None:
            self._client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.2)
        return self._client


_redis = _Redis()
_rest = RedisRest("pace not kept, message sent")


def wait_seconds(*, number_id: int, contact_id: int, sends_per_second: int, urgency: int) -> float:
    """0.0 when the message may go now, which is counted; else when to ask again. Never raises, never sleeps."""
    prefix = f"{settings.REDIS_KEY_PREFIX}:pace:"
    keys = [f"{prefix}number:{number_id}", f"{prefix}pair:{number_id}:{contact_id}"]
    limits = [*_number_limit(sends_per_second, urgency), *_pair_limit(urgency)]
    return (_rest.ask(lambda: _redis.ask(keys, limits)) or 0) / 1e6


def hold(*, number_id: int, seconds: float) -> None:
    """Nothing of this number goes for so long: Meta has just refused one for all of them. Never raises."""
    try:
        _redis.hold(f"{settings.REDIS_KEY_PREFIX}:pace:number:{number_id}", int(seconds * 1e6))
    except (redis.RedisError, OSError) as error:
        logger.warning("pace not held", extra={"error": type(error).__name__})


def _number_limit(sends_per_second: int, urgency: int) -> tuple[int, int]:
    interval = math.ceil(1_000_000 / (sends_per_second * EVEN))
    burst = max(1.0, sends_per_second * (1 - EVEN) * SHARES[Urgency(urgency)])
    return interval, int((burst - 1) * interval)


def _pair_limit(urgency: int) -> tuple[int, int]:
    interval = PAIR_SECONDS * 1_000_000
    return interval, (PAIR_BURSTS[Urgency(urgency)] - 1) * interval
