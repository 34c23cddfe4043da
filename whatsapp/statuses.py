"""What does the provider say became of a message?

Reports come in any order, repeated, and before our own row knows the wamid: the state only ever climbs the ladder, and
each report is kept once.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from atendeai.celery import wake_after_commit
from atendeai.metrics import MESSAGES
from whatsapp.models import LADDER, MessageState


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
   SET wamid = coalesce(wamid, %(wamid)s),
       sent_at = CASE WHEN %(state)s = 'sent' THEN coalesce(sent_at, %(at)s) ELSE sent_at END,
       delivered_at = CASE WHEN %(state)s = 'delivered' THEN coalesce(delivered_at, %(at)s) ELSE delivered_at END,
       read_at = CASE WHEN %(state)s = 'read' THEN coalesce(read_at, %(at)s) ELSE read_at END,
       error_code = CASE WHEN meant.up THEN %(error_code)s ELSE error_code END,
       error_detail = CASE WHEN meant.up THEN %(error_detail)s ELSE error_detail END,
       lease_until = CASE WHEN meant.up THEN NULL ELSE lease_until END,
       state = CASE WHEN meant.up THEN %(state)s ELSE state END
  FROM (SELECT id AS message, state AS former,
               coalesce(array_position(%(ladder)s::text[], state::text)
                        < array_position(%(ladder)s::text[], %(state)s::text), false) AS up
          FROM whatsapp_message
         WHERE clinic_id = %(clinic)s AND direction = 'out' AND (id = %(tracked)s OR wamid = %(wamid)s)
         ORDER BY id LIMIT 1 FOR UPDATE) AS meant
 WHERE id = meant.message
RETURNING id, conversation_id, type, meant.former, meant.up
"""
KEEP_EVENT = """
INSERT INTO whatsapp_messageevent (clinic_id, message_id, state, at, error_code, pricing)
VALUES (%(clinic)s, %(message)s, %(state)s, %(at)s, %(error_code)s, %(pricing)s) ON CONFLICT DO NOTHING
"""


def apply_status(*, clinic_id: int, report: Report) -> bool:
    """Takes a report of the provider; False when no message of the clinic is meant. Only ever climbs the ladder."""
    has_failed = report.state == MessageState.FAILED
    values: dict[str, Any] = {
        "clinic": clinic_id,
        "tracked": report.tracked,
        "ladder": list(LADDER),
        "wamid": report.wamid,
        "state": report.state[:12],
        "at": report.at,
        "error_code": report.error_code[:60] if has_failed else "",
        "error_detail": report.error_detail[:300] if has_failed else "",
        "pricing": report.pricing,
    }
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(CLIMB, values)
        meant = cursor.fetchone()
        if meant is None:
            return False
        message_id, conversation_id, kind, former, climbed = meant
        cursor.execute(KEEP_EVENT, {**values, "message": message_id})
    if climbed:
        MESSAGES.labels(str(clinic_id), report.state, kind).inc()
    if former == MessageState.UNKNOWN:
        # It held back the next row of its conversation.
        wake_after_commit("whatsapp.deliver", conversation_id=conversation_id)
    return True
