"""What does Meta say when a patient sends a file? The message object of its kind, with id, hash and address."""

from __future__ import annotations

import base64
import binascii

from sandbox import media
from sandbox.graph.media_limits import INBOUND_BYTES, MOST_BYTES, kind_from_patient
from sandbox.simulator import Simulator
from sandbox.store import Json, Row

FIELDS = {"name", "mime_type", "base64", "voice", "caption", "kind"}


def file_message(simulator: Simulator, number: Row, file: object) -> Json:
    """`file`: {"name", "mime_type", "base64", "voice"?, "caption"?, "kind"?}; raises ValueError in words."""
    if not isinstance(file, dict) or not set(file) <= FIELDS or not {"mime_type", "base64"} <= set(file):
        raise ValueError(f"file must be an object with mime_type and base64, and may have {', '.join(sorted(FIELDS))}")
    content = _content(file["base64"])
    if len(content) > INBOUND_BYTES:
        return _too_large()
    kind = file.get("kind") or kind_from_patient(str(file["mime_type"]))
    if kind not in MOST_BYTES:
        raise ValueError(f"kind must be one of {', '.join(MOST_BYTES)}")
    row = media.keep(simulator, number, content, str(file["mime_type"]), is_upload=False)
    return {"type": kind, kind: _node(simulator, row, kind, file, content)}


def _content(text: object) -> bytes:
    try:
        content = base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except binascii.Error as error:
        raise ValueError(f"base64 cannot be read: {error}") from error
    if not content:
        raise ValueError("base64 must hold at least one byte")
    return content


def _node(simulator: Simulator, row: Row, kind: str, file: Json, content: bytes) -> Json:
    node: Json = {"id": row["id"], "mime_type": row["mime_type"], "sha256": media.base64_hash(row)}
    node["url"] = media.new_url(simulator, row["id"])
    if kind == "audio":
        node["voice"] = bool(file.get("voice"))
    if kind == "sticker":
        node["animated"] = content[12:16] == b"VP8X" and bool(content[20:21] and content[20] & 0x02)
    if kind == "document":
        node["filename"] = str(file.get("name") or "arquivo")
    if file.get("caption") and kind not in ("audio", "sticker"):
        node["caption"] = str(file["caption"])
    return node


def _too_large() -> Json:
    error = {
        "code": 131052,
        "title": "Media download error",
        "message": "Media download error",
        "error_data": {"details": "File size is greater than the maximum of 100 MB."},
    }
    return {"type": "unsupported", "errors": [error], "unsupported": {"type": "unknown"}}
