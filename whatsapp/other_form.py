"""WhatsApp does not know a Brazilian mobile: is it the same number with, or without, its ninth digit?

Only for somebody who never wrote to the clinic: who did has told the form WhatsApp knows. Tried once; when the other
form is unknown as well, the first one is put back.
"""

from atendeai.common import phones
from whatsapp.models import Contact, Conversation, Message


def turn(message: Message) -> bool:
    """Writes the other form to the contact; False when there is none to try. Needs the conversation's contact."""
    contact = message.conversation.contact
    other = phones.other_form(contact.wa_id or "")
    if other is None or contact.answers_by_id or _has_written(contact):
        return False
    rows = Contact.objects.for_clinic(contact.clinic_id).filter(pk=contact.pk, wa_id=contact.wa_id)
    return bool(rows.update(wa_id=other))


def _has_written(contact: Contact) -> bool:
    chats = Conversation.objects.for_clinic(contact.clinic_id).filter(contact=contact)
    return chats.filter(last_inbound_at__isnull=False).exists()
