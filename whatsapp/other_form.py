"""WhatsApp does not know a Brazilian mobile: is it the same number with, or without, its ninth digit?

Only for somebody whose form nobody has confirmed: who wrote to the clinic, or got a message, is known by the form at
hand. Tried once for each number of a contact: `other_form_tried` keeps the form that was refused first. When the other
one is unknown as well, the first is put back and later messages fail at once. Several messages may be on their way
meanwhile: each that went to the first form only is sent once more.
"""

from django.db import transaction

from atendeai.common import phones
from whatsapp.models import ARRIVED, Contact, Conversation, Direction, Message


@transaction.atomic
def turn(message: Message, *, is_second_try: bool) -> bool:
    """Whether the refused message is to be sent once more, to the form at which its contact stands then.
    `is_second_try`: it was sent once more already."""
    contacts = Contact.objects.for_clinic(message.clinic_id)
    # Several reports about this person may come at once: each decides by what the one before has written.
    contact = contacts.select_for_update(no_key=True).get(pk=message.conversation.contact_id)
    other = phones.other_form(contact.wa_id or "")
    if other is None or contact.answers_by_id:
        return False
    went_to_other = message.to_digits == len(other)
    if _is_confirmed(contact):
        return went_to_other and not is_second_try
    if phones.match_key(contact.other_form_tried) != contact.match_key:
        # Meta may have told the form at hand when it took the message for the other one.
        first, at_hand = (other, contact.wa_id) if went_to_other else (contact.wa_id, other)
        _stand(contact, at_hand, first)
        return not is_second_try
    if contact.wa_id == contact.other_form_tried:
        # Both were refused before.
        return False
    if went_to_other:
        return not is_second_try
    _stand(contact, other, contact.other_form_tried)
    return False


def learn(contact: Contact, wa_id: str) -> None:
    """Meta tells the form under which WhatsApp knows a number that was never heard from. Not while the other form is
    tried: the one that was refused is told as well."""
    rows = Contact.objects.for_clinic(contact.clinic_id).filter(pk=contact.pk, wa_id=contact.wa_id)
    rows.exclude(other_form_tried__in=[contact.wa_id, wa_id]).update(wa_id=wa_id)


def _stand(contact: Contact, wa_id: str | None, first: str | None) -> None:
    contact.wa_id, contact.other_form_tried = wa_id, first or ""
    contact.save(update_fields=["wa_id", "other_form_tried"])


def _is_confirmed(contact: Contact) -> bool:
    chats = Conversation.objects.for_clinic(contact.clinic_id).filter(contact=contact)
    if chats.filter(last_inbound_at__isnull=False).exists():
        return True
    sent = Message.objects.for_clinic(contact.clinic_id).filter(conversation__in=chats, direction=Direction.OUT)
    return sent.filter(state__in=ARRIVED).exists()
