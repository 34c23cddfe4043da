"""When is work that failed tried again?

The pause is written to the row (`not_before`); no worker ever sleeps. 1, 2, 4 … seconds with a jitter of a quarter,
so that what failed together does not come back together.
"""

import random
from datetime import timedelta

from django.conf import settings

from atendeai.common.circuit import CircuitOpen

# What meets an open circuit does not come back all at once: one of it will be the trial.
SPREAD_SECONDS = 1.0


def backoff(attempts: int, *, at_least_seconds: float | None = None) -> timedelta:
    """The pause after so many failed attempts (from 1), never shorter than what the provider asked for."""
    longest = settings.RETRY_LONGEST_SECONDS
    pause = min(settings.RETRY_FIRST_SECONDS * 2 ** min(max(attempts, 1) - 1, 20), longest)
    jittered = pause * random.uniform(0.75, 1.25)
    # What a provider asked for shrinks with all other times where those are divided (development only).
    return timedelta(seconds=max(jittered, (at_least_seconds or 0) / settings.TIMES_DIVIDED_BY))


def until_trial(error: CircuitOpen) -> timedelta:
    """The pause of work that an open circuit kept back: it was not tried, so its attempts do not count."""
    return timedelta(seconds=(error.retry_after_seconds or 0.0) + _spread())


def _spread() -> float:
    return random.uniform(0, SPREAD_SECONDS) / settings.TIMES_DIVIDED_BY
