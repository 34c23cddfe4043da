"""WhatsApp does not know a Brazilian mobile: is it the same number with, or without, its ninth digit?

Only for somebody whose form nobody has confirmed: who wrote to the clinic, or got a message, is known by the form at
hand. Tried once for each number of a contact; when the other form is unknown as well, the first one is put back and
later messages fail at once.
"""

from atendeai.common import phones
from whatsapp.models import ARRIVED, Contact, Conversation, Direction, Message


def turn(message: Message, *, is_second_try: bool) -> bool:
    """Writes the other form to the contact; False when the message is not to be tried with it. Needs the
    conversation's contact. `is_second_try`: it had gone to the other form already."""
    contact = message.conversation.contact
    other = phones.other_form(contact.wa_id or "")
    if other is None or contact.answers_by_id or _is_confirmed(contact):
        return False
    rows = Contact.objects.for_clinic(contact.clinic_id).filter(pk=contact.pk, wa_id=contact.wa_id)
    if contact.other_form_tried != contact.match_key:
        return bool(rows.update(wa_id=other, other_form_tried=contact.match_key))
    if is_second_try:
        rows.update(wa_id=other)
    return False


def _is_confirmed(contact: Contact) -> bool:
    chats = Conversation.objects.for_clinic(contact.clinic_id).filter(contact=contact)
    if chats.filter(last_inbound_at__isnull=False).exists():
        return True
    sent = Message.objects.for_clinic(contact.clinic_id).filter(conversation__in=chats, direction=Direction.OUT)
    return sent.filter(state__in=ARRIVED).exists()
