"""The one door to `requests`: how does a call to an outside system leave this process and come back?

Promises: time-outs always, also for an answer that trickles in; redirects never followed (a token must not
travel to another host); connections reused per thread; nothing kept between calls but the connection (no
cookies, no ~/.netrc); one log line per call with neither query, headers nor bodies. A call that fails is
`Unreachable` if not a byte of the request went out, else `OutcomeUnknown`. Any HTTP status is a `Reply`: what it
means is the client's closed table.

`download` streams a file under the same promises: piece by piece to the caller, never whole in memory, with a hard
limit of bytes and one of time.

Breaker and pace are the caller's.
"""

import json as json_format
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any, Protocol

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from atendeai.common.errors import NotConfigured, OutcomeUnknown, Rejected, Unreachable
from atendeai.common.slow_answers import response_until

Observer = Callable[[str, str, int | None, str, float], None]

logger = logging.getLogger("atendeai.outbound")
# At DEBUG urllib3 writes whole URLs, and their queries carry tokens.
logging.getLogger("urllib3").setLevel(logging.INFO)

_this_thread = threading.local()
_observers: list[Observer] = []


@dataclass(frozen=True)
class Reply:
    """What the provider answered. `headers` ignores case; `body` is already decompressed."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body parsed; ValueError when it is not JSON."""
        try:
            return json_format.loads(self.body)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error


@dataclass(frozen=True)
class Downloaded:
    """What came of a download. `size` bytes went to the caller (a 2xx only); `words` is the start of any other body."""

    status: int
    headers: Mapping[str, str]
    size: int
    words: bytes

    def reply(self) -> Reply:
        """As the answer to any other call."""
        return Reply(self.status, self.headers, self.words)


class Body(Protocol):
    """A body that is read while it is sent; its length is known before."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[bytes]: ...

    def read(self, size: int = -1) -> bytes: ...


PIECE_BYTES = 64 * 1024
# No call begins with less; its code.
LEAST_SECONDS = 0.05
NO_TIME_LEFT = "no_time_left"


@dataclass(frozen=True)
class _Call:
    provider: str
    operation: str
    clinic_id: int | None


def observe(callback: Observer) -> None:
    """Have `callback(provider, operation, clinic_id, outcome, seconds)` called after every call.

    `outcome` is "2xx" to "5xx", "unreachable", "outcome_unknown" or "not_configured".
    """
    if callback not in _observers:
        _observers.append(callback)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """All calls of this thread share so many seconds, whatever each would wait by itself; of two limits the shorter."""
    before: float | None = getattr(_this_thread, "ends", None)
    ends = time.monotonic() + seconds
    _this_thread.ends = ends if before is None else min(before, ends)
    try:
        yield
    finally:
        _this_thread.ends = before


def _bounded(about: "_Call", connect_seconds: float, read_seconds: float) -> tuple[float, float]:
    """The call's time-outs within what is left; Unreachable when a call cannot begin any more."""
    ends: float | None = getattr(_this_thread, "ends", None)
    if ends is None:
        return connect_seconds, read_seconds
    left = ends - time.monotonic()
    if left < LEAST_SECONDS:
        raise Unreachable(about.provider, about.operation, code=NO_TIME_LEFT)
    connect_seconds = min(connect_seconds, left * 0.4)
    return connect_seconds, min(read_seconds, left - connect_seconds)


def call(
    method: str,
    url: str,
    *,
    provider: str,
    operation: str,
    clinic_id: int | None = None,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, Any] | None = None,
    json: Any = None,
    form: Mapping[str, Any] | None = None,
    body: bytes | Body | None = None,
    connect_seconds: float = 3.0,
    read_seconds: float = 10.0,
) -> Reply:
    """One HTTP call; give at most one of `json`, `form` and `body`. `read_seconds` is for the whole answer.

    Raises Unreachable (DNS, refused, connect time-out, TLS: surely not done), OutcomeUnknown (read time-out,
    reset after sending), NotConfigured (an address or a header that cannot be sent at all).
    """
    about = _Call(provider, operation, clinic_id)
    started = time.monotonic()
    time_outs = _bounded(about, connect_seconds, read_seconds)
    _this_thread.sending, _this_thread.in_pieces = False, False
    try:
        response = _session().request(
            method,
            url,
            headers=dict(headers or {}),
            params=params,
            json=json,
            data=form if body is None else body,
            timeout=time_outs,
            allow_redirects=False,
        )
    except _NETWORK_ERRORS as error:
        # `from None`: the chain would show the URL with its query, or a header with its token.
        raise _failed(about, error, started) from None
    _report(about, response.status_code, f"{response.status_code // 100}xx", time.monotonic() - started)
    return Reply(response.status_code, response.headers, response.content)


