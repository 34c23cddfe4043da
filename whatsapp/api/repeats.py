"""`Idempotency-Key`: the same request again, because its answer got lost, does nothing and is answered as before.

A key is good for 24 hours, within its clinic. Two at the same moment: the second waits for the first. Only what was
done is remembered: a refused request may be mended and sent again under its key.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from rest_framework import serializers, status
from rest_framework.request import Request

from clinics.api.errors import Refusal
from clinics.models import Clinic
from whatsapp import request_keys
from whatsapp.models import ApiRepeat

HEADER = "Idempotency-Key"
LONGEST = 200


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
        taken = request_keys.take(clinic, key, mark, now)
        if taken is None:
            return _remembered(clinic, key, mark), True
        answer = do()
        ApiRepeat.objects.for_clinic(clinic).filter(pk=taken).update(answer=json.dumps(answer))
        request_keys.forget_old(clinic, now)
    return answer, False


def fingerprint(body: Any) -> str:
    """The same for the same JSON, however its keys are ordered."""
    plain = json.dumps(body, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(plain.encode()).hexdigest()


def _check(key: str) -> None:
    if not 1 <= len(key) <= LONGEST or not key.isascii() or not key.isprintable():
        message = _("Use 1 to %(most)d letters, digits and signs.") % {"most": LONGEST}
        raise serializers.ValidationError({HEADER: [message]})


def _remembered(clinic: Clinic, key: str, mark: str) -> Any:
    row = ApiRepeat.objects.for_clinic(clinic).get(key=key)
    if row.fingerprint != mark:
        message = _("This %(header)s was used for another request.") % {"header": HEADER}
        raise Refusal(status.HTTP_422_UNPROCESSABLE_ENTITY, "idempotency_key_reused", message)
    return json.loads(row.answer)
