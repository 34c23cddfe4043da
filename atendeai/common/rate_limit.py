"""May this caller go on, or has it used up its share of the minute? django-ratelimit, counted in Redis.

Promises: Redis down or slow allows the call and says so in the log; a limit is never a reason for a 500. Windows are
fixed, so around their edge twice the rate may pass: good enough against a program that runs wild.
"""

import logging
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django_ratelimit.core import get_usage
from redis import RedisError

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Usage:
    """Where the caller stands in this window."""

    is_over: bool
    limit: int
    seconds_left: int


UNCOUNTED = Usage(is_over=False, limit=0, seconds_left=0)


def take(request: HttpRequest, *, group: str, key: str, rate: str) -> Usage:
    """Counts one call of `key` (never personal data) in `group`; `rate` looks like 100/m."""
    try:
        usage: dict[str, Any] | None = get_usage(
            request,
            # Joined without a separator by django-ratelimit: a value could else run into the group.
            group=f"{group}:",
            key=lambda _group, _request: f"{key}:",
            rate=rate,
            increment=True,
        )
    except (RedisError, OSError) as error:
        logger.warning("limit not counted, call allowed", extra={"limit": group, "error": type(error).__name__})
        return UNCOUNTED
    # None: limits are switched off. A limit of 0 is how django-ratelimit says that it could not count.
    if usage is None or not usage["limit"]:
        return UNCOUNTED
    return Usage(usage["should_limit"], usage["limit"], max(1, usage["time_left"]))
