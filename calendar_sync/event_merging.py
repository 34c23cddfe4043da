"""Somebody edited our event in Google and we want to change it too: what is sent? Pure: fields in, fields out.

Three sides: what we wrote last (`base`, short fingerprints that travel with the event itself, so that even an answer
that was lost leaves them true), what is there now, what we want. What is there and is not what we wrote was written by
a person: it stays. Of guests each is looked at alone: theirs stay, ours come and go.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

# In extendedProperties.private: JSON, field → fingerprint of what we wrote.
WROTE = "wrote"
EDITABLE = ("summary", "description", "location", "colorId", "reminders", "source", "attendees")
FOR_GUESTS = ("guestsCanInviteOthers", "guestsCanSeeOtherGuests")
# Of a guest, what may be sent back.
GUEST_FIELDS = ("email", "displayName", "optional", "resource", "responseStatus", "comment", "additionalGuests")
DIGITS = 10
Fields = dict[str, Any]


def fingerprint(body: Mapping[str, Any]) -> dict[str, str]:
    """Of what people may edit; fields that are not there are left out."""
    found = {name: _mark(name, body.get(name)) for name in EDITABLE}
    return {name: mark for name, mark in found.items() if mark}


def packed(base: Mapping[str, str]) -> str:
    """As a property of the event keeps it."""
    return json.dumps({name: mark for name, mark in base.items() if mark}, separators=(",", ":"))


def base_of(private: Mapping[str, str]) -> dict[str, str]:
    """What we wrote, as the event itself says; nothing when it cannot be read."""
    try:
        found = json.loads(private.get(WROTE, ""))
    except ValueError:
        return {}
    return {str(name): str(mark) for name, mark in found.items()} if isinstance(found, dict) else {}


def merge(wish: Mapping[str, Any], there: Mapping[str, Any], base: Mapping[str, str]) -> tuple[Fields, dict[str, str]]:
    """(what to send of the editable fields, the new base). None removes a field."""
    send: Fields = {}
    kept = dict(base)
    for name in EDITABLE[:-1]:
        wished, found = _mark(name, wish.get(name)), _mark(name, there.get(name))
        if wished == found:
            kept[name] = wished
        elif found == base.get(name, ""):
            send[name], kept[name] = wish.get(name), wished
    guests = merge_guests(wish.get("attendees") or (), there.get("attendees") or (), base.get("attendees", ""))
    if guests is not None:
        send |= {"attendees": guests, **{name: wish[name] for name in FOR_GUESTS if name in wish}}
    kept["attendees"] = _mark("attendees", wish.get("attendees"))
    return send, kept


def merge_guests(
    wished: Sequence[Mapping[str, Any]], there: Sequence[Mapping[str, Any]], base: str
) -> list[Mapping[str, Any]] | None:
    """The whole list to send, or None when it stays as it is. A guest of ours whom they removed is not asked again."""
    ours_before = set(base.split(",")) - {""}
    ours = {guest["email"].lower(): guest for guest in wished}
    gone = ours_before - {_short(email) for email in ours}
    known = {str(guest.get("email", "")).lower() for guest in there}
    stay = [guest for guest in there if _short(str(guest.get("email", "")).lower()) not in gone]
    come = [guest for email, guest in ours.items() if email not in known and _short(email) not in ours_before]
    if len(stay) == len(there) and not come:
        return None
    return [{name: guest[name] for name in GUEST_FIELDS if name in guest} for guest in [*stay, *come]]


def _mark(name: str, value: Any) -> str:
    """A short fingerprint; "" for what is not there, or is as Google has it anyway."""
    plain = _plain(name, value)
    if not plain:
        return ""
    return ",".join(sorted(_short(one) for one in plain)) if isinstance(plain, frozenset) else _short(plain)


def _plain(name: str, value: Any) -> str | frozenset[str]:
    if not value:
        return ""
    if name == "attendees":
        return frozenset(str(guest.get("email", "")).lower() for guest in value)
    if name == "reminders":
        own = sorted((str(one.get("method")), int(one.get("minutes", 0))) for one in value.get("overrides") or ())
        return "" if value.get("useDefault") else repr(own)
    if name == "source":
        return str(value.get("url", ""))
    return str(value)


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]
