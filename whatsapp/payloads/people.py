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


class People:
    """The `contacts` of one change, each found by any of its ids: a delivery may hold a thousand of them."""

    def __init__(self, contacts: Any = ()) -> None:
        rows = [mapping(contact) for contact in array(contacts)]
        self._lone = rows[0] if len(rows) == 1 else {}
        self._by_user_id: dict[str, dict[str, Any]] = {}
        self._by_parent: dict[str, dict[str, Any]] = {}
        self._by_key: dict[str, dict[str, Any]] = {}
        for row in rows:
            number = row.get("wa_id")
            for place, ids in (
                (self._by_user_id, ("user_id", "wa_id")),
                (self._by_parent, ("parent_user_id", "wa_id")),
            ):
                for told in (row.get(name) for name in ids):
                    if isinstance(told, str):
                        place.setdefault(told, row)
            self._by_key.setdefault(match_key(number_in(number)), row)

    def find(self, stated: Identity) -> dict[str, Any]:
        """The contact with one of these ids, the surest id first; an empty one when there is none."""
        found = self._by_user_id.get(stated.user_id) if stated.user_id else None
        if found is None and stated.parent_user_id:
            found = self._by_parent.get(stated.parent_user_id)
        if found is None and stated.wa_id:
            found = self._by_key.get(match_key(stated.wa_id))
        if found is not None:
            return found
        # A lone contact may complete a message only where one of the two carries no id at all.
        has_ids = bool(self._lone.get("wa_id") or self._lone.get("user_id") or self._lone.get("parent_user_id"))
        is_stated = bool(stated.user_id or stated.parent_user_id or stated.wa_id)
        return {} if has_ids and is_stated else self._lone


NOBODY = People()


def identify(number: Any, user_id: Any, parent_user_id: Any, people: People = NOBODY) -> Identity:
    """The person with these ids, completed from the contact that has one of them."""
    stated = Identity(
        user_id=scoped_id_in(user_id) or _user_id_in(number) or None,
        parent_user_id=scoped_id_in(parent_user_id) or _parent_id_in(number) or None,
        wa_id=number_in(number) or None,
    )
    return _completed(stated, people.find(stated))


def sender_of(message: dict[str, Any], people: People = NOBODY) -> Identity:
    """Who wrote this message."""
    return identify(message.get("from"), message.get("from_user_id"), message.get("from_parent_user_id"), people)


def addressee_of(echo: dict[str, Any], people: People = NOBODY) -> Identity:
    """To whom the clinic wrote this message on its own telephone."""
    return identify(echo.get("to"), echo.get("to_user_id"), echo.get("to_parent_user_id"), people)


def recipient_of(status: dict[str, Any], people: People = NOBODY) -> Identity:
    """Whom the message of this status was sent to."""
    return identify(
        status.get("recipient_id"),
        status.get("recipient_user_id"),
        status.get("recipient_parent_user_id"),
        people,
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
