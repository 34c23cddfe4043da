"""What does the provider say became of a message?

Reports come in any order, repeated, and before our own row knows the wamid: the state only ever climbs the ladder, each
report is kept once, and what Meta charges for is counted once. A word that nobody knows is kept and moves nothing.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Now

from atendeai.celery import wake_after_commit
from atendeai.common.errors import Throttled, Unreachable
from atendeai.common.resilience import backoff
from atendeai.metrics import MESSAGES, UNKNOWN_ITEMS
from clinics.models import NOT_CLOSED
from whatsapp import cloud_api, last_look, other_form, refusals
from whatsapp.models import ARRIVED, LADDER, RESENT_AUTHORS, Message, MessageCost, MessageState
from whatsapp.payloads import parts

# What Meta can say; the lower rungs of the ladder are ours.
REPORTED = LADDER[LADDER.index(MessageState.SENT) :]


@dataclass(frozen=True)
class Report:
    """What the provider says about a message: `state` in its own word, `at` aware, `pricing` as raw JSON text."""

    wamid: str
    tracked: int | None
    state: str
    at: datetime
    error_code: str = ""
    error_detail: str = ""
    pricing: str = ""


# One statement, so that reports in any order and at the same moment can only ever lift the state.
CLIMB = """
UPDATE whatsapp_message
   SET wamid = coalesce(wamid, nullif(%(wamid)s, '')),
       sent_at = CASE WHEN %(state)s = 'sent' THEN coalesce(sent_at, %(at)s) ELSE sent_at END,
       delivered_at = CASE WHEN %(state)s = 'delivered' THEN coalesce(delivered_at, %(at)s) ELSE delivered_at END,
       read_at = CASE WHEN %(state)s = 'read' THEN coalesce(read_at, %(at)s) ELSE read_at END,
       played_at = CASE WHEN %(state)s = 'played' THEN coalesce(played_at, %(at)s) ELSE played_at END,
       error_code = CASE WHEN meant.up THEN %(error_code)s ELSE error_code END,
       error_detail = CASE WHEN meant.up THEN %(error_detail)s ELSE error_detail END,
       lease_until = CASE WHEN meant.up THEN NULL ELSE lease_until END,
       state = CASE WHEN meant.up THEN %(state)s ELSE state END
  FROM (SELECT id AS message, state AS former,
               coalesce(array_position(%(ladder)s::text[], state::text) < %(rung)s, false) AS up
          FROM whatsapp_message
         WHERE clinic_id = %(clinic)s AND direction = 'out' AND (id = %(tracked)s OR wamid = %(wamid)s)
         ORDER BY id IS NOT DISTINCT FROM %(tracked)s DESC, id LIMIT 1 FOR UPDATE) AS meant
 WHERE id = meant.message
RETURNING id, conversation_id, type, meant.former, meant.up, replayed_at IS NOT NULL
"""
KEEP_EVENT = """
INSERT INTO whatsapp_messageevent (clinic_id, message_id, state, at, error_code, pricing)
VALUES (%(clinic)s, %(message)s, %(state)s, %(at)s, %(error_code)s, %(pricing)s) ON CONFLICT DO NOTHING
"""
# That it costs something: a row per message, whichever of its reports says so first.
COUNT_COST = """
WITH counted AS (
    INSERT INTO whatsapp_messagecost
           (clinic_id, message_id, day, category, pricing_type, is_billable, author, is_void)
    SELECT message.clinic_id, message.id, (%(at)s AT TIME ZONE clinic.time_zone)::date,
           %(category)s, %(pricing_type)s, %(billable)s, message.author, message.state = 'failed'
      FROM whatsapp_message AS message JOIN clinics_clinic AS clinic ON clinic.id = message.clinic_id
     WHERE message.id = %(message)s
        ON CONFLICT (message_id) DO NOTHING)
