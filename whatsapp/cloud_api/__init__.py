"""The Graph API calls we use, typed in and out.

**Source**: Meta, WhatsApp Cloud API reference, v24.0-v26.0; error codes page of 2025-12.
"""

from whatsapp.cloud_api.client import CloudApi, Recipient, Sent, Waits
from whatsapp.cloud_api.codes import (
    OUTSIDE_WINDOW,
    PAIR_LIMIT,
    UNDELIVERABLE,
    error_class,
    pair_wait_seconds,
)
from whatsapp.cloud_api.content import (
    Button,
    Buttons,
    ContentError,
    ListMessage,
    OutboundContent,
    Row,
    Section,
    Template,
    Text,
    from_json,
    to_json,
)

__all__ = [
    "OUTSIDE_WINDOW",
    "PAIR_LIMIT",
    "UNDELIVERABLE",
    "Button",
    "Buttons",
    "CloudApi",
    "ContentError",
    "ListMessage",
    "OutboundContent",
    "Recipient",
    "Row",
    "Section",
    "Sent",
    "Template",
    "Text",
    "Waits",
    "error_class",
    "from_json",
    "pair_wait_seconds",
    "to_json",
]
