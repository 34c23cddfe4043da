"""Which items does a delivery hold? A walk over every entry, change and array.

Promises: never raises; every object in a known array becomes an item; a field or value that nobody handles
becomes one item of kind "unknown"; what is no object at all becomes a problem that says where. A problem in
one change leaves the others alone.

**Source**: Meta, WhatsApp webhooks reference; one POST may hold 1,000 updates of several numbers.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from whatsapp.payloads.items import Identity, Item, Kind, Problem, Unpacked
from whatsapp.payloads.parts import array, fingerprint, identifier, is_deeper_than, mapping, moment, text
from whatsapp.payloads.people import addressee_of, identify, recipient_of, sender_of

# Meta nests about ten levels. Python's own JSON gives up somewhere under a thousand, at another depth when
# it writes than when it reads: what is let in here can be stored.
_DEEPEST = 64

Person = Callable[[dict[str, Any], Any], Identity]


def unpack(body: bytes) -> Unpacked:
    """All items of one raw delivery, in its order, and the problems met on the way."""
    try:
        delivery = json.loads(body, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return Unpacked(problems=(Problem("body", "not JSON"),))
    found = list(_walk(delivery))
    return Unpacked(
        items=tuple(part for part in found if isinstance(part, Item)),
        problems=tuple(part for part in found if isinstance(part, Problem)),
    )


@dataclass(frozen=True)
class _Change:
    """One change of one entry, with what its items share."""

    where: str
    entry_id: str
    entry_time: Any
    field: str
    value: dict[str, Any]
    phone_number_id: str
    account_id: str

    def item(self, kind: Kind, payload: dict[str, Any], **known: Any) -> Item:
        own_id = identifier(payload.get("id")) if kind in _HAVE_IDS else ""
        shared = Item(
            scope=self.phone_number_id or self.account_id,
            kind=kind,
            provider_id=own_id or fingerprint(self.field, self.entry_id, self.entry_time, payload),
            status="",
            field=self.field,
            provider_at=moment(payload.get("timestamp")) or moment(self.entry_time),
            phone_number_id=self.phone_number_id,
            account_id=self.account_id,
            sender=Identity(),
            payload=payload,
        )
        return replace(shared, **known)


def _walk(delivery: Any) -> Iterator[Item | Problem]:
    if not isinstance(mapping(delivery).get("entry"), list):
        yield Problem("body", "has no entry array")
        return
    for index, entry in enumerate(delivery["entry"]):
        where = f"entry[{index}]"
        if not isinstance(mapping(entry).get("changes"), list):
            yield Problem(where, "has no changes array")
            continue
        for position, change in enumerate(entry["changes"]):
            yield from _change_items(f"{where}.changes[{position}]", entry, change)


def _change_items(where: str, entry: dict[str, Any], change: Any) -> Iterator[Item | Problem]:
    value = mapping(change).get("value")
    if not isinstance(value, dict):
        yield Problem(where, "has no value object")
    elif is_deeper_than([value, entry.get("time")], _DEEPEST):
        yield Problem(where, "nests too deeply")
    else:
        yield from _items(_change(where, entry, change, value))


def _change(where: str, entry: dict[str, Any], change: dict[str, Any], value: dict[str, Any]) -> _Change:
    entry_id = identifier(entry.get("id"))
    # For PARTNER_* events the entry is the partner's own portfolio, and the clinic's account is named inside.
    named_inside = identifier(mapping(value.get("waba_info")).get("waba_id"))
    return _Change(
        where=where,
        entry_id=entry_id,
        entry_time=entry.get("time"),
        field=text(change.get("field"), 64),
        value=value,
        phone_number_id=identifier(mapping(value.get("metadata")).get("phone_number_id")),
        account_id=named_inside or entry_id,
    )


def _items(change: _Change) -> Iterator[Item | Problem]:
    reader = _READERS.get(change.field)
    found = list(reader(change)) if reader else []
    reason = f"{change.field or 'no field'}: {'nothing known in it' if reader else 'not handled'}"
    yield from found or [change.item(Kind.UNKNOWN, change.value, reason=reason)]


def _messages(change: _Change) -> Iterator[Item | Problem]:
    found = [
        *_people_items(change, "messages", Kind.MESSAGE, sender_of),
        *_statuses(change, change.value),
    ]
    # Beside a message, `errors` explains that message, whose payload says the same.
    yield from found or _each(change, change.value, "errors", lambda error: change.item(Kind.ERROR, error))


def _echoes(change: _Change) -> Iterator[Item | Problem]:
    return _people_items(change, "message_echoes", Kind.ECHO, addressee_of)


def _standby(change: _Change) -> Iterator[Item | Problem]:
    """What Meta's own agent receives and answers: kept for the chat, never answered by us."""
    inner = mapping(change.value.get("standby"))
    inside = replace(change, value=inner)
    yield from _people_items(inside, "messages", Kind.STANDBY, sender_of)
    yield from _people_items(inside, "message_echoes", Kind.STANDBY_ECHO, addressee_of)
    yield from _statuses(change, inner)