"""
KEEP_PRICED_EVENT = COUNT_COST + KEEP_EVENT


def apply_status(*, clinic_id: int, report: Report) -> bool:
    """Takes a report of the provider; False when no message of the clinic is meant. Only ever climbs the ladder."""
    values = _values(clinic_id, report)
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(CLIMB, values)
        meant = cursor.fetchone()
        if meant is None:
            return False
        message_id, conversation_id, kind, former, has_climbed, was_replayed = meant
        cursor.execute(*_keeping(report, values, message_id))
        is_new = cursor.rowcount > 0
        if has_climbed and MessageState.FAILED in (report.state, former):
            _turned(clinic_id, message_id, report)
        elif has_climbed and was_replayed and report.state in ARRIVED:
            # Sent again after a failure: its row has come back to «sent», its cost still counts for nothing.
            MessageCost.objects.for_clinic(clinic_id).filter(message_id=message_id).update(is_void=False)
        if has_climbed and former == MessageState.FAILED:
            cursor.execute(TAKE_BACK, [clinic_id, conversation_id, message_id])
    if has_climbed:
        MESSAGES.labels(str(clinic_id), report.state, kind).inc()
    elif is_new and report.state not in REPORTED:
        UNKNOWN_ITEMS.labels("status", "unknown_state").inc()
    if former == MessageState.UNKNOWN:
        # It held back the next row of its conversation.
        wake_after_commit("whatsapp.deliver", conversation_id=conversation_id)
    return True


def _values(clinic_id: int, report: Report) -> dict[str, Any]:
    has_failed = report.state == MessageState.FAILED
    return {
        "clinic": clinic_id,
        "tracked": report.tracked,
        "ladder": list(LADDER),
        "rung": LADDER.index(report.state) + 1 if report.state in REPORTED else 0,
        "wamid": report.wamid,
        "state": report.state[:32],
        "at": report.at,
        "error_code": report.error_code[:60] if has_failed else "",
        "error_detail": report.error_detail[:300] if has_failed else "",
        "pricing": report.pricing,
    }


def _keeping(report: Report, values: dict[str, Any], message_id: int) -> tuple[str, dict[str, Any]]:
    """The statement that keeps the report, and its values."""
    kept = {**values, "message": message_id}
    pricing = json.loads(report.pricing) if report.pricing else None
    if not isinstance(pricing, dict):
        return KEEP_EVENT, kept
    kind = str(pricing.get("type") or pricing.get("pricing_type") or "")
    told = pricing.get("billable")
    return KEEP_PRICED_EVENT, {
        **kept,
        "category": parts.text(str(pricing.get("category") or "unknown"), 40),
        "pricing_type": parts.text(kind, 40),
        # Meta is about to leave `billable` out: what is not said to be free costs something.
        "billable": told if isinstance(told, bool) else not kind.startswith("free_"),
    }


# Only while nobody sends it: one statement, so that no sender can take it meanwhile.
TAKE_BACK = """
DELETE FROM whatsapp_message
 WHERE clinic_id = %s AND conversation_id = %s AND direction = 'out' AND state = 'queued' AND resend_of_id = %s
"""


def _turned(clinic_id: int, message_id: int, report: Report) -> None:
    """It has failed, or has arrived although it was said to have failed: Meta charges what was delivered."""
    has_failed = report.state == MessageState.FAILED
    MessageCost.objects.for_clinic(clinic_id).filter(message_id=message_id).update(is_void=has_failed)
    related = Message.objects.for_clinic(clinic_id)
    if has_failed:
        # Left as it is while nobody knew: this is news to whoever decided that.
        related.filter(pk=message_id, closed_at__isnull=False).update(**NOT_CLOSED)
    if not has_failed or not report.error_code:
        return
    related = related.select_related("clinic", "conversation__number", "conversation__contact")
    message = related.get(pk=message_id)
    refusals.heed_code(message=message, code=report.error_code, now=report.at)
    if _may_go_again(message, report.error_code) and not message.resends:
        _resend(message, report)


def _may_go_again(message: Message, code: str) -> bool:
    """Whether another row may go, to the other form of the number or as a template; the object is made ready for it."""
    if code == cloud_api.UNDELIVERABLE:
        return other_form.turn(message, is_second_try=message.resends > 0)
    if code == cloud_api.OUTSIDE_WINDOW:
        return last_look.become_template(message)
    return issubclass(cloud_api.error_class(code), Throttled | Unreachable) and message.author in RESENT_AUTHORS


def _resend(message: Message, report: Report) -> None:
    wait = cloud_api.wait_seconds(report.error_code)
    # Its own row keeps what is known of the first one. Neither a second answer to its item nor a second notice.
    message.resend_of_id = message.pk
    message.pk, message.wamid, message.item_id, message.appointment_id = None, None, None, None
    message.resends, message.attempts, message.state = 1, 0, MessageState.QUEUED
    message.to_digits = None
    message.error_code, message.error_detail, message.created_at = "", "", report.at
    message.replayed_at = message.gave_up_at = message.closed_at = message.closed_by_id = None
    message.closed_reason = ""
    message.sent_at = message.delivered_at = message.read_at = message.played_at = None
    message._state.adding = True
    message.save(force_insert=True)
    rows = Message.objects.for_clinic(message.clinic_id).filter(pk=message.pk)
    rows.update(not_before=Now() + backoff(1, at_least_seconds=wait))
