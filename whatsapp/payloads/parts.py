"""How is one value of a payload read when any of it may be missing, of another type, or hostile?

Promises: never raises; what comes out fits a text column (no NUL, no lone surrogate, bounded).
"""

import hashlib
import json
import re
from datetime import UTC, datetime
from typing import Any

_SECONDS = re.compile(r"[0-9]{1,11}", re.ASCII)
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
_ID = re.compile(r"[\x21-\x7e]{1,255}")


def mapping(value: Any) -> dict[str, Any]:
    """The object itself; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def array(value: Any) -> list[Any]:
    """The array itself; an empty one for anything else."""
    return value if isinstance(value, list) else []


def text(value: Any, most: int = 65536) -> str:
    """Words for a column; "" when they are no text."""
    return _UNSTORABLE.sub("\ufffd", value)[:most] if isinstance(value, str) else ""


def identifier(value: Any) -> str:
    """An id as printable ASCII of at most 255 characters (numbers become text); "" when it is none."""
    written = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return written if isinstance(written, str) and _ID.fullmatch(written) else ""


def moment(value: Any) -> datetime | None:
    """Aware UTC from Unix seconds, which Meta writes as text in messages and as a number elsewhere."""
    written = identifier(value)
    if not _SECONDS.fullmatch(written) or int(written) == 0:
        return None
    try:
        return datetime.fromtimestamp(int(written), UTC)
    except (ValueError, OverflowError, OSError):  # a year that no calendar has, as from milliseconds
        return None


def fingerprint(*parts: Any) -> str:
    """SHA-256 of the canonical JSON of these values: the id of what has none."""
    canonical = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def is_deeper_than(value: Any, most: int) -> bool:
    """Whether arrays and objects nest further than `most` levels. Not recursive: that is what it protects."""
    level = [value]
    for _ in range(most + 1):
        level = [child for node in level for child in _children(node)]
        if not level:
            return False
    return True


def _children(node: Any) -> list[Any]:
    if isinstance(node, dict):
        return list(node.values())
    return node if isinstance(node, list) else []
