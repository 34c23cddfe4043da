"""Who is the person in this message, status or notice?

Promises: every key may be missing, empty or hold a business-scoped user id in the place of a number; contacts
are matched by their ids, never by their place in the array; never raises.

**Source**: Meta, WhatsApp webhooks and business-scoped user ids, 2025-11 to 2026-05.
"""

import re
from typing import Any

from atendeai.common.phones import digits, is_user_id, match_key
from whatsapp.payloads.items import Identity
from whatsapp.payloads.parts import array, identifier, mapping, text

_MOST_DIGITS, _LONGEST_ID = 20, 160
_NUMBER = re.compile(r"\+?[0-9][0-9 ().\-]{3,24}")


def identify(number: Any, user_id: Any, parent_user_id: Any, contacts: Any = ()) -> Identity:
    """The person with these ids, completed from the contact that has one of them."""
    stated = Identity(
        user_id=scoped_id_in(user_id) or _user_id_in(number) or None,
        parent_user_id=scoped_id_in(parent_user_id) or _parent_id_in(number) or None,
        wa_id=number_in(number) or None,
    )
    return _completed(stated, _contact_of(stated, [mapping(contact) for contact in array(contacts)]))


def sender_of(message: dict[str, Any], contacts: Any) -> Identity:
    """Who wrote this message."""
    return identify(message.get("from"), message.get("from_user_id"), message.get("from_parent_user_id"), contacts)


def addressee_of(echo: dict[str, Any], contacts: Any) -> Identity:
    """To whom the clinic wrote this message on its own telephone."""
    return identify(echo.get("to"), echo.get("to_user_id"), echo.get("to_parent_user_id"), contacts)


def recipient_of(status: dict[str, Any], contacts: Any = ()) -> Identity:
    """Whom the message of this status was sent to."""
    return identify(
        status.get("recipient_id"),
        status.get("recipient_user_id"),
        status.get("recipient_parent_user_id"),
        contacts,
    )


def number_in(value: Any) -> str:
    """The digits of a number; "" for anything else, a business-scoped user id above all."""
    written = identifier(value) or (value if isinstance(value, str) else "")
    number = digits(written) if _NUMBER.fullmatch(written) else ""
    return number if len(number) <= _MOST_DIGITS else ""


def scoped_id_in(value: Any) -> str:
    """An id as the columns hold it."""
    written = identifier(value)
    return written if len(written) <= _LONGEST_ID else ""


def _user_id_in(value: Any) -> str:
    return value if isinstance(value, str) and is_user_id(value) and not _is_parent(value) else ""


def _parent_id_in(value: Any) -> str:
    return value if isinstance(value, str) and is_user_id(value) and _is_parent(value) else ""


def _is_parent(user_id: str) -> bool:
    return user_id[2:].startswith(".ENT.")


def _contact_of(stated: Identity, contacts: list[dict[str, Any]]) -> dict[str, Any]:
    for contact in contacts:
        if stated.user_id and stated.user_id in (contact.get("user_id"), contact.get("wa_id")):
            return contact
    for contact in contacts:
        if stated.parent_user_id and stated.parent_user_id in (contact.get("parent_user_id"), contact.get("wa_id")):
            return contact
    for contact in contacts:
        if stated.wa_id and match_key(number_in(contact.get("wa_id"))) == match_key(stated.wa_id):
            return contact
    # A lone contact may complete a message only where one of the two carries no id at all.
    lone = contacts[0] if len(contacts) == 1 else {}
    has_ids = bool(lone.get("wa_id") or lone.get("user_id") or lone.get("parent_user_id"))
    is_stated = bool(stated.user_id or stated.parent_user_id or stated.wa_id)
    return {} if has_ids and is_stated else lone


def _completed(stated: Identity, contact: dict[str, Any]) -> Identity:
    profile = mapping(contact.get("profile"))
    number = contact.get("wa_id")
    return Identity(
        user_id=stated.user_id or scoped_id_in(contact.get("user_id")) or _user_id_in(number) or None,
        parent_user_id=stated.parent_user_id
        or scoped_id_in(contact.get("parent_user_id"))
        or _parent_id_in(number)
        or None,
        wa_id=stated.wa_id or number_in(number) or None,
        name=text(profile.get("name"), 200).strip() or None,
        username=text(profile.get("username"), 200).strip() or None,
    )
