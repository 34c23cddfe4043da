"""Does the process live, and is it ready? `/healthz` touches nothing; `/readyz` asks each dependency.

503 from `/readyz` takes this process out of the load balancer: only for what it cannot work without (PostgreSQL, the
migrations, or while it drains). Everything else is `degraded` with 200: messages are still stored, and work waits.
"""

import threading
from collections.abc import Callable
from typing import Any

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

draining = threading.Event()
HEARTBEAT_KEY = "worker-heartbeat"
HEARTBEAT_SECONDS = 15
_seen_migrated = threading.Event()


def healthz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """200 while the process lives."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """JSON by dependency; 503 only when this process should get no requests."""
    needed = {
        "database": _database(),
        "migrations": _migrations(),
        "process": "draining" if draining.is_set() else "ok",
    }
    wanted = {name: check() for name, check in _degradable().items()}
    ready = all(state == "ok" for state in needed.values())
    body: dict[str, Any] = {"status": _overall(ready, wanted), "checks": {**needed, **wanted}}
    return JsonResponse(body, status=200 if ready else 503)


def _overall(ready: bool, wanted: dict[str, str]) -> str:
    if not ready:
        return "unavailable"
    return "ok" if all(state == "ok" for state in wanted.values()) else "degraded"


def _degradable() -> dict[str, Callable[[], str]]:
    return {"redis": _redis, "workers": _workers}


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "unreachable"
    return "ok"


def _migrations() -> str:
    # Once applied they stay applied: the plan is computed until it was found empty.
    if _seen_migrated.is_set():
        return "ok"
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "unreachable"
    if missing:
        return "missing"
    _seen_migrated.set()
    return "ok"


def _redis() -> str:
    try:
        redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.2).ping()
    except redis.RedisError:
        return "unreachable"
    return "ok"


def beat_heart() -> None:
    """A worker says that it lives (each sweep)."""
    cache.set(HEARTBEAT_KEY, 1, HEARTBEAT_SECONDS)


def _workers() -> str:
    try:
        return "ok" if cache.get(HEARTBEAT_KEY) else "silent"
    except redis.RedisError:
        return "not known"
