"""The web process. Webhook deliveries go to their view past the middleware: it would halve their throughput."""

import logging
import os
import re
import signal
from collections.abc import Iterable
from http import HTTPStatus
from types import FrameType
from typing import TYPE_CHECKING

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "atendeai.settings")

from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

django_application = get_wsgi_application()

from django.db import DatabaseError

from atendeai import health
from atendeai.common import clock
from calendar_sync import push_view
from calendar_sync.models import PUSH_PATH
from clinics import credentials
from whatsapp import numbers
from whatsapp.webhook import webhook

logger = logging.getLogger(__name__)
_WEBHOOK = re.compile(r"/webhooks/whatsapp/(?:([-a-zA-Z0-9_]+)/)?")


def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """WSGI entry point."""
    path = environ.get("PATH_INFO", "")
    match = _WEBHOOK.fullmatch(path)
    if match is not None:
        response = webhook(WSGIRequest(environ), match[1] or "")
    elif path == PUSH_PATH:
        response = push_view.receive(WSGIRequest(environ))
    else:
        return django_application(environ, start_response)
    status = f"{response.status_code} {HTTPStatus(response.status_code).phrase}"
    start_response(status, [*response.items(), ("Content-Length", str(len(response.content)))])
    return [response.content]


def _prepare() -> None:
    """What each start does: the keys must fit the database, and the environment's numbers get their rows."""
    try:
        credentials.check_keys()
        for clinic in numbers.sync_all(now=clock.now()):
            logger.error("phone_number_id belongs to another clinic", extra={"clinic_id": clinic.pk})
    except DatabaseError:
        # Without its database this process cannot be ready anyway, and it must come up to say so.
        return


def _drain(signum: int, frame: FrameType | None) -> None:
    health.draining.set()
    if callable(_previous):
        _previous(signum, frame)


_prepare()
try:
    _previous = signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, _drain)
except ValueError:
    # Not the main thread (some servers load applications elsewhere): then the server alone drains.
    _previous = None
