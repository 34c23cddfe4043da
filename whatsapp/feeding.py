"""Which messages that wait are due, and how many of them can go now? What the sweep hints at.

Per number at most as many as its pace lets out until the next sweep, the most urgent first: a hundred thousand rows of
one number neither flood the broker nor keep another number's rows from being found.
"""

from django.db import connection

from atendeai.celery import wake_after_commit
from whatsapp import pace
from whatsapp.models import Urgency

# A hint costs little, but a process keeps only so many.
LIMIT = 600
NUMBER_LIMIT = 200
TASKS = {
    Urgency.REPLY: "whatsapp.deliver",
    Urgency.NOTICE: "whatsapp.deliver",
    Urgency.REMINDER: "whatsapp.deliver_reminders",
    Urgency.BULK: "whatsapp.deliver_bulk",
}

# Jumps from number to number on `whatsapp_message_due`, then reads the head of each number's and urgency's part of it.
# By round: the first rows of all numbers come before anybody's second ones.
DUE = """
WITH RECURSIVE waiting AS (
    (SELECT number_id FROM whatsapp_message
      WHERE direction = 'out' AND state = 'queued' AND number_id IS NOT NULL ORDER BY number_id LIMIT 1)
    UNION ALL
    SELECT (SELECT next.number_id FROM whatsapp_message next
             WHERE next.direction = 'out' AND next.state = 'queued' AND next.number_id > waiting.number_id
             ORDER BY next.number_id LIMIT 1)
      FROM waiting WHERE waiting.number_id IS NOT NULL
)
SELECT head.conversation_id, min(head.urgency) AS urgency, min(head.round) AS round
  FROM waiting
  JOIN whatsapp_number number ON number.id = waiting.number_id AND number.blocked_code = '' AND number.is_active
 CROSS JOIN unnest(ARRAY[0, 1, 2, 3]) AS wanted (urgency)
 CROSS JOIN LATERAL (
       SELECT conversation_id, urgency,
              row_number() OVER (ORDER BY coalesce(not_before, timestamptz '-infinity'), id) AS round
         FROM whatsapp_message
        WHERE direction = 'out' AND state = 'queued' AND number_id = number.id AND urgency = wanted.urgency
          AND coalesce(not_before, timestamptz '-infinity') <= now()
        ORDER BY coalesce(not_before, timestamptz '-infinity'), id
        LIMIT least(%(most)s, ceil(number.sends_per_second * %(even)s))) AS head
 GROUP BY head.conversation_id
 ORDER BY urgency, round, random() LIMIT %(limit)s
"""
# What an older program queues while a newer one is put in its place.
FILL_NUMBERS = """
UPDATE whatsapp_message AS message SET number_id = conversation.number_id FROM whatsapp_conversation AS conversation
 WHERE conversation.id = message.conversation_id
   AND message.direction = 'out' AND message.state = 'queued' AND message.number_id IS NULL
"""


def feed() -> int:
    """Hints at what is due, each in the queue of its urgency; how many hints."""
    with connection.cursor() as cursor:
        cursor.execute(FILL_NUMBERS)
        cursor.execute(DUE, {"most": NUMBER_LIMIT, "even": pace.EVEN, "limit": LIMIT})
        due = cursor.fetchall()
    for conversation_id, urgency, _ in due:
        wake_after_commit(TASKS[Urgency(urgency)], conversation_id=conversation_id)
    return len(due)
