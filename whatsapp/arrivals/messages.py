"""What happens when a patient writes, reacts, corrects or takes back what they wrote?

The message is stored; the assistant answers, unless a person has the chat. What only changes a message changes its
bubble, and is never answered.
"""

from whatsapp import chat, read_marks, window
from whatsapp.arrivals import changes
from whatsapp.arrivals.arrival import Arrival
from whatsapp.models import Author, Handler


def handle(arrival: Arrival) -> str:
    """Does what this type of message asks for."""
    # The provider sends it to us as the one who answers: its own assistant has left the chat.
    arrival.conversation.standby_since = None
    return _BY_TYPE.get(arrival.received.type, _wrote)(arrival)


def heard(arrival: Arrival) -> None:
    """The patient has said something: it opens the window, and somebody should see it."""
    window.hear(arrival.conversation, at=arrival.at, is_from_ad=arrival.received.referral is not None)
    arrival.conversation.last_message_at = arrival.now
    arrival.conversation.unread += 1


def _wrote(arrival: Arrival) -> str:
    if arrival.is_known():
        return "known_message"
    arrival.store(author=Author.PATIENT)
    heard(arrival)
    _answer(arrival)
    return ""


def _opened(arrival: Arrival) -> str:
    """The patient opened the chat for the first time and has not said anything: they are greeted."""
    arrival.store(author=Author.SYSTEM)
    window.hear(arrival.conversation, at=arrival.at, is_from_ad=False)
    arrival.conversation.last_message_at = arrival.now
    _answer(arrival)
    return ""


def _noted(arrival: Arrival) -> str:
    """What the provider says about the person: a line in the chat, not their words."""
    arrival.store(author=Author.SYSTEM)
    return ""


def _edited(arrival: Arrival) -> str:
    why_not = changes.edit(arrival, author=Author.PATIENT)
    if not why_not:
        arrival.conversation.unread += 1
    return why_not


def _answer(arrival: Arrival) -> None:
    conversation = arrival.conversation
    if conversation.handler == Handler.BOT and conversation.number.bot_answers:
        chat.answer(
            conversation=conversation,
            item=arrival.item,
            received=arrival.received,
            now=arrival.now,
            looks=arrival.looks,
        )
        if conversation.number.marks_read:
            read_marks.want(conversation.pk)


_BY_TYPE = {
    "reaction": changes.react,
    "edit": _edited,
    "revoke": changes.revoke,
    "system": _noted,
    "request_welcome": _opened,
}
