"""Was this form sent already? Enter pressed twice, or a file sent again as its answer got lost, sends nothing twice.

Each form on the screen carries a mark of its own, and what was sent under it is remembered as the API remembers its
keys. Only the very same form is the same: who goes back and writes something else has it sent.
"""

import json
import uuid
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256

from django.db import transaction
from django.http import HttpRequest

from clinics.models import Clinic
from whatsapp import request_keys

FIELD = "once"
# No program can choose a key with this sign.
PORTAL = "portal·"


def new_mark() -> str:
    """For the forms of one page; each says with it what it is about."""
    return uuid.uuid4().hex


def follow(request: HttpRequest, clinic: Clinic, now: datetime, act: Callable[[], object]) -> None:
    """Does what the form asks for, unless it was done; with the mark in one transaction, so that a refusal frees it.

    A form without a mark, of a page from before there were any, is always followed.
    """
    with transaction.atomic():
        if _is_first(request, clinic, now):
            act()


def _is_first(request: HttpRequest, clinic: Clinic, now: datetime) -> bool:
    if not request.POST.get(FIELD):
        return True
    fields = sorted((name, values) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken")
    files = [(file.name, file.size) for name in request.FILES for file in request.FILES.getlist(name)]
    whole = json.dumps([request.user.pk, request.path, fields, files])
    is_new = request_keys.take(clinic, PORTAL + sha256(whole.encode()).hexdigest(), "", now) is not None
    if is_new:
        request_keys.forget_old(clinic, now)
    return is_new
