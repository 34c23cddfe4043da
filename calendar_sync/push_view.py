"""What does Google say when it tells that a calendar changed? `POST /webhooks/google-calendar/`, headers only.

A push proves nothing and carries nothing: it marks the calendar as wanted, and the pull asks Google. It counts when
channel, token (compared in constant time) and resource all fit a channel that lives; the clinic comes from our row,
never from a header. 200 for everything else too, so that nobody can probe for channels; 429 for an address that runs
wild, and 503 when it could not be stored: Google repeats that. Runs without Django's middleware (see wsgi.py).
"""

import hmac

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from atendeai.celery import wake
from atendeai.common import clock, rate_limit
from atendeai.common.addresses import client_address
from atendeai.metrics import CALENDAR_PUSHES
from calendar_sync import remembered, timetable, watch
from calendar_sync.models import Channel, ChannelState

FIRST = "sync"


@csrf_exempt
def receive(request: HttpRequest) -> HttpResponse:
    """One push."""
    if request.method != "POST":
        return HttpResponse(status=405)
    address = client_address(request.META, settings.TRUSTED_PROXIES) or "none"
    usage = rate_limit.take(group="google-push", key=address, rate=settings.RATE_LIMIT_GOOGLE_PUSH)
    if usage.is_over:
        answer = _answer("limited", 429)
        answer["Retry-After"] = str(usage.seconds_left)
        return answer
    try:
        return _answer(_note(request))
    except DatabaseError:
        # A connection that died while idle is found dead only by using it.
        connection.close()
    try:
        return _answer(_note(request))
    except DatabaseError:
        return _answer("unavailable", 503)


def _note(request: HttpRequest) -> str:
    """What became of it, as the metric calls it."""
    given = {name: request.META.get(f"HTTP_X_GOOG_{name}", "") for name in ("CHANNEL_ID", "CHANNEL_TOKEN")}
    channel = Channel.objects.filter(channel_id=given["CHANNEL_ID"][:64]).first()
    if channel is None:
        return "unknown_channel"
    if not hmac.compare_digest(watch.fingerprint(given["CHANNEL_TOKEN"]), channel.token_hash):
        return "wrong_token"
    resource_id = request.META.get("HTTP_X_GOOG_RESOURCE_ID", "")
    if channel.resource_id and resource_id != channel.resource_id:
        return "wrong_resource"
    if request.META.get("HTTP_X_GOOG_RESOURCE_STATE") == FIRST:
        return "sync"
    if channel.state == ChannelState.ENDED:
        return "ended_channel"
    Channel.objects.filter(pk=channel.pk).update(pushed_at=clock.now())
    remembered.forget(clinic_id=channel.clinic_id, link_id=channel.link_id)
    if not timetable.want(link_id=channel.link_id):
        return "parked"
    wake("calendar_sync.pull", link_id=channel.link_id)
    return "wanted"


def _answer(result: str, status: int = 200) -> HttpResponse:
    CALENDAR_PUSHES.labels(result).inc()
    return HttpResponse(status=status)
