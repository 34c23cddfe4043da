"""What if Redis does not answer? It is left alone for a while: its time-out is not to be paid for each question.

For what works without it (pace, circuits, remembered lists). One line in the log per outage and process.
"""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

import redis
from django.conf import settings

logger = logging.getLogger(__name__)
T = TypeVar("T")


class RedisRest:
    """Until when this process leaves Redis alone. `words`: what is done without it, for the log."""

    def __init__(self, words: str) -> None:
        self._words = words
        self._until = 0.0
        self._is_down = False

    def ask(self, question: Callable[[], T]) -> T | None:
        """The answer; None while Redis does not answer."""
        if time.monotonic() < self._until:
            return None
        try:
            answer = question()
        except (redis.RedisError, OSError) as error:
            self._until = time.monotonic() + settings.REDIS_REST_SECONDS
            if not self._is_down:
                logger.warning(self._words, extra={"error": type(error).__name__})
            self._is_down = True
            return None
        self._is_down = False
        return answer
