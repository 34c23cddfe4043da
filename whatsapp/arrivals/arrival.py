"""An item on its way into its chat, and how it becomes a message there."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from atendeai.metrics import MESSAGES
from clinics.calendar_looks import Looks
from whatsapp import media
from whatsapp.models import Conversation, Direction, Item, Message, MessageState
from whatsapp.payloads import Incoming


@dataclass(frozen=True)
class Arrival:
    """The chat (locked; changes to it are saved by the caller), the item, what it says, and the time."""

    conversation: Conversation
    item: Item
    payload: dict[str, Any]
    received: Incoming
    now: datetime
    looks: Looks

    @property
    def at(self) -> datetime:
        """When it happened, by the provider's clock."""
        return self.item.provider_at

    def find(self, wamid: str) -> Message | None:
        """The chat's message with this id."""
        rows = Message.objects.for_clinic(self.conversation.clinic_id).filter(conversation=self.conversation)
        return rows.filter(wamid=wamid).first() if wamid else None

    def is_known(self) -> bool:
        """Whether the message is in the chat already: it came in another kind of delivery before."""
        return self.find(self.item.provider_id) is not None

    def store(self, *, author: str, direction: str = Direction.IN, **fields: Any) -> Message:
        """The message as it arrived."""
        is_ours = direction == Direction.OUT
        values = {
            "type": self.received.type[:30] or "unknown",
            "body": self.received.text,
            "context_wamid": self.received.context_id,
            "state": MessageState.SENT if is_ours else MessageState.RECEIVED,
            "sent_at": self.at if is_ours else None,
            **fields,
        }
        message = Message.objects.create(
            clinic_id=self.conversation.clinic_id,
            conversation=self.conversation,
            direction=direction,
            author=author,
            content=self.item.payload,
            wamid=self.item.provider_id,
            item=self.item,
            created_at=self.at,
            **values,
        )
        media.expect(message=message, payload=self.payload, now=self.now)
        MESSAGES.labels(str(message.clinic_id), "echo" if is_ours else "received", message.type).inc()
        return message
