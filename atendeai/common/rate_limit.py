"""May this caller go on, or has it used up its share of the minute? Windows and keys of django-ratelimit, in Redis.

Its own way of counting asks Redis three times; ours once. The keys are the same, so that an older version beside us
counts in them too.

A `Valve` is for what comes thousands of times a second: it takes the right to some calls at once, so that few of them
ask Redis at all.

Promises: Redis down or slow allows the call and says so in the log; a limit is never a reason for a 500. Windows are
fixed, so around their edge twice the rate may pass: good enough against a program that runs wild.
"""

import logging
import threading
import time
from dataclasses import dataclass
from typing import cast

from django.core.cache import cache, caches
from django_ratelimit import ALL, core
from redis import RedisError

from atendeai.common.redis_cache import RedisCache

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Usage:
    """Where the caller stands in this window."""

    is_over: bool
    limit: int
    seconds_left: int


UNCOUNTED = Usage(is_over=False, limit=0, seconds_left=0)


def take(*, group: str, key: str, rate: str) -> Usage:
    """Counts one call of `key` (never personal data) in `group`; `rate` looks like 100/m."""
    limit, seconds = core._split_rate(rate)
    # Joined without a separator by django-ratelimit: a value could else run into the group.
    group_part, key_part = f"{group}:", f"{key}:"
    window = core._get_window(key_part, seconds)
    name = core._make_cache_key(group_part, window, rate, key_part, ALL)
    try:
        counted = cast(RedisCache, caches["default"]).count(name, seconds + core.EXPIRATION_FUDGE)
    except (RedisError, OSError) as error:
        logger.warning("limit not counted, call allowed", extra={"limit": group, "error": type(error).__name__})
        return UNCOUNTED
    return Usage(counted > limit, limit, max(1, window - int(time.time())))


# A valve asks Redis at most this often until a limit is used up; so fine is its measure, too.
ASKS_PER_WINDOW = 1_000
_PERIODS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@dataclass
class _Share:
    """What this process may still let through in the window that it was taken for."""

    window: int
    left: int = 0
    is_used_up: bool = False
    is_uncounted: bool = False


class Valve:
    """A high limit that all processes share: for each key, `rate` calls in a window."""

    def __init__(self, group: str) -> None:
        self._group = group
        self._lock = threading.Lock()
        self._shares: dict[str, _Share] = {}

    def take(self, key: str, rate: str) -> Usage:
        """Counts one call of `key`: one of few names, never what a caller may choose."""
        limit, seconds = int(rate[:-2]), _PERIODS[rate[-1]]
        now = time.time()
        with self._lock:
            share = self._share(key, limit, seconds, int(now // seconds))
            share.left -= 1
            is_over = share.is_used_up and not share.is_uncounted
        return Usage(is_over, limit, max(1, int(seconds - now % seconds)))

    def _share(self, key: str, limit: int, seconds: int, window: int) -> _Share:
        share = self._shares.get(key)
        if share is None or share.window != window:
            share = self._shares[key] = _Share(window)
        if share.left <= 0 and not share.is_used_up:
            self._ask(share, f"valve:{self._group}:{key}:{window}", limit, seconds)
        return share

    def _ask(self, share: _Share, name: str, limit: int, seconds: int) -> None:
        wanted = max(1, limit // ASKS_PER_WINDOW)
        try:
            cache.add(name, 0, seconds * 2)
            taken = cache.incr(name, wanted)
        except (RedisError, OSError, ValueError) as error:
            # Nobody counts until the next window: one line in the log, not one for each call.
            logger.warning("limit not counted, calls allowed", extra={"limit": name, "error": type(error).__name__})
            share.is_used_up = share.is_uncounted = True
            return
        share.left = min(wanted, limit - (taken - wanted))
        share.is_used_up = share.left <= 0
