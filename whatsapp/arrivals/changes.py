"""What becomes of a message that somebody reacts to, edits or takes back? Its bubble changes; nothing new is said.

The same for the patient and for the clinic's telephone. Later news wins, whatever comes first.
"""

from whatsapp.arrivals.arrival import Arrival
from whatsapp.models import Direction, Message
from whatsapp.payloads import Kind

UNKNOWN = "unknown_message"


def change(arrival: Arrival, *, author: str, direction: str = Direction.IN) -> str | None:
    """What the item does to another message; None when it is a message of its own."""
    kind = arrival.received.type
    if kind == "reaction":
        return react(arrival)
    if kind == "revoke":
        return revoke(arrival)
    return edit(arrival, author=author, direction=direction) if kind == "edit" else None


def react(arrival: Arrival) -> str:
    """Puts the emoji on the message, or takes it away."""
    reaction = arrival.received.reaction
    message = arrival.find(reaction.message_id) if reaction else None
    if reaction is None or message is None:
        return UNKNOWN
    side = "patient" if arrival.item.kind in (Kind.MESSAGE, Kind.STANDBY) else "clinic"
    reacted_at = getattr(message, f"{side}_reacted_at")
    if reacted_at is not None and reacted_at > arrival.at:
        return "older_news"
    setattr(message, f"{side}_reaction", reaction.emoji)
    setattr(message, f"{side}_reacted_at", arrival.at)
    message.save(update_fields=[f"{side}_reaction", f"{side}_reacted_at"])
    return ""


def edit(arrival: Arrival, *, author: str, direction: str = Direction.IN) -> str:
    """Shows what the message says now and keeps what it said first. An edit of a message that never came is shown
    as a message."""
    now_says = arrival.received.edited
    if now_says is None:
        return "nothing_in_it"
    message = arrival.find(arrival.received.target_id)
    if message is None:
        if arrival.is_known():
            return "known_message"
        kind = now_says.type[:30] or "unknown"
        arrival.store(author=author, direction=direction, type=kind, body=now_says.text, edited_at=arrival.at)
        return ""
    if message.edited_at is not None and message.edited_at > arrival.at:
        return "older_news"
    _rewrite(message, now_says.text, arrival)
    return ""


def revoke(arrival: Arrival) -> str:
    """Shows that the sender took the message back. What it said stays in the record and is shown to nobody."""
    message = arrival.find(arrival.received.target_id)
    if message is None:
        return UNKNOWN
    message.revoked_at = arrival.at
    message.save(update_fields=["revoked_at"])
    return ""


def _rewrite(message: Message, text: str, arrival: Arrival) -> None:
    if message.edited_at is None:
        message.former_body = message.body
    message.body, message.edited_at = text, arrival.at
    message.save(update_fields=["body", "former_body", "edited_at"])
