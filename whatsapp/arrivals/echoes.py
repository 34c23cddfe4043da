"""What happens when somebody else answered in the clinic's name: a person on the clinic's telephone?

Their words stand in the chat, and the assistant is silent there until somebody gives the chat back: two voices at once
would confuse the patient.
"""

from clinics import audit
from clinics.audit import SYSTEM
from whatsapp.arrivals import changes
from whatsapp.arrivals.arrival import Arrival
from whatsapp.models import ON_THE_PHONE, Author, Conversation, Direction, Handler


def handle(arrival: Arrival) -> str:
    """What the telephone sent, changed or took back."""
    changed = changes.change(arrival, author=Author.PHONE, direction=Direction.OUT)
    return _answered(arrival) if changed is None else changed


def _answered(arrival: Arrival) -> str:
    conversation = arrival.conversation
    if arrival.is_known():
        return "known_message"
    arrival.store(author=Author.PHONE, direction=Direction.OUT)
    conversation.last_message_at = arrival.now
    conversation.unread = 0
    conversation.standby_since = None
    if _is_newly_theirs(conversation):
        conversation.handler, conversation.handover_reason = Handler.PERSON, ON_THE_PHONE
        audit.record(
            clinic=conversation.clinic,
            action="conversation_answered_on_phone",
            target=conversation,
            by=SYSTEM,
            now=arrival.now,
            fields=["handler"],
        )
    return ""


def _is_newly_theirs(conversation: Conversation) -> bool:
    """The assistant's chat, or one that waited for somebody to take it: the telephone has answered it."""
    is_waiting = conversation.attendant_id is None and conversation.handover_reason != ON_THE_PHONE
    return conversation.handler == Handler.BOT or is_waiting
