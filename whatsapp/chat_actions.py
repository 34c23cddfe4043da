"""What may a person do in a chat beside writing? Answer one message, react, send where the clinic is and its card, ask
for the patient's place.

As `attending`: each locks the conversation and leaves an audit row, never a text.
"""

from datetime import datetime, timedelta

from django.db import transaction

from atendeai.common import phones
from clinics.models import Clinic, User
from whatsapp import attending, outbox, window
from whatsapp.attending import CannotAnswer
from whatsapp.cloud_api import (
    Card,
    CardAddress,
    CardName,
    CardPhone,
    Contacts,
    ContentError,
    Location,
    LocationRequest,
    OutboundContent,
    Reaction,
)
from whatsapp.message_templates import ask_place_text
from whatsapp.models import Author, Conversation, Message

# WhatsApp takes no reaction to anything older.
REACTABLE = timedelta(days=30)
EMOJIS = ("👍", "❤️", "😂", "😮", "🙏", "✅")


def find_target(*, clinic: Clinic, conversation: Conversation, message_id: int) -> Message:
    """The message of the chat that is answered or reacted to; CannotAnswer (`gone`) when WhatsApp no longer has it."""
    rows = Message.objects.for_clinic(clinic).filter(conversation=conversation, revoked_at__isnull=True)
    found = rows.filter(pk=message_id, wamid__isnull=False).first()
    if found is None:
        raise CannotAnswer("gone")
    return found


def react(
    *, clinic: Clinic, conversation: Conversation, message_id: int, emoji: str, by: User, now: datetime
) -> Message:
    """Puts the emoji on a message of the chat; "" takes it away. The assistant goes on as before.

    Raises `CannotAnswer`: `gone`, `too_old`, `no_emoji`, `window_closed`.
    """
    with transaction.atomic():
        current = attending.locked(clinic, conversation)
        target = find_target(clinic=clinic, conversation=current, message_id=message_id)
        if now - target.created_at > REACTABLE:
            raise CannotAnswer("too_old")
        if not window.is_open(current, now=now):
            raise CannotAnswer("window_closed")
        try:
            content = Reaction(target.wamid or "", emoji)
        except ContentError:
            raise CannotAnswer("no_emoji") from None
        message = outbox.queue(conversation=current, content=content, author=Author.STAFF, now=now, staff=by)
        attending.record("message_reacted", current, by, now)
    return message


def send_place(*, clinic: Clinic, conversation: Conversation, by: User, now: datetime) -> Message:
    """Where the clinic is, on the map. Raises `CannotAnswer` (`no_place`, `window_closed`)."""
    if clinic.latitude is None or clinic.longitude is None:
        raise CannotAnswer("no_place")
    place = Location(float(clinic.latitude), float(clinic.longitude), clinic.name, clinic.address)
    return _send(clinic, conversation, place, by, now)


def send_card(*, clinic: Clinic, conversation: Conversation, by: User, now: datetime) -> Message:
    """The clinic's contact, to be kept in the telephone. Raises `CannotAnswer` (`window_closed`)."""
    digits = phones.digits(conversation.number.display_number)
    card = Card(
        CardName(clinic.name),
        phones=(CardPhone(f"+{digits}", "WORK", digits),) if digits else (),
        addresses=(CardAddress(street=clinic.address, type="WORK"),) if clinic.address else (),
    )
    return _send(clinic, conversation, Contacts((card,)), by, now)


def ask_place(*, clinic: Clinic, conversation: Conversation, by: User, now: datetime) -> Message:
    """Asks where the patient is, by WhatsApp's own button. Raises `CannotAnswer` (`window_closed`)."""
    return _send(clinic, conversation, LocationRequest(ask_place_text()), by, now)


def _send(clinic: Clinic, conversation: Conversation, content: OutboundContent, by: User, now: datetime) -> Message:
    with transaction.atomic():
        current = attending.begin_answer(clinic, conversation, by, now)
        message = outbox.queue(conversation=current, content=content, author=Author.STAFF, now=now, staff=by)
        attending.record("conversation_answered", current, by, now)
    return message
