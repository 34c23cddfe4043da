"""PostgreSQL and Redis are away, and Redis comes back with nothing in it."""

from __future__ import annotations

import shutil
import time

from faults.fault import Fault
from faults.run import Run

AWAY_SECONDS = 30.0


def stop_postgres(run: Run) -> None:
    """Half a minute at full length."""
    run.wait_for_share(run.rng.uniform(0.1, 0.6))
    with run.house.without_server("postgres"):
        time.sleep(run.seconds(AWAY_SECONDS))


def stop_redis(run: Run) -> None:
    """As long, and everything in it is gone: hints, paces, limits, circuit breakers, caches."""
    run.wait_for_share(run.rng.uniform(0.1, 0.6))
    with run.house.without_server("redis"):
        for kept in (run.house.places.servers / "redis").glob("*.aof*"):
            kept.unlink()
        shutil.rmtree(run.house.places.servers / "redis" / "appendonlydir", ignore_errors=True)
        time.sleep(run.seconds(AWAY_SECONDS))


FAULTS = (
    Fault("postgres-stopped", "PostgreSQL stopped for 30 s", stop_postgres),
    Fault("redis-emptied", "Redis stopped for 30 s, flushed, restarted empty", stop_redis),
)
