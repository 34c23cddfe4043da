"""The channel's tables."""

from whatsapp.models.conversation import Conversation, Handler
from whatsapp.models.cost import MessageCost, MessagePrice
from whatsapp.models.delivery import Delivery, DeliveryState, Item, ItemState
from whatsapp.models.message import LADDER, Author, Direction, Message, MessageEvent, MessageState, Urgency
from whatsapp.models.number import Contact, Number

__all__ = [
    "LADDER",
    "Author",
    "Contact",
    "Conversation",
    "Delivery",
    "DeliveryState",
    "Direction",
    "Handler",
    "Item",
    "ItemState",
    "Message",
    "MessageCost",
    "MessageEvent",
    "MessagePrice",
    "MessageState",
    "Number",
    "Urgency",
]
