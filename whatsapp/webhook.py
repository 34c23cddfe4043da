"""How does a delivery get in? GET: Meta's verification. POST: verify, store, 200. Nothing is parsed here.

What the status makes Meta do: 200 ends the delivery; anything else is repeated with growing pauses for up to 7 days.
So 403 (a wrong app secret of ours heals when it is corrected), 413, 429 and 503 lose nothing; and a body that we cannot
read later is no reason to refuse it now. Bodies are empty and echo nothing. Runs without Django's middleware (see
wsgi.py).
"""

import hmac
import time
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import TooManyFieldsSent
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, QueryDict, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from atendeai.celery import wake
from atendeai.common import rate_limit
from atendeai.common.addresses import client_address
from atendeai.common.errors import NotConfigured
from atendeai.metrics import DELIVERIES
from clinics import credentials
from clinics.credentials import Name
from clinics.models import Clinic
from whatsapp import inbox, origin
from whatsapp.signature import signing_secret

# A changed secret counts within this time; without the cache each delivery would cost two queries more.
SECRETS_LIVE_SECONDS = 5.0


@dataclass(frozen=True)
class _Caller:
    """What may sign deliveries on one path, and for whom: `clinic_id` only with a clinic's own secret."""

    secrets: tuple[str, ...]
    verify_tokens: tuple[str, ...]
    clinic_id: int | None


# A safety valve for what is signed: fairness between clinics is made when work is claimed.
_signed = rate_limit.Valve("webhook")
_known: dict[str, tuple[float, _Caller]] = {}


@csrf_exempt
def webhook(request: HttpRequest, slug: str = "") -> HttpResponse:
    """`/webhooks/whatsapp/` and `/webhooks/whatsapp/<slug>/`."""
    try:
        caller = _caller(slug)
        if request.method == "GET":
            return _challenge(request, caller, slug)
    except Clinic.DoesNotExist:
        return HttpResponse(status=404)
    except (DatabaseError, NotConfigured):
        # The second: a secret of the clinic's that cannot be read. Meta comes again.
        return _answer("unavailable", 503)
    if request.method != "POST":
        return HttpResponse(status=405)
    return _receive(request, caller, slug)


def _challenge(request: HttpRequest, caller: _Caller, slug: str) -> HttpResponse:
    try:
        asked = request.GET
    except TooManyFieldsSent:
        # Django's handler, which would answer for it, does not stand behind this view.
        return _unverified(request, slug, "")
    if not _is_verification(asked, caller):
        refusal = _unverified(request, slug, "")
        # Who registers an address has often changed its token a moment before, and Meta asks once: the cache may be
        # older. Counted first, so that guessing does not reach the database without limit.
        if refusal.status_code != 403 or not _is_verification(asked, _fresh_caller(slug)):
            return refusal
    # As plain text: the challenge is the caller's text, and must never run in a browser.
    return HttpResponse(asked.get("hub.challenge", ""), content_type="text/plain")


def _is_verification(asked: QueryDict, caller: _Caller) -> bool:
    given = asked.get("hub.verify_token", "").encode()
    # Every token is compared, so that the time taken tells nothing.
    matches = [hmac.compare_digest(given, token.encode()) for token in caller.verify_tokens]
    return asked.get("hub.mode") == "subscribe" and True in matches


def _receive(request: HttpRequest, caller: _Caller, slug: str) -> HttpResponse:
    try:
        is_welcome = origin.is_welcome(request)
    except DatabaseError:
        return _answer("unavailable", 503)
    if not is_welcome:
        return _answer("address", 403)
    if _claimed_length(request) > settings.WEBHOOK_MAX_BYTES:
        return _answer("too_large", 413)
    try:
        body = request.read(settings.WEBHOOK_MAX_BYTES + 1)
    except UnreadablePostError:
        return _answer("unavailable", 503)
    if len(body) > settings.WEBHOOK_MAX_BYTES:
        return _answer("too_large", 413)
    if signing_secret(request.META.get("HTTP_X_HUB_SIGNATURE_256"), body, caller.secrets) is None:
        return _unverified(request, slug, "bad_signature")
    usage = _signed.take(slug or "app", settings.RATE_LIMIT_WEBHOOK)
    return _limited(usage) if usage.is_over else _store(body, caller)


def _unverified(request: HttpRequest, slug: str, result: str) -> HttpResponse:
    """403, or 429 for an address, or a path, of which too many fail. What is signed is never held back by this."""
    address = client_address(request.META, settings.TRUSTED_PROXIES) or "none"
    for key in (f"address:{address}", f"path:{slug or 'app'}"):
        usage = rate_limit.take(group="webhook-unverified", key=key, rate=settings.RATE_LIMIT_WEBHOOK_UNVERIFIED)
        if usage.is_over:
            return _limited(usage)
    return _answer(result, 403) if result else HttpResponse(status=403)


def _limited(usage: rate_limit.Usage) -> HttpResponse:
    response = _answer("limited", 429)
    response["Retry-After"] = str(usage.seconds_left)
    return response


def _store(body: bytes, caller: _Caller) -> HttpResponse:
    try:
        inbox.store(body=body, signed_by=caller.clinic_id)
    except DatabaseError:
        return _answer("unavailable", 503)
    wake("whatsapp.unpack")
    return _answer("stored", 200)


def _claimed_length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _answer(result: str, status: int) -> HttpResponse:
    DELIVERIES.labels(result).inc()
    return HttpResponse(status=status)


def _caller(slug: str) -> _Caller:
    found = _known.get(slug)
    if found is not None and found[0] > time.monotonic():
        return found[1]
    return _fresh_caller(slug)


def _fresh_caller(slug: str) -> _Caller:
    caller = _load_caller(slug)
    _known[slug] = (time.monotonic() + SECRETS_LIVE_SECONDS, caller)
    return caller


def _load_caller(slug: str) -> _Caller:
    app = _Caller(tuple(settings.WHATSAPP_APP_SECRETS), tuple(settings.WHATSAPP_VERIFY_TOKENS), None)
    if not slug:
        return app
    clinic = _clinic(slug)
    token = credentials.find(clinic=clinic, name=Name.WHATSAPP_VERIFY_TOKEN)
    secret = credentials.find(clinic=clinic, name=Name.WHATSAPP_APP_SECRET)
    tokens = (token,) if token else app.verify_tokens
    return _Caller((secret,), tokens, clinic.id) if secret else _Caller(app.secrets, tokens, None)


def _clinic(slug: str) -> Clinic:
    try:
        return Clinic.objects.get(slug=slug)
    except DatabaseError:
        # A connection that died while idle is found dead only by using it.
        connection.close()
        return Clinic.objects.get(slug=slug)


def forget_callers() -> None:
    """Empties the cache of this process (tests; a changed secret counts at once)."""
    _known.clear()
