"""The channel's tables."""

from whatsapp.models.conversation import AWAITS_A_PERSON, ON_THE_PHONE, Conversation, Handler
from whatsapp.models.cost import MessageCost, MessagePrice
from whatsapp.models.delivery import STRAY, Delivery, DeliveryState, Item, ItemState
from whatsapp.models.media_file import WAITING_MEDIA, WORKING_MEDIA, MediaFile, MediaState
from whatsapp.models.merge import ContactMerge, FormerId, MergeSource
from whatsapp.models.message import (
    ARRIVED,
    LADDER,
    RESENT_AUTHORS,
    Author,
    Direction,
    Message,
    MessageEvent,
    MessageState,
    Urgency,
)
from whatsapp.models.network import AllowedNetwork
from whatsapp.models.number import Contact, Marketing, Number
from whatsapp.models.number_change import NumberChange
from whatsapp.models.repeat import ApiRepeat
from whatsapp.models.template import (
    Reminder,
    ReminderKind,
    ReminderState,
    Template,
    TemplateChoice,
    TemplateEvent,
    TemplateSync,
)

__all__ = [
    "ARRIVED",
    "AWAITS_A_PERSON",
    "LADDER",
    "ON_THE_PHONE",
    "RESENT_AUTHORS",
    "STRAY",
    "WAITING_MEDIA",
    "WORKING_MEDIA",
    "AllowedNetwork",
    "ApiRepeat",
    "Author",
    "Contact",
    "ContactMerge",
    "Conversation",
    "Delivery",
    "DeliveryState",
    "Direction",
    "FormerId",
    "Handler",
    "Item",
    "ItemState",
    "Marketing",
    "MediaFile",
    "MediaState",
    "MergeSource",
    "Message",
    "MessageCost",
    "MessageEvent",
    "MessagePrice",
    "MessageState",
    "Number",
    "NumberChange",
    "Reminder",
    "ReminderKind",
    "ReminderState",
    "Template",
    "TemplateChoice",
    "TemplateEvent",
    "TemplateSync",
    "Urgency",
]
