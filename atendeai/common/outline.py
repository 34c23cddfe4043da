"""What shape has this JSON, and nothing of what it says?

For people who look into a call that could not be worked. Field names, kinds and the provider's own words for states
stay; texts become their length, long numbers and everything personal disappear. Too little rather than too much.
"""

import json
import re
from typing import Any

# Fields that hold one of the provider's own words, or when.
_TELLING = frozenset(
    {"object", "field", "messaging_product", "kind", "type", "status", "event", "code", "category", "timestamp"}
)
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,39}")
_MOMENT = re.compile(r"\d{10}(\d{3})?")
_SHORT = 10**7  # no telephone number, no id
MOST_ITEMS, MOST_DEPTH, MOST_LINES = 20, 12, 300


def outline(text: str | bytes) -> str:
    """Indented JSON-like lines, at most MOST_LINES; for what is no JSON only how long it is."""
    try:
        shape = _shape(json.loads(text), "", 0)
    except (ValueError, RecursionError):
        return f"({len(text)})"
    lines = json.dumps(shape, indent=2, ensure_ascii=False).splitlines()
    return "\n".join([*lines[:MOST_LINES], "…"] if len(lines) > MOST_LINES else lines)


def _shape(value: Any, field: str, depth: int) -> Any:
    if depth > MOST_DEPTH:
        return "…"
    if isinstance(value, dict):
        return {_field(name): _shape(part, name, depth + 1) for name, part in list(value.items())[: MOST_ITEMS * 2]}
    if isinstance(value, list):
        shown = [_shape(part, field, depth + 1) for part in value[:MOST_ITEMS]]
        return [*shown, f"… {len(value)}"] if len(value) > MOST_ITEMS else shown
    return _scalar(value, field)


def _field(name: str) -> str:
    return name if _FIELD.fullmatch(name) else f"… ({len(name)})"


def _scalar(value: Any, field: str) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value if abs(value) < _SHORT or field == "timestamp" else "…"
    if field == "timestamp" and _MOMENT.fullmatch(value):
        return value
    is_known = field in _TELLING and _WORD.fullmatch(value)
    return value if is_known else f"… ({len(value)})"
