"""The frame of an interactive message: header, body, footer and what can be done.

**Source**: Meta, Cloud API, Interactive messages, v24.0-v26.0.
"""

from typing import Any

from whatsapp.cloud_api.content.checks import ContentError, within
from whatsapp.cloud_api.content.media import Document, Image, Video

LONGEST_BODY = 1024
LONGEST_EDGE = 60

# A text, or a file above the message.
Header = str | Image | Video | Document


def check_frame(body: str, header: Header, footer: str, *, most: int = LONGEST_BODY) -> None:
    """The three texts around the action."""
    within("body", body, most)
    within("footer", footer, LONGEST_EDGE, optional=True)
    if isinstance(header, str):
        within("header", header, LONGEST_EDGE, optional=True)
    elif header.caption:
        raise ContentError("header.caption", "a file in a header has none")


def interactive(kind: str, action: dict[str, Any], body: str, header: Header = "", footer: str = "") -> dict[str, Any]:
    """The payload of an interactive message; `kind` in Meta's word."""
    message: dict[str, Any] = {"type": kind, "body": {"text": body}, "action": action}
    if header:
        message["header"] = _header(header)
    if footer:
        message["footer"] = {"text": footer}
    return {"type": "interactive", "interactive": message}


def _header(header: Header) -> dict[str, Any]:
    if isinstance(header, str):
        return {"type": "text", "text": header}
    return {"type": header.kind, header.kind: header.node()}
