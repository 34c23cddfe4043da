"""How does a log line look, and what may never be in it?

Promises: one JSON object a line (`at`, `level`, `logger`, `event`, the bound ids, the extras); telephone
numbers, user ids, e-mail addresses, tokens, secrets, query strings and the rows that PostgreSQL quotes in
its errors are masked, in messages, extras and tracebacks alike; tracebacks show no local values.

Code logs through the standard `logging.getLogger(...)` with `extra={…}`.
"""

import json as json_format
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import structlog
from structlog.typing import EventDict

from atendeai.common.masking import masked

_FIRST = ("at", "level", "logger", "event", "clinic_id", "correlation_id")
# Django hangs the whole request and its socket on its records: their texts hold query strings.
_DROPPED = ("request", "server_time", "taskName", "color_message", "_record", "_from_structlog")


@contextmanager
def bind(*, clinic_id: int | None = None, correlation_id: str | None = None) -> Iterator[None]:
    """Every line logged inside, in this thread or task, names this clinic and this piece of work."""
    given = {"clinic_id": clinic_id, "correlation_id": correlation_id}
    with structlog.contextvars.bound_contextvars(**{k: v for k, v in given.items() if v is not None}):
        yield


def logging_config(level: str, json: bool) -> dict[str, Any]:
    """Django's LOGGING: everything to standard output, as JSON or, for a developer's eyes, as text."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": formatter, "json": json}},
        "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stdout"}},
        "root": {"handlers": ["out"], "level": level},
        "loggers": {
            # Django's own handlers would print every line a second time, unmasked.
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.server": {"handlers": [], "level": "INFO", "propagate": True},
            # At DEBUG it writes whole URLs with their queries.
            "urllib3": {"level": "INFO"},
            # At DEBUG it writes every statement with its values.
            "django.db.backends": {"level": "INFO"},
            # Two lines per hint, and a hint says nothing that its row does not: they were most of a worker's log.
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.worker.request": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
        },
    }


def formatter(json: bool) -> structlog.stdlib.ProcessorFormatter:
    """The formatter of every handler."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            _extras,
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        ],
        processors=[
            # The plain formatter: structlog's others show local values, and those are patients' texts.
            structlog.processors.format_exc_info,
            _without_dropped,
            _mask,
            _ordered,
            _as_json if json else _as_text,
        ],
    )


_add_extras = structlog.stdlib.ExtraAdder()


def _extras(logger: Any, method: str, event: EventDict) -> EventDict:
    return _add_extras(logger, method, event)


def _without_dropped(_logger: Any, _method: str, event: EventDict) -> EventDict:
    return {key: value for key, value in event.items() if key not in _DROPPED}


def _mask(_logger: Any, _method: str, event: EventDict) -> EventDict:
    return {key: masked(value, key) for key, value in event.items()}


def _ordered(_logger: Any, _method: str, event: EventDict) -> EventDict:
    first = {key: event[key] for key in _FIRST if key in event}
    return first | dict(event)


def _as_json(_logger: Any, _method: str, event: EventDict) -> str:
    return json_format.dumps(event, default=str)


def _as_text(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    rest = dict(event)
    head = f"{str(rest.pop('at'))[11:19]} {rest.pop('level'):<8} {rest.pop('logger')}: {rest.pop('event')}"
    trace = rest.pop("exception", "")
    tail = "".join(f" {key}={value}" for key, value in rest.items() if value is not None)
    return f"{head}{tail}\n{trace}" if trace else f"{head}{tail}"
