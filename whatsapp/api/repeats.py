"""`Idempotency-Key`: the same request again, because its answer got lost, does nothing and is answered as before.

A key is good for 24 hours, within its clinic. Two at the same moment: the second waits for the first. Only what was
done is remembered: a refused request may be mended and sent again under its key.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _
from rest_framework import serializers, status
from rest_framework.request import Request

from clinics.api.errors import Refusal
from clinics.models import Clinic
from whatsapp.models import ApiRepeat

HEADER = "Idempotency-Key"
LIVES = timedelta(hours=24)
LONGEST = 200
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


def once(*, clinic: Clinic, request: Request, now: datetime, do: Callable[[], Any]) -> tuple[Any, bool]:
    """What `do` answers (plain JSON values), and whether it was answered from memory.

    Raises ValidationError for a key that cannot be one, Refusal 422 when the key came with another body.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return do(), False
    _check(key)
    mark = fingerprint(request.data)
    with transaction.atomic():
        taken = _take(clinic, key, mark, now)
        if taken is None:
            return _remembered(clinic, key, mark), True
        answer = do()
        ApiRepeat.objects.for_clinic(clinic).filter(pk=taken).update(answer=json.dumps(answer))
        _forget_old(clinic, now)
    return answer, False


def fingerprint(body: Any) -> str:
    """The same for the same JSON, however its keys are ordered."""
    plain = json.dumps(body, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(plain.encode()).hexdigest()


def _check(key: str) -> None:
    if not 1 <= len(key) <= LONGEST or not key.isascii() or not key.isprintable():
        message = _("Use 1 to %(most)d letters, digits and signs.") % {"most": LONGEST}
        raise serializers.ValidationError({HEADER: [message]})


def _take(clinic: Clinic, key: str, mark: str, now: datetime) -> int | None:
    values: dict[str, Any] = {"clinic": clinic.pk, "key": key, "fingerprint": mark, "now": now, "dead": now - LIVES}
    with connection.cursor() as cursor:
        cursor.execute(TAKE, values)
        row = cursor.fetchone()
    return row[0] if row else None


def _remembered(clinic: Clinic, key: str, mark: str) -> Any:
    row = ApiRepeat.objects.for_clinic(clinic).get(key=key)
    if row.fingerprint != mark:
        message = _("This %(header)s was used for another request.") % {"header": HEADER}
        raise Refusal(status.HTTP_422_UNPROCESSABLE_ENTITY, "idempotency_key_reused", message)
    return json.loads(row.answer)


def _forget_old(clinic: Clinic, now: datetime) -> None:
    """A few at a time, so that the table does not grow for ever."""
    old = ApiRepeat.objects.for_clinic(clinic).filter(created_at__lte=now - LIVES).order_by("created_at")
    ApiRepeat.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:CLEANED])).delete()
