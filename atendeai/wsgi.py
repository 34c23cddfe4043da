"""The web process. Webhook deliveries go to their view past the middleware: it would halve their throughput."""

import os
import re
import signal
from collections.abc import Callable, Iterable
from http import HTTPStatus
from types import FrameType
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "atendeai.settings")

from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application

StartResponse = Callable[[str, list[tuple[str, str]]], Any]

django_application = get_wsgi_application()

from django.db import DatabaseError

from atendeai import health, metrics
from atendeai.common import http
from clinics import credentials
from whatsapp.webhook import webhook

http.observe(metrics.observe_call)
_WEBHOOK = re.compile(r"/webhooks/whatsapp/(?:([-a-zA-Z0-9_]+)/)?")


def application(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """WSGI entry point."""
    match = _WEBHOOK.fullmatch(environ.get("PATH_INFO", ""))
    if match is None:
        return django_application(environ, start_response)
    response = webhook(WSGIRequest(environ), match[1] or "")
    status = f"{response.status_code} {HTTPStatus(response.status_code).phrase}"
    start_response(status, [*response.items(), ("Content-Length", str(len(response.content)))])
    return [response.content]


def _check_keys() -> None:
    try:
        credentials.check_keys()
    except DatabaseError:
        # Without its database this process cannot be ready anyway, and it must come up to say so.
        return


def _drain(signum: int, frame: FrameType | None) -> None:
    health.draining.set()
    if callable(_previous):
        _previous(signum, frame)


_check_keys()
try:
    _previous = signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, _drain)
except ValueError:
    # Not the main thread (some servers load applications elsewhere): then the server alone drains.
    _previous = None
