"""How is it kept what a question about a step brought? In the number's row, without any secret."""

import json
from datetime import datetime

from django.db import transaction

from whatsapp.models import Number
from whatsapp.onboarding.steps import State


def note(number: Number, step: str, state: State, *, now: datetime, code: str = "", detail: str = "") -> None:
    """The step's new finding in place of the last; other steps, noted meanwhile by others, stay."""
    with transaction.atomic():
        row = Number.objects.for_clinic(number.clinic_id).select_for_update().get(pk=number.pk)
        kept = json.loads(row.findings or "{}")
        kept[step] = {"state": state, "code": code[:60], "detail": detail[:120], "at": now.isoformat()}
        number.findings = json.dumps(kept)
        Number.objects.for_clinic(number.clinic_id).filter(pk=number.pk).update(findings=number.findings)


def forget(number: Number, step: str) -> None:
    """Nothing is known of the step beside the facts any more."""
    with transaction.atomic():
        row = Number.objects.for_clinic(number.clinic_id).select_for_update().get(pk=number.pk)
        kept = json.loads(row.findings or "{}")
        kept.pop(step, None)
        number.findings = json.dumps(kept)
        Number.objects.for_clinic(number.clinic_id).filter(pk=number.pk).update(findings=number.findings)
