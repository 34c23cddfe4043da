"""How is the cache asked? Django's Redis backend, with one client for each process and a count that is one question.

Django makes a new client for every question, which costs more than the question itself. A client may be used by all
threads: each question takes a connection of its own from the pool.
"""

from functools import cached_property
from typing import Any

import redis
from django.core.cache.backends import redis as django_redis


class _Client(django_redis.RedisCacheClient):
    @cached_property
    def _kept(self) -> redis.Redis:
        return super().get_client(write=True)

    def get_client(self, key: Any = None, *, write: bool = False) -> redis.Redis:  # noqa: ARG002 - Django's signature
        return self._kept

    def count(self, key: str, seconds: int) -> int:
        # Together, so that no key stays for ever; asked for again each time, which no Redis is too old for.
        with self._kept.pipeline() as both:
            both.incr(key)
            both.expire(key, seconds)
            return int(both.execute()[0])


class RedisCache(django_redis.RedisCache):
    """The backend of `CACHES`, for one server."""

    _cache: _Client

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = _Client

    def count(self, key: str, seconds: int) -> int:
        """How often this was asked for `key`, with this time; forgotten `seconds` after the last time."""
        return self._cache.count(self.make_and_validate_key(key), seconds)
