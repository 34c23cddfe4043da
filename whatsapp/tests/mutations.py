"""Real deliveries, bent: keys lost, values of another kind, arrays that are none. And how much each holds."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PAYLOADS = Path(__file__).parent / "payloads"
FORMS = [file.read_bytes() for file in sorted(PAYLOADS.glob("*.json")) if file.stem != "not_a_delivery"]
ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    1e400,
    10**30,
    "",
    "x",
    "\x00",
    "\ud800",
    "BR.1502576394655843",
    "BR.ENT.9",
    "5511987650001",
    "+55 11 98765-0001",
    "９９",
    "a" * 5000,
    [],
    [None],
    ["x", {}],
    {},
    {"": {"": []}},
    {"id": 7, "body": ["x"]},
]
ODD_TEXTS = [json.dumps(one) for one in ODD]
# Where each field keeps its objects; any other field is one object as a whole.
ARRAYS = {
    "messages": ("messages", "statuses", "errors"),
    "smb_message_echoes": ("message_echoes",),
    "standby": ("messages", "message_echoes", "statuses"),
    "user_preferences": ("user_preferences",),
    "smb_app_state_sync": ("state_sync",),
    "calls": ("calls", "statuses"),
    "user_id_update": ("user_id_update",),
    "history": ("messages", "errors"),
}


def mutations(seed: int, count: int) -> Iterator[bytes]:
    """So many bent deliveries, the same ones for the same seed."""
    chance = random.Random(seed)
    for _ in range(count):
        delivery = json.loads(chance.choice(FORMS))
        for _ in range(chance.randint(1, 3)):
            _bend(delivery, chance)
        yield json.dumps(delivery).encode()


def _bend(delivery: Any, chance: random.Random) -> None:
    node: Any = delivery
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            return
        key = chance.choice(keys)
        child = node[key]
        if isinstance(child, dict | list) and chance.random() < 0.8:
            node = child
            continue
        _change(node, key, chance)
        return


def _change(node: Any, key: Any, chance: random.Random) -> None:
    what = chance.random()
    if what < 0.6:
        node[key] = json.loads(chance.choice(ODD_TEXTS))
    elif what < 0.8:
        del node[key]
    elif isinstance(node, list):
        node.append(_copy(node[key]))
    else:
        other = chance.choice(["id", "from", "type", "text", "messages", "field", "value", "wa_id"])
        node[other] = _copy(node[key])


def _copy(value: Any) -> Any:
    return json.loads(json.dumps(value))


def objects_in(body: bytes) -> int:
    """How many things the delivery holds that must come out as an item or as a problem."""
    # What is no JSON (NaN, Infinity) is nothing, for the product as well: the bytes are kept as they came.
    delivery = json.loads(body, parse_constant=lambda _: None)
    entries = delivery.get("entry") if isinstance(delivery, dict) else None
    if not isinstance(entries, list):
        return 1
    return sum(_in_entry(entry) for entry in entries)


def _in_entry(entry: Any) -> int:
    changes = entry.get("changes") if isinstance(entry, dict) else None
    return sum(_in_change(change) for change in changes) if isinstance(changes, list) else 1


def _in_change(change: Any) -> int:
    value = change.get("value") if isinstance(change, dict) else None
    if not isinstance(value, dict):
        return 1
    field = change.get("field") if isinstance(change.get("field"), str) else ""
    inside = value.get("standby") if field == "standby" else value
    found = sum(_in_array(inside.get(key)) for key in ARRAYS.get(field, ())) if isinstance(inside, dict) else 0
    return max(1, found + (_in_history(value.get("history")) if field == "history" else 0))


def _in_array(array: Any) -> int:
    return len(array) if isinstance(array, list) else int(array is not None)


def _in_history(chunks: Any) -> int:
    if not isinstance(chunks, list):
        return _in_array(chunks)
    threads = [chunk.get("threads") if isinstance(chunk, dict) else None for chunk in chunks]
    return sum(len(one) if isinstance(one, list) and one else 1 for one in threads)
