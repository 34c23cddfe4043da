"""What happens when a patient writes? The message is stored; the assistant answers, unless a person has the chat."""

from atendeai.metrics import MESSAGES
from whatsapp import chat
from whatsapp.arrivals.arrival import Arrival
from whatsapp.models import Author, Direction, Handler, Message, MessageState


def handle(arrival: Arrival) -> str:
    """Stores and answers."""
    conversation, item = arrival.conversation, arrival.item
    _store(arrival)
    conversation.last_inbound_at = max(conversation.last_inbound_at or item.provider_at, item.provider_at)
    conversation.last_message_at = arrival.now
    conversation.unread += 1
    if conversation.handler == Handler.BOT and conversation.number.bot_answers:
        chat.answer(conversation=conversation, item=item, received=arrival.received, now=arrival.now)
    return ""


def _store(arrival: Arrival) -> Message:
    message = Message.objects.create(
        clinic_id=arrival.conversation.clinic_id,
        conversation=arrival.conversation,
        direction=Direction.IN,
        author=Author.PATIENT,
        type=arrival.received.type[:30] or "unknown",
        body=arrival.received.text,
        content=arrival.item.payload,
        wamid=arrival.item.provider_id,
        state=MessageState.RECEIVED,
        item=arrival.item,
        created_at=arrival.item.provider_at,
    )
    MESSAGES.labels(str(message.clinic_id), "received", message.type).inc()
    return message
