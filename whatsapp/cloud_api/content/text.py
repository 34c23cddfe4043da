"""A plain text.

**Source**: Meta, Cloud API, Text messages, v24.0-v26.0.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from whatsapp.cloud_api.content.base import OutboundContent
from whatsapp.cloud_api.content.checks import within


@dataclass(frozen=True)
class Text(OutboundContent):
    """`preview_url`: show a preview of the first address in it."""

    kind: ClassVar[str] = "text"
    body: str
    preview_url: bool = False

    def __post_init__(self) -> None:
        within("body", self.body, 4096)

    def payload(self) -> dict[str, Any]:
        return {"type": "text", "text": {"body": self.body, "preview_url": self.preview_url}}

    def words(self) -> str:
        return self.body
