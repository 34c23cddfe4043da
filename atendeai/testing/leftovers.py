"""What would a test find of those before it? Redis and this process remember; the database does not.

Circuits, limits and answers kept in Redis go by the ids of clinics, by addresses and by slugs, which come again:
without this a test of failures left a circuit open for the next one, in some random orders only.
"""

import os
from functools import cache

import redis


@cache
def _client() -> redis.Redis:
    # As the run began: a test may have its own in the settings.
    return redis.Redis.from_url(os.environ["REDIS_URL"])


def forget() -> None:
    """Empties our corner of Redis, and what this process keeps between calls."""
    from django.conf import settings

    from atendeai.common.breaker import breaker
    from calendar_sync import remembered
    from whatsapp import pace, webhook

    keys = list(_client().scan_iter(f"{settings.REDIS_KEY_PREFIX}*", count=1000))
    if keys:
        _client().delete(*keys)
    webhook.forget_callers()
    for rest in (breaker._rest, pace._rest, remembered._rest):
        rest._until = 0.0
