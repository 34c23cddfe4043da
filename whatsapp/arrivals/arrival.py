"""An item on its way into its chat."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from whatsapp.models import Conversation, Item
from whatsapp.payloads import Incoming


@dataclass(frozen=True)
class Arrival:
    """The chat (locked; changes to it are saved by the caller), the item, what it says, and the time."""

    conversation: Conversation
    item: Item
    payload: dict[str, Any]
    received: Incoming
    now: datetime
