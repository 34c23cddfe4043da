"""What happens while Meta's own assistant answers a chat for the clinic? Everything is kept and shown; ours is silent.

It ends when a message of ours goes out, or when the patient's next message comes to us.
"""

from whatsapp.arrivals import changes, messages
from whatsapp.arrivals.arrival import Arrival
from whatsapp.models import Author, Direction


def heard(arrival: Arrival) -> str:
    """The patient wrote to Meta's assistant."""
    changed = changes.change(arrival, author=Author.PATIENT)
    if changed is not None:
        return changed
    if arrival.is_known():
        return "known_message"
    kind = arrival.received.type
    arrival.store(author=Author.SYSTEM if kind in ("system", "request_welcome") else Author.PATIENT)
    if kind != "system":
        messages.heard(arrival)
    _begin(arrival)
    return ""


def answered(arrival: Arrival) -> str:
    """Meta's assistant wrote to the patient."""
    if arrival.is_known():
        return "known_message"
    arrival.store(author=Author.AGENT, direction=Direction.OUT)
    arrival.conversation.last_message_at = arrival.now
    _begin(arrival)
    return ""


def _begin(arrival: Arrival) -> None:
    conversation = arrival.conversation
    conversation.standby_since = conversation.standby_since or arrival.at
