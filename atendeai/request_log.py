"""One log line per request, with its correlation id; never the query string, a body or a name."""

import logging
import re
import time
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from atendeai.common.logging import bind

logger = logging.getLogger("atendeai.request")
_CORRELATION_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})


class RequestLogMiddleware:
    """Binds `correlation_id` (the caller's X-Request-ID when it is a plain one, else ours) and logs the outcome."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        correlation_id = given if _CORRELATION_ID.fullmatch(given) else uuid.uuid4().hex
        began = time.monotonic()
        with bind(correlation_id=correlation_id):
            response = self.get_response(request)
            if request.path not in _QUIET and not request.path.startswith("/static/"):
                self._log(request, response, time.monotonic() - began)
        response["X-Request-ID"] = correlation_id
        return response

    def _log(self, request: HttpRequest, response: HttpResponse, seconds: float) -> None:
        extra = {
            "method": request.method,
            "path": request.path,
            "status": response.status_code,
            "duration_ms": round(seconds * 1000, 1),
        }
        logger.info("request", extra=extra)
