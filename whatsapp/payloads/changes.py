"""What do the items of one change share? The number or account it names, its entry's time, how they are told apart."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from whatsapp.payloads.items import OF_A_CHAT, Identity, Item, Kind
from whatsapp.payloads.parts import fingerprint, identifier, mapping, moment

# Meta gives these an id of their own; the others are told apart by what they say and when.
HAVE_IDS = OF_A_CHAT | {Kind.STATUS}


@dataclass(frozen=True)
class Change:
    """One change of one entry."""

    where: str
    entry_id: str
    entry_time: Any
    field: str
    value: dict[str, Any]
    phone_number_id: str
    account_id: str

    def item(self, kind: Kind, payload: dict[str, Any], **known: Any) -> Item:
        """One object of this change as an item."""
        own_id = identifier(payload.get("id")) if kind in HAVE_IDS else ""
        shared = Item(
            scope=self.phone_number_id or self.account_id,
            kind=kind,
            provider_id=own_id or fingerprint(self.field, self.entry_id, self.entry_time, payload),
            status="",
            field=self.field,
            provider_at=moment(payload.get("timestamp")) or _inner_moment(payload) or moment(self.entry_time),
            phone_number_id=self.phone_number_id,
            account_id=self.account_id,
            sender=Identity(),
            payload=payload,
        )
        return replace(shared, **known)


def _inner_moment(payload: dict[str, Any]) -> datetime | None:
    """Contacts of the telephone have their time one level down."""
    return moment(mapping(payload.get("metadata")).get("timestamp"))
