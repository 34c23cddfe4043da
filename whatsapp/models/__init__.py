"""The channel's tables."""

from whatsapp.models.conversation import ON_THE_PHONE, Conversation, Handler
from whatsapp.models.cost import MessageCost, MessagePrice
from whatsapp.models.delivery import Delivery, DeliveryState, Item, ItemState
from whatsapp.models.media_file import WAITING_MEDIA, WORKING_MEDIA, MediaFile, MediaState
from whatsapp.models.message import LADDER, Author, Direction, Message, MessageEvent, MessageState, Urgency
from whatsapp.models.number import Contact, Marketing, Number
from whatsapp.models.number_change import NumberChange

__all__ = [
    "LADDER",
    "ON_THE_PHONE",
    "WAITING_MEDIA",
    "WORKING_MEDIA",
    "Author",
    "Contact",
    "Conversation",
    "Delivery",
    "DeliveryState",
    "Direction",
    "Handler",
    "Item",
    "ItemState",
    "Marketing",
    "MediaFile",
    "MediaState",
    "Message",
    "MessageCost",
    "MessageEvent",
    "MessagePrice",
    "MessageState",
    "Number",
    "NumberChange",
    "Urgency",
]
