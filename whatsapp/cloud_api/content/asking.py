"""A text that asks the person for something by one tap: where they are, or their telephone number.

The number comes back as a `contacts` message with `origin: contact_request`; for people whose number WhatsApp hides.

**Source**: Meta, Cloud API, Location request messages; Business-scoped user ids (`request_contact_info`), 2026.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from whatsapp.cloud_api.content.base import OutboundContent
from whatsapp.cloud_api.content.framing import check_frame, interactive


@dataclass(frozen=True)
class _Ask(OutboundContent):
    body: str

    def __post_init__(self) -> None:
        check_frame(self.body, "", "")

    def words(self) -> str:
        return self.body


@dataclass(frozen=True)
class LocationRequest(_Ask):
    """With a button «Enviar localização»."""

    kind: ClassVar[str] = "location_request"

    def payload(self) -> dict[str, Any]:
        return interactive("location_request_message", {"name": "send_location"}, self.body)


@dataclass(frozen=True)
class ContactRequest(_Ask):
    """With a button that shares the person's own number."""

    kind: ClassVar[str] = "contact_request"

    def payload(self) -> dict[str, Any]:
        return interactive("request_contact_info", {"name": "request_contact_info"}, self.body)
