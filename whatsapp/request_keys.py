"""Was this asked for before? A key is good for 24 hours within its clinic: a program's own, or that of a form.

Two at the same moment: the second waits for the first, whose transaction takes the key with what it does.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from clinics.models import Clinic
from whatsapp.models import ApiRepeat

LIVES = timedelta(hours=24)
CLEANED = 100

# Takes the key, new or run out; no row comes back when somebody else has it.
TAKE = """
INSERT INTO whatsapp_apirepeat AS kept (clinic_id, key, fingerprint, answer, created_at)
VALUES (%(clinic)s, %(key)s, %(fingerprint)s, '', %(now)s)
ON CONFLICT (clinic_id, key) DO UPDATE
   SET fingerprint = excluded.fingerprint, answer = '', created_at = excluded.created_at
 WHERE kept.created_at <= %(dead)s
RETURNING id
"""


def take(clinic: Clinic, key: str, mark: str, now: datetime) -> int | None:
    """The row of a key that is free; None when it is taken. Call it in the transaction of what is done under it."""
    values: dict[str, Any] = {"clinic": clinic.pk, "key": key, "fingerprint": mark, "now": now, "dead": now - LIVES}
    with connection.cursor() as cursor:
        cursor.execute(TAKE, values)
        row = cursor.fetchone()
    return row[0] if row else None


def forget_old(clinic: Clinic, now: datetime) -> None:
    """A few at a time, so that the table does not grow for ever."""
    old = ApiRepeat.objects.for_clinic(clinic).filter(created_at__lte=now - LIVES).order_by("created_at")
    ApiRepeat.objects.for_clinic(clinic).filter(pk__in=list(old.values_list("pk", flat=True)[:CLEANED])).delete()
