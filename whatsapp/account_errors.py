"""What does Meta say is wrong that belongs to no message? (`errors` beside nothing, or beside messages.)"""

from datetime import datetime
from typing import Any

from whatsapp import refusals
from whatsapp.models import Item, Number
from whatsapp.payloads import error_of


def apply_notice(*, item: Item, payload: dict[str, Any], now: datetime) -> str:
    """Tells the clinic what stops its number; anything else is kept with its code."""
    code = error_of(payload).code
    number = Number.objects.for_clinic(item.clinic_id).filter(phone_number_id=item.scope).first()
    if number is not None and code and refusals.heed_alone(number=number, code=code, now=now):
        return ""
    return f"code {code}"
