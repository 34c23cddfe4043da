"""What becomes of an attempt to send: it went out, it goes again, it failed, it waits, or nobody knows?

Every result is written only under its own attempt: a worker that slept through its lease changes nothing.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Now

from atendeai.common.circuit import CircuitOpen
from atendeai.common.errors import (
    CredentialsRevoked,
    IntegrationError,
    NotConfigured,
    OutcomeUnknown,
    Throttled,
    Unreachable,
)
from atendeai.common.resilience import backoff, until_trial
from atendeai.metrics import MESSAGES
from whatsapp import cloud_api, last_look, other_form, pace, refusals
from whatsapp.models import LADDER, Conversation, Message, MessageState

logger = logging.getLogger(__name__)

# Refusals that are meant for the whole number: for how long nothing of it is tried (None: as long as the row waits).
HELD: dict[str, float | None] = {"4": None, "80007": None, "131057": None, "130429": 2.0}
LONGEST_HOLD_SECONDS = 120.0
# What a later try, or a person, may put right.
AGAIN = (CredentialsRevoked, Throttled, Unreachable, NotConfigured)


def put_back(message: Message, *, not_before: Any) -> None:
    """Nothing was tried: the attempt is not counted."""
    _attempted(message).filter(state=MessageState.SENDING).update(
        state=MessageState.QUEUED, attempts=F("attempts") - 1, lease_until=None, not_before=not_before
    )


def wait_for_provider(message: Message, error: CircuitOpen) -> None:
    """Not called, so not tried. What went wrong before stays said."""
    if not message.error_code:
        _attempted(message).update(error_code=error.code)
    put_back(message, not_before=Now() + until_trial(error))


def _attempted(message: Message) -> Any:
    """The row, only while nobody has taken a later attempt at it (fencing)."""
    return Message.objects.filter(pk=message.pk, attempts=message.attempts)


def record_sent(message: Message, sent: cloud_api.Sent) -> None:
    """Meta took it. A report of its arrival may have come before the answer."""
    rose = (
        _attempted(message)
        .filter(state__in=_below(MessageState.SENT))
        .update(
            state=MessageState.SENT, wamid=sent.wamid, sent_at=Now(), lease_until=None, error_code="", error_detail=""
        )
    )
    if rose:
        _count(message, MessageState.SENT)
    else:
        # A status overtook the answer: the row is at least this high on the ladder already, and was counted then.
        _attempted(message).update(wamid=sent.wamid, lease_until=None)
    if message.conversation.standby_since is not None and message.type != "template":
        # A message of ours makes us the one who answers; a template does not.
        Conversation.objects.filter(pk=message.conversation_id).update(standby_since=None)
    contact = message.conversation.contact
    if sent.wa_id and message.conversation.last_inbound_at is None and contact.wa_id != sent.wa_id:
        other_form.learn(contact, sent.wa_id)


def record_failure(message: Message, error: IntegrationError, now: datetime) -> None:
    """What the class of the error decides for the row; then what it means for more than the row."""
    logger.warning("send failed", extra={"message_id": message.pk, "clinic_id": message.clinic_id, "error": str(error)})
    if isinstance(error, OutcomeUnknown):
        uncertain(_attempted(message).filter(state=MessageState.SENDING), error.detail)
    elif isinstance(error, AGAIN) or _may_go_otherwise(message, error):
        again(message, error, now)
    else:
        fail(message, error)
    refusals.heed(message=message, error=error, now=now)


def _may_go_otherwise(message: Message, error: IntegrationError) -> bool:
    """Whether the refused message goes to the other form of the number, or as a template, and was made ready for it."""
    if error.code == cloud_api.UNDELIVERABLE:
        return other_form.turn(message, is_second_try=message.error_code == cloud_api.UNDELIVERABLE)
    return error.code == cloud_api.OUTSIDE_WINDOW and last_look.go_as_template(message)


def uncertain(rows: Any, detail: str) -> int:
    """Perhaps they went out: each waits for a report that carries its tracker."""
    return int(
        rows.update(
            state=MessageState.UNKNOWN,
            unknown_since=Now(),
            lease_until=None,
            error_code="outcome_unknown",
            error_detail=detail[:300],
        )
    )


def again(message: Message, error: IntegrationError, now: datetime) -> None:
    """Tried again after a pause, or given up: too late, or too often the same."""
    code = _code(error)
    repeats = message.error_repeats + 1 if message.error_code == code else 1
    most = cloud_api.most_repeats(error.code)
    if last_look.is_too_late(message, now=now) or (most is not None and repeats > most):
        fail(message, error, gave_up_at=now)
        return
    wait = error.retry_after_seconds
    if error.code == cloud_api.PAIR_LIMIT:
        wait = cloud_api.pair_wait_seconds(repeats)
    _attempted(message).filter(state=MessageState.SENDING).update(
        state=MessageState.QUEUED,
        not_before=Now() + backoff(message.attempts, at_least_seconds=wait),
        lease_until=None,
        error_code=code,
        error_repeats=repeats,
        error_detail=error.detail[:300],
    )
    _count(message, MessageState.QUEUED)
    if error.code in HELD:
        held = HELD[error.code] or min(wait or 0.0, LONGEST_HOLD_SECONDS)
        pace.hold(number_id=message.conversation.number_id, seconds=held / settings.TIMES_DIVIDED_BY)


def _code(error: IntegrationError) -> str:
    return (error.code or type(error).__name__)[:60]


def fail(message: Message, error: IntegrationError, *, gave_up_at: datetime | None = None) -> None:
    """Not tried any more, because of this."""
    end(message, _code(error), error.detail, gave_up_at=gave_up_at)


def end(message: Message, code: str, detail: str = "", *, gave_up_at: datetime | None = None) -> None:
    """Not tried any more: refused, or given up because it makes no sense any more."""
    _attempted(message).filter(state__in=_below(MessageState.FAILED)).update(
        state=MessageState.FAILED, lease_until=None, error_code=code, error_detail=detail[:300], gave_up_at=gave_up_at
    )
    _count(message, MessageState.FAILED)


def _count(message: Message, status: str) -> None:
    MESSAGES.labels(str(message.clinic_id), status, message.type).inc()


def _below(state: str) -> Sequence[str]:
    return LADDER[: LADDER.index(state)]
