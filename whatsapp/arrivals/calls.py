"""What happens when a patient calls? Nobody answers a call here: a thin line tells of it, and the clinic may write
freely for a day, as after a message."""

from whatsapp import window
from whatsapp.arrivals.arrival import Arrival
from whatsapp.models import Author

CALL = "call"


def called(arrival: Arrival) -> str:
    """The patient called."""
    arrival.store(author=Author.SYSTEM, type=CALL)
    window.hear_call(arrival.conversation, at=arrival.at)
    arrival.conversation.last_message_at = arrival.now
    return ""