def download(
    url: str,
    *,
    take: Callable[[bytes], object],
    most_bytes: int,
    seconds: float,
    provider: str,
    operation: str,
    clinic_id: int | None = None,
    headers: Mapping[str, str] | None = None,
    connect_seconds: float = 3.0,
    read_seconds: float = 10.0,
) -> Downloaded:
    """GETs a file and gives `take` its bytes in pieces, as they are on the wire.

    Raises what `call` raises; OutcomeUnknown also for a body that is cut short or not through after `seconds`, and
    Rejected("too_large") when it has more than `most_bytes`. What `take` raises comes out unchanged.
    """
    about = _Call(provider, operation, clinic_id)
    started = time.monotonic()
    # A file may take longer than one read of it.
    _this_thread.sending, _this_thread.in_pieces = False, True
    try:
        response = _session().get(
            url,
            # Compressed, a small answer could become a huge file, and its length would say nothing.
            headers={**(headers or {}), "Accept-Encoding": "identity"},
            timeout=(connect_seconds, read_seconds),
            allow_redirects=False,
            stream=True,
        )
    except _NETWORK_ERRORS as error:
        raise _failed(about, error, started) from None
    try:
        size, words = _taken(response, take, most_bytes, about, (started, seconds))
    finally:
        response.close()
    _report(about, response.status_code, f"{response.status_code // 100}xx", time.monotonic() - started)
    return Downloaded(response.status_code, response.headers, size, words)


def _taken(
    response: requests.Response,
    take: Callable[[bytes], object],
    most_bytes: int,
    about: _Call,
    time_allowed: tuple[float, float],
) -> tuple[int, bytes]:
    """How many bytes were given away, and the first words of an answer that is no file."""
    pieces = _pieces(response, about, *time_allowed)
    if response.status_code // 100 != 2:
        return 0, next(pieces, b"")
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > most_bytes:
            _report(about, response.status_code, "too_large", time.monotonic() - time_allowed[0])
            raise Rejected(about.provider, about.operation, code="too_large", detail=f"more than {most_bytes} bytes")
        take(piece)
    return size, b""


def _pieces(response: requests.Response, about: _Call, started: float, seconds: float) -> Iterator[bytes]:
    pieces = response.raw.stream(PIECE_BYTES, decode_content=False)
    while True:
        try:
            piece = next(pieces, None)
        except _NETWORK_ERRORS as error:
            raise _failed(about, error, started) from None
        if piece is None:
            return
        if time.monotonic() - started > seconds:
            raise _failed(about, TimeoutError(), started)
        yield piece


_NETWORK_ERRORS = (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError)


def _failed(about: _Call, error: Exception, started: float) -> "_Failure":
    failure = _failure(about, error)
    _report(about, None, _outcome_name(failure), time.monotonic() - started)
    return failure


_Failure = Unreachable | OutcomeUnknown | NotConfigured
_OUTCOME_NAMES: dict[type[_Failure], str] = {
    Unreachable: "unreachable",
    OutcomeUnknown: "outcome_unknown",
    NotConfigured: "not_configured",
}


def _failure(about: _Call, error: Exception) -> _Failure:
    detail = type(error).__name__
    if _this_thread.sending:
        return OutcomeUnknown(about.provider, about.operation, detail=detail)
    # requests and http.client say ValueError for a URL or header they refuse to send.
    if isinstance(error, ValueError):
        return NotConfigured(about.provider, about.operation, detail=detail)
    return Unreachable(about.provider, about.operation, detail=detail)


def _outcome_name(failure: _Failure) -> str:
    return _OUTCOME_NAMES[type(failure)]


def _report(about: _Call, status: int | None, outcome: str, seconds: float) -> None:
    logger.info(
        "outbound call",
        extra={
            "provider": about.provider,
            "operation": about.operation,
            "clinic_id": about.clinic_id,
            "status": status,
            "outcome": outcome,
            "duration_ms": round(seconds * 1000),
        },
    )
    for callback in _observers:
        try:
            callback(about.provider, about.operation, about.clinic_id, outcome, seconds)
        except Exception:
            # The call is done: failing here would make the caller send it a second time.
            logger.exception("an observer of outbound calls failed")


def _answer(sock: Any, *args: Any, **kwargs: Any) -> HTTPResponse:
    """The answer as it comes in: within its time in all, or for a download within it between two pieces."""
    read = HTTPResponse if getattr(_this_thread, "in_pieces", False) else response_until
    return read(sock, *args, **kwargs)


class _MarksSending:
    """Remembers for this thread that bytes of the request left: the line between the two errors."""

    response_class: Any = staticmethod(_answer)

    def connect(self) -> None:
        try:
            super().connect()  # type: ignore[misc]
        finally:
            # What was said to open a tunnel through a proxy is not the request.
            _this_thread.sending = False

    def send(self, data: Any) -> None:
        if getattr(self, "sock", None) is None:
            self.connect()
        _this_thread.sending = True
        super().send(data)  # type: ignore[misc]


class _Http(_MarksSending, HTTPConnection):
    pass


class _Https(_MarksSending, HTTPSConnection):
    pass


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> urllib3.ProxyManager:
        manager: urllib3.ProxyManager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
        return manager


class _NoCookies(RequestsCookieJar):
    def set_cookie(self, cookie: Any, *args: Any, **kwargs: Any) -> None:
        """Clinics share a thread's session: a provider's cookie of one must not go out for another."""


def _session() -> requests.Session:
    session: requests.Session | None = getattr(_this_thread, "session", None)
    if session is None:
        session = requests.Session()
        session.cookies = _NoCookies()
        # Any callable here keeps requests from replacing our Authorization by an entry of ~/.netrc.
        session.auth = _leave_as_it_is
        session.mount("https://", _Adapter())
        session.mount("http://", _Adapter())
        _this_thread.session = session
    return session


def _leave_as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
