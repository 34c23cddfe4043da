"""What is deleted because of its age? Calls of Meta and the units in them, once nobody needs them any more.

A unit's row is what keeps a repeated delivery from being worked twice: Meta repeats for seven days, so it lives longer
than that by far. What is set aside stays until somebody has tried it again or put it away, and with it its delivery and
all that came in that.
"""

from django.conf import settings

from atendeai.common import purging

BATCH = 200

# A call and its units in one statement, with the call locked: unpacked again, a call whose units are gone would have
# them worked a second time.
DELETE = """
WITH old AS (
    SELECT id FROM whatsapp_delivery AS call
     WHERE received_at < now() - make_interval(days => %(days)s)
       AND (state = 'unpacked' OR state = 'set_aside' AND closed_at IS NOT NULL)
       AND NOT EXISTS (SELECT 1 FROM whatsapp_item AS kept
                        WHERE kept.delivery_id = call.id
                          AND (kept.stored_at >= now() - make_interval(days => %(days)s) OR kept.state = 'waiting'
                               OR kept.state = 'set_aside' AND kept.closed_at IS NULL))
     LIMIT %(batch)s FOR UPDATE SKIP LOCKED),
units AS (DELETE FROM whatsapp_item WHERE delivery_id IN (SELECT id FROM old))
DELETE FROM whatsapp_delivery WHERE id IN (SELECT id FROM old)
"""


def purge() -> bool:
    """A turn of deleting, batch by batch; True when there may be more."""
    return purging.purge(DELETE, days=settings.KEEP_DELIVERIES_DAYS, batch=BATCH)
