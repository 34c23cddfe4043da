"""Which items does a delivery hold? A walk over every entry, change and array.

Promises: never raises; what is no object becomes a problem that says where, and leaves the others alone.

**Source**: Meta, WhatsApp webhooks reference; one POST may hold 1,000 updates of several numbers.
"""

import json
from collections.abc import Iterator
from typing import Any

from whatsapp.payloads.changes import Change
from whatsapp.payloads.fields import items_of
from whatsapp.payloads.items import Item, Problem, Unpacked
from whatsapp.payloads.parts import identifier, is_deeper_than, mapping, text

# Meta nests about ten levels. Python's own JSON gives up somewhere under a thousand, at another depth when
# it writes than when it reads: what is let in here can be stored.
_DEEPEST = 64


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
        yield from items_of(_change(where, entry, change, value))


def _change(where: str, entry: dict[str, Any], change: dict[str, Any], value: dict[str, Any]) -> Change:
    entry_id = identifier(entry.get("id"))
    # For PARTNER_* events the entry is the partner's own portfolio, and the clinic's account is named inside.
    named_inside = identifier(mapping(value.get("waba_info")).get("waba_id"))
    return Change(
        where=where,
        entry_id=entry_id,
        entry_time=entry.get("time"),
        field=text(change.get("field"), 64),
        value=value,
        phone_number_id=identifier(mapping(value.get("metadata")).get("phone_number_id")),
        account_id=named_inside or entry_id,
    )