def _preferences(change: _Change) -> Iterator[Item | Problem]:
    contacts = change.value.get("contacts")

    def item(preference: dict[str, Any]) -> Item:
        person = identify(preference.get("wa_id"), preference.get("user_id"), None, contacts)
        return change.item(Kind.PREFERENCE, preference, sender=person)

    return _each(change, change.value, "user_preferences", item)


def _notice(kind: Kind) -> Callable[[_Change], Iterator[Item | Problem]]:
    return lambda change: iter([change.item(kind, change.value)])


def _people_items(change: _Change, key: str, kind: Kind, person: Person) -> Iterator[Item | Problem]:
    contacts = change.value.get("contacts")
    return _each(change, change.value, key, lambda one: change.item(kind, one, sender=person(one, contacts)))


def _statuses(change: _Change, value: dict[str, Any]) -> Iterator[Item | Problem]:
    contacts = value.get("contacts")

    def item(status: dict[str, Any]) -> Item:
        word = text(status.get("status"), 32)
        return change.item(Kind.STATUS, status, status=word, sender=recipient_of(status, contacts))

    return _each(change, value, "statuses", item)


def _each(
    change: _Change, value: dict[str, Any], key: str, item: Callable[[dict[str, Any]], Item]
) -> Iterator[Item | Problem]:
    present = value.get(key)
    if present is not None and not isinstance(present, list):
        yield Problem(f"{change.where}.{key}", "is no array")
    for index, one in enumerate(array(present)):
        is_object = isinstance(one, dict)
        yield item(one) if is_object else Problem(f"{change.where}.{key}[{index}]", "is no object")


_HAVE_IDS = {Kind.MESSAGE, Kind.STATUS, Kind.ECHO, Kind.STANDBY, Kind.STANDBY_ECHO}

_READERS: dict[str, Callable[[_Change], Iterator[Item | Problem]]] = {
    "messages": _messages,
    "smb_message_echoes": _echoes,
    "standby": _standby,
    "user_preferences": _preferences,
    "message_template_status_update": _notice(Kind.TEMPLATE),
    "message_template_quality_update": _notice(Kind.TEMPLATE),
    "message_template_components_update": _notice(Kind.TEMPLATE),
    "template_category_update": _notice(Kind.TEMPLATE),
    "account_update": _notice(Kind.ACCOUNT),
    "account_alerts": _notice(Kind.ACCOUNT),
    "account_review_update": _notice(Kind.ACCOUNT),
    "business_capability_update": _notice(Kind.ACCOUNT),
    "phone_number_name_update": _notice(Kind.ACCOUNT),
    "phone_number_quality_update": _notice(Kind.ACCOUNT),
    "security": _notice(Kind.ACCOUNT),
}
