"""Under which names does the clinic keep people on its telephone? (Coexistence: `smb_app_state_sync`.)

The name helps to recognise somebody in the chats. It never changes a patient, nor the name they have on WhatsApp.
"""

from datetime import datetime
from typing import Any

from whatsapp import contacts
from whatsapp.models import Contact, Item, Number
from whatsapp.payloads import identify, words


def apply_notice(*, item: Item, payload: dict[str, Any], now: datetime) -> str:
    """One contact that was added (or changed), or removed."""
    entry = payload.get("contact")
    action = payload.get("action")
    if payload.get("type") != "contact" or not isinstance(entry, dict) or action not in ("add", "remove"):
        return "unknown_state"
    person = identify(entry.get("phone_number"), entry.get("user_id"), None)
    if not (person.wa_id or person.user_id):
        return "nobody_named"
    name = words(entry.get("full_name"), 120) or words(entry.get("first_name"), 120) if action == "add" else ""
    contact = contacts.find(_clinic_of(item), person)
    if contact is None:
        number = Number.objects.for_clinic(item.clinic_id).filter(phone_number_id=item.scope).first()
        if number is None or not name:
            return "nothing_new"
        contact = contacts.resolve(number, person, at=item.provider_at, now=now)
    Contact.objects.for_clinic(_clinic_of(item)).filter(pk=contact.pk).update(book_name=name)
    return ""


def _clinic_of(item: Item) -> int:
    if item.clinic_id is None:
        raise ValueError("a notice of no clinic")
    return item.clinic_id
