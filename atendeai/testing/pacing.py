"""The pace of sending in a test: forgotten, so that the next message may go at once."""

import redis
from django.conf import settings


def forget_pace() -> None:
    """As when Redis was emptied."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    for key in client.scan_iter(f"{settings.REDIS_KEY_PREFIX}:pace:*"):
        client.delete(key)
