"""Does this message say that somebody has another number or id now, or tell us their number?

Promises: every key may be missing or hold anything; never raises; what says nothing is None.

**Source**: Meta, system messages (`user_changed_number`, `user_changed_user_id`, `customer_identity_changed`), 2025-11
to 2026-08; contact information answers (`origin`), 2026.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from atendeai.common.phones import match_key
from whatsapp.payloads.items import Identity
from whatsapp.payloads.parts import array, mapping
from whatsapp.payloads.people import number_in, scoped_id_in, sender_of


class ChangeKind(StrEnum):
    """What changed."""

    NUMBER = "number"
    USER_ID = "user_id"
    IDENTITY = "identity"  # a new telephone or a new installation: the ids stay


@dataclass(frozen=True)
class IdentityChange:
    """`old`: ids the person was known by, the surest first, each alone; `new`: theirs from now on, as far as told."""

    kind: ChangeKind
    old: tuple[Identity, ...]
    new: Identity


_KINDS = {
    "user_changed_number": ChangeKind.NUMBER,
    "customer_changed_number": ChangeKind.NUMBER,
    "user_changed_user_id": ChangeKind.USER_ID,
    "customer_identity_changed": ChangeKind.IDENTITY,
    "user_identity_changed": ChangeKind.IDENTITY,
}


def identity_change_of(message: dict[str, Any]) -> IdentityChange | None:
    """The change in a system message; None for any other message, and for one that names nobody."""
    told = mapping(message.get("system"))
    kind = _KINDS.get(str(told.get("type"))) if message.get("type") == "system" else None
    if kind is None:
        return None
    writer = sender_of(message)
    new = _new_ids(told, kind, writer)
    previous, parent = scoped_id_in(told.get("previous_user_id")), scoped_id_in(told.get("previous_parent_user_id"))
    has_other_number = bool(writer.wa_id) and not _is_same_number(writer.wa_id, new.wa_id)
    candidates = (
        Identity(user_id=previous or None),
        Identity(parent_user_id=parent or None),
        Identity(wa_id=writer.wa_id if has_other_number or kind != ChangeKind.NUMBER else None),
        # Nobody says whether `from_user_id` is the old or the new one; it helps only where nothing else does.
        Identity(user_id=writer.user_id if writer.user_id != new.user_id else None),
        Identity(parent_user_id=writer.parent_user_id if writer.parent_user_id != new.parent_user_id else None),
    )
    old = tuple(one for one in candidates if one != Identity())
    return IdentityChange(kind, old, new) if old or new != Identity() else None


def _new_ids(told: dict[str, Any], kind: ChangeKind, writer: Identity) -> Identity:
    if kind == ChangeKind.IDENTITY:
        return writer
    number = number_in(told.get("wa_id")) or number_in(told.get("new_wa_id"))
    user_id, previous = scoped_id_in(told.get("user_id")), scoped_id_in(told.get("previous_user_id"))
    if not user_id and previous and writer.user_id != previous:
        user_id = writer.user_id or ""
    if kind == ChangeKind.USER_ID and not number:
        number = writer.wa_id or ""
    return Identity(
        user_id=user_id or None,
        parent_user_id=scoped_id_in(told.get("parent_user_id")) or None,
        wa_id=number or None,
    )


def _is_same_number(one: str | None, other: str | None) -> bool:
    return bool(one and other) and match_key(one or "") == match_key(other or "")


@dataclass(frozen=True)
class ToldNumber:
    """A number in a contact card. `is_own`: WhatsApp itself answered our request with it; else somebody claims it."""

    number: str
    is_own: bool


def told_number_of(message: dict[str, Any]) -> ToldNumber | None:
    """The number in a message of type contacts, if its one card has just one; None otherwise."""
    cards = [mapping(card) for card in array(message.get("contacts"))] if message.get("type") == "contacts" else []
    if len(cards) != 1:
        return None
    phones = [mapping(phone) for phone in array(cards[0].get("phones"))]
    numbers = {number_in(phone.get("wa_id")) or number_in(phone.get("phone")) for phone in phones} - {""}
    is_own = "contact_request" in (cards[0].get("origin"), message.get("origin"))
    return ToldNumber(numbers.pop(), is_own) if len(numbers) == 1 else None
