"""What is deleted because of its age? Calls of Meta and the units in them, and the ids that an undo would need.

A unit's row is what keeps a repeated delivery from being worked twice: Meta repeats for seven days, so it lives longer
than that by far. What is set aside, or reached no clinic, stays until somebody has tried it again or put it away, and
with it its delivery and all that came in that: a number that was forgotten loses no patient's words.
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
                               OR kept.closed_at IS NULL
                                  AND (kept.state = 'set_aside'
                                       OR kept.clinic_id IS NULL
                                          AND (kept.state = 'foreign'
                                               OR kept.state = 'ignored' AND kept.reason = 'unknown_number'))))
     LIMIT %(batch)s FOR UPDATE SKIP LOCKED),
units AS (DELETE FROM whatsapp_item WHERE delivery_id IN (SELECT id FROM old))
DELETE FROM whatsapp_delivery WHERE id IN (SELECT id FROM old)
"""

# A merge that was undone, or can be no more, keeps row ids only: no number and no id of a person.
FORGET = """
UPDATE whatsapp_contactmerge SET loser_user_id = NULL, loser_wa_id = NULL, moved = moved - 'ids' - 'phones'
 WHERE id IN (
    SELECT merge.id
      FROM whatsapp_contactmerge AS merge JOIN clinics_clinic AS clinic ON clinic.id = merge.clinic_id
     WHERE (merge.undone_at IS NOT NULL OR merge.at < now() - make_interval(days => clinic.merge_undo_days))
       AND (merge.loser_user_id IS NOT NULL OR merge.loser_wa_id IS NOT NULL
            OR merge.moved ? 'ids' OR merge.moved ? 'phones')
     LIMIT %(batch)s FOR UPDATE OF merge SKIP LOCKED)
"""


def purge() -> bool:
    """A turn of deleting, batch by batch; True when there may be more."""
    is_more = purging.purge(DELETE, days=settings.KEEP_DELIVERIES_DAYS, batch=BATCH)
    return purging.purge(FORGET, days=0, batch=BATCH) or is_more
