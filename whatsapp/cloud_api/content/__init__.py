"""What we send: one frozen dataclass for each kind, as the JSON that the Graph API takes.

Promises: a content that exists can be sent: the limits are checked when it is made, and breaking one raises
`ContentError`, which names the field and the limit. `to_json`/`from_json` keep a content in the outbox between the two.
"""

from whatsapp.cloud_api.content.asking import ContactRequest, LocationRequest
from whatsapp.cloud_api.content.base import OutboundContent
from whatsapp.cloud_api.content.buttons import Button, Buttons, CtaUrl
from whatsapp.cloud_api.content.cards import (
    Card,
    CardAddress,
    CardEmail,
    CardName,
    CardOrg,
    CardPhone,
    CardUrl,
    Contacts,
)
from whatsapp.cloud_api.content.checks import ContentError
from whatsapp.cloud_api.content.flows import Flow
from whatsapp.cloud_api.content.lists import ListMessage, Row, Section
from whatsapp.cloud_api.content.media import Audio, Document, Image, Media, Sticker, Video
from whatsapp.cloud_api.content.places import Location
from whatsapp.cloud_api.content.reactions import Reaction
from whatsapp.cloud_api.content.storing import KINDS, from_json, to_json
from whatsapp.cloud_api.content.templates import (
    CopyCode,
    FlowStart,
    Named,
    QuickReply,
    Template,
    TemplateButton,
    TemplateHeader,
    UrlPart,
)
from whatsapp.cloud_api.content.text import Text
from whatsapp.cloud_api.content.told import INTERACTIVE, Told, from_told

__all__ = [
    "INTERACTIVE",
    "KINDS",
    "Audio",
    "Button",
    "Buttons",
    "Card",
    "CardAddress",
    "CardEmail",
    "CardName",
    "CardOrg",
    "CardPhone",
    "CardUrl",
    "ContactRequest",
    "Contacts",
    "ContentError",
    "CopyCode",
    "CtaUrl",
    "Document",
    "Flow",
    "FlowStart",
    "Image",
    "ListMessage",
    "Location",
    "LocationRequest",
    "Media",
    "Named",
    "OutboundContent",
    "QuickReply",
    "Reaction",
    "Row",
    "Section",
    "Sticker",
    "Template",
    "TemplateButton",
    "TemplateHeader",
    "Text",
    "Told",
    "UrlPart",
    "Video",
    "from_json",
    "from_told",
    "to_json",
]
