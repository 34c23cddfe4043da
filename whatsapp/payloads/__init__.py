"""What does this webhook delivery say? Raw bytes to typed items, over every entry, change and array.

Promises: never raises, whatever the bytes; loses nothing silently (what cannot become an item is a problem,
what nobody handles yet is an item of kind "unknown"); pure.

**Source**: Meta, WhatsApp webhooks reference, payloads of 2025-2026 including business-scoped user ids.
"""

from whatsapp.payloads.fields import READ_FIELDS
from whatsapp.payloads.identity_changes import (
    ChangeKind,
    IdentityChange,
    ToldNumber,
    identity_change_of,
    told_number_of,
)
from whatsapp.payloads.items import (
    Card,
    Identity,
    Incoming,
    Item,
    Kind,
    Problem,
    Reaction,
    Referral,
    StatusError,
    StatusUpdate,
    Unpacked,
)
from whatsapp.payloads.parts import identifier, moment
from whatsapp.payloads.parts import text as words
from whatsapp.payloads.people import identify
from whatsapp.payloads.reading import error_of, incoming, status_of
from whatsapp.payloads.unpacking import unpack

__all__ = [
    "READ_FIELDS",
    "Card",
    "ChangeKind",
    "Identity",
    "IdentityChange",
    "Incoming",
    "Item",
    "Kind",
    "Problem",
    "Reaction",
    "Referral",
    "StatusError",
    "StatusUpdate",
    "ToldNumber",
    "Unpacked",
    "error_of",
    "identifier",
    "identify",
    "identity_change_of",
    "incoming",
    "moment",
    "status_of",
    "told_number_of",
    "unpack",
    "words",
]
