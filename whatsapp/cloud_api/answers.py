"""Did this answer of the Graph API succeed, and if not, which error is it?

Promises: the provider's code decides; the HTTP status only where there is none. No readable word from Meta
after a request that went out (a 2xx or 5xx of something in between) is `OutcomeUnknown`.

**Source**: Meta, WhatsApp Cloud API error codes; Graph API rate limits (`X-Business-Use-Case-Usage`).
"""

import json
import random
import re
from typing import Any

from atendeai.common.asked_pause import asked_seconds
from atendeai.common.errors import IntegrationError, OutcomeUnknown, Throttled, Unreachable
from atendeai.common.http import Reply
from whatsapp.cloud_api.codes import ErrorClass, Verdict, find_verdict, verdict_by_status

_USAGE_HEADER = "X-Business-Use-Case-Usage"
_LONGEST_WAIT_SECONDS = 24 * 3600.0


def checked(reply: Reply, operation: str) -> dict[str, Any]:
    """The answer's object if Meta did what was asked; raises the IntegrationError if not."""
    answer = _object(reply)
    error = answer.get("error") if answer is not None else None
    if isinstance(error, dict):
        raise _provider_error(reply, operation, error)
    if answer is not None and reply.status // 100 == 2:
        return answer
    kind = _kind_without_words(reply.status)
    raise kind("whatsapp", operation, status=reply.status, detail="no readable answer")


def _object(reply: Reply) -> dict[str, Any] | None:
    try:
        answer = reply.json()
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def _kind_without_words(status: int) -> ErrorClass:
    if status // 100 == 3:
        return Unreachable  # a wrong address or a proxy: nobody did anything
    if status // 100 == 4:
        return verdict_by_status(status).kind
    return OutcomeUnknown


def _provider_error(reply: Reply, operation: str, error: dict[str, Any]) -> IntegrationError:
    code = _code(error)
    verdict = find_verdict(code) or _unlisted(reply.status, error)
    return verdict.kind(
        "whatsapp",
        operation,
        code=code,
        detail=_detail(error),
        status=reply.status,
        retry_after_seconds=_wait_seconds(reply, verdict),
    )


def _unlisted(status: int, error: dict[str, Any]) -> Verdict:
    return Verdict(Unreachable) if error.get("is_transient") is True else verdict_by_status(status)


def _code(error: dict[str, Any]) -> str:
    code = error.get("code")
    return str(code) if isinstance(code, int | str) and not isinstance(code, bool) else ""


def _detail(error: dict[str, Any]) -> str:
    extra = error.get("error_data")
    details = extra.get("details") if isinstance(extra, dict) else None
    words = details or error.get("message")
    # Shown to the clinic and stored: whatever number Meta quotes is left out.
    return re.sub(r"\d{8,}", "…", words)[:300] if isinstance(words, str) else ""


def _wait_seconds(reply: Reply, verdict: Verdict) -> float | None:
    # Meta's usage report counts against all, so it is read with a pause only; `Retry-After` is meant for this answer.
    asked = asked_seconds(reply.headers)
    if asked is None and verdict.kind is Throttled:
        asked = _usage_seconds(reply)
    if asked is not None and verdict.kind in (Throttled, Unreachable):
        return min(asked, _LONGEST_WAIT_SECONDS)
    if verdict.retry_after_seconds is None:
        return None
    return verdict.retry_after_seconds + random.uniform(0, verdict.spread_seconds)


def _usage_seconds(reply: Reply) -> float | None:
    """When Meta's usage report lets us in again; it counts in minutes."""
    try:
        usage = json.loads(reply.headers.get(_USAGE_HEADER, ""))
        waits = [entry["estimated_time_to_regain_access"] for entries in usage.values() for entry in entries]
        return float(max(waits)) * 60 or None
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return None
