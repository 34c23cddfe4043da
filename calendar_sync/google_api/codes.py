"""Which of Google's refusals means what? One closed table, reason and status → class of error.

Source: developers.google.com/calendar/api/guides/errors (reasons), Odoo's note that a deletion of an already deleted
event is sometimes answered with 403.
"""

import json
from collections.abc import Mapping

from googleapiclient.errors import HttpError

from atendeai.common.asked_pause import asked_seconds
from atendeai.common.errors import (
    CredentialsRevoked,
    IntegrationError,
    NotConfigured,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Unreachable,
)

QUOTA_PAUSE_SECONDS = 3600.0


class NotThere(Rejected):
    """404 or 410: this event or calendar does not exist, or is not shown to us. Says nothing about our own rows."""


class TokenEnded(NotThere):
    """410 with a sync token: what it counted on is gone, so everything must be listed again."""


class AlreadyThere(Rejected):
    """409: an event with this id exists (perhaps ours, from a call whose answer was lost)."""


class ChangedMeanwhile(Rejected):
    """412: somebody changed the event since we read its etag."""


class NotAllowed(Rejected):
    """403 for this event or calendar alone."""


class BadToken(CredentialsRevoked):
    """401: the access token; a fresh one may help, so it is tried once before the link is called broken."""


_BY_REASON: dict[str, type[IntegrationError]] = {
    "rateLimitExceeded": Throttled,
    "userRateLimitExceeded": Throttled,
    "quotaExceeded": Throttled,
    "insufficientPermissions": CredentialsRevoked,
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": CredentialsRevoked,
    "accessNotConfigured": NotConfigured,
    "SERVICE_DISABLED": NotConfigured,
    # Said of our own address for pushes (its domain is not verified), with 401 or 400: nothing of the link's consent.
    "push.webhookUrlUnauthorized": NotConfigured,
    "forbiddenForNonOrganizer": Rejected,
    "fullSyncRequired": TokenEnded,
    "updatedMinTooLongAgo": TokenEnded,
}
_BY_STATUS: dict[int, type[IntegrationError]] = {
    401: BadToken,
    403: NotAllowed,
    404: NotThere,
    408: Unreachable,
    409: AlreadyThere,
    410: NotThere,
    412: ChangedMeanwhile,
    429: Throttled,
}


def refusal(operation: str, error: HttpError) -> IntegrationError:
    """The error that an answer of 3xx to 5xx becomes."""
    status = int(error.resp.status)
    reason = _reason(error.content)
    return classify(status, reason)(
        "google",
        operation,
        code=reason or str(status),
        status=status,
        retry_after_seconds=_retry_after(error.resp, reason),
    )


def classify(status: int, reason: str) -> type[IntegrationError]:
    """The closed table: what a refusal means. Unlisted 4xx: `Rejected`."""
    if status >= 500:
        # With Google's own error body it surely failed on their side; without, some proxy answered and nobody knows.
        return Unreachable if reason else OutcomeUnknown
    return _BY_REASON.get(reason) or _BY_STATUS.get(status, Rejected)


def _reason(content: bytes) -> str:
    """error.errors[0].reason, read from the body itself: the library's own reading comes out empty at times."""
    try:
        reason = json.loads(content)["error"]["errors"][0]["reason"]
    except (ValueError, KeyError, IndexError, TypeError):
        return ""
    return reason[:60] if isinstance(reason, str) else ""


def _retry_after(headers: Mapping[str, str], reason: str) -> float | None:
    # Google names no end of this one as a rule; it lasts for hours.
    usual = QUOTA_PAUSE_SECONDS if reason == "quotaExceeded" else None
    asked = asked_seconds(headers)
    return usual if asked is None else asked
