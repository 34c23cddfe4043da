"""What does an item of a chat do there? One small handler for each kind; the chat's row is locked and saved by the
caller, everything happens in its transaction."""

import json
from collections.abc import Callable
from datetime import datetime

from atendeai.metrics import UNKNOWN_ITEMS
from clinics.calendar_looks import Looks
from whatsapp.arrivals import calls, echoes, messages, standby
from whatsapp.arrivals.arrival import Arrival
from whatsapp.models import Conversation, Item
from whatsapp.payloads import Kind, incoming

__all__ = ["handle"]

# Answers with why nothing was done; "" when the item has done its work.
Handler = Callable[[Arrival], str]

HANDLERS: dict[str, Handler] = {
    Kind.MESSAGE: messages.handle,
    Kind.ECHO: echoes.handle,
    Kind.STANDBY: standby.heard,
    Kind.STANDBY_ECHO: standby.answered,
    Kind.CALL: calls.called,
}


def handle(conversation: Conversation, item: Item, now: datetime, looks: Looks) -> str:
    """Works the item; why nothing was done, or "". Raises whatever fails: the item is then tried again.

    `LookFirst`: a calendar is to be looked at before; once it stands in `looks`, the same work goes through.
    """
    payload = json.loads(item.payload)
    why_not = HANDLERS[item.kind](Arrival(conversation, item, payload, incoming(payload), now, looks))
    if why_not:
        UNKNOWN_ITEMS.labels(item.kind, why_not[:40]).inc()
    return why_not
