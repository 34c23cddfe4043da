"""How do the library's requests leave? One adapter per call over `common.http`; only the service is shared."""

import logging
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import httplib2
from googleapiclient import discovery, discovery_cache

from atendeai.common import http
from calendar_sync.deadline import Waits

# At DEBUG the library writes whole addresses, and they hold e-mails.
logging.getLogger("googleapiclient").setLevel(logging.INFO)


class Transport:
    """What googleapiclient takes for httplib2: one call, one token, our one door to the network."""

    def __init__(self, operation: str, token: str, waits: Waits, clinic_id: int | None) -> None:
        self._operation = operation
        self._token = token
        self._waits = waits
        self._clinic_id = clinic_id

    def request(
        self,
        uri: str,
        method: str = "GET",
        body: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[httplib2.Response, bytes]:
        """httplib2's signature; redirects are not followed, a 3xx comes back as it is."""
        kept = {name: value for name, value in (headers or {}).items() if name.lower() != "content-length"}
        reply = http.call(
            method,
            uri,
            provider="google",
            operation=self._operation,
            clinic_id=self._clinic_id,
            headers={**kept, "authorization": f"Bearer {self._token}"},
            body=body.encode() if isinstance(body, str) else body,
            connect_seconds=self._waits.connect_seconds,
            read_seconds=self._waits.read_seconds,
        )
        return httplib2.Response({**reply.headers, "status": str(reply.status)}), reply.body


class _NoTransport:
    """Stands where the shared service wants a transport: using it is a mistake in this module."""

    def request(self, *_args: object, **_kwargs: object) -> None:
        """Always an error: every request is executed with a transport of its own."""
        raise AssertionError("the shared service has no transport")


@lru_cache(maxsize=8)
def service(base_url: str) -> Any:
    """The library's service for an endpoint, built once per process: about 10 ms."""
    document = discovery_cache.get_static_doc("calendar", "v3")
    endpoint = {"api_endpoint": f"{base_url}/calendar/v3/"}
    return discovery.build_from_document(document, http=_NoTransport(), client_options=endpoint)
