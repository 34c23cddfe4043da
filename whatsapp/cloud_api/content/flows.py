"""A text with one button that opens a form (a Flow) inside WhatsApp.

**Source**: Meta, WhatsApp Flows, Sending a Flow, message version 3.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from whatsapp.cloud_api.content.base import OutboundContent
from whatsapp.cloud_api.content.checks import ContentError, among, no_emoji, one_of, within
from whatsapp.cloud_api.content.framing import Header, check_frame, interactive

VERSION = "3"


@dataclass(frozen=True)
class Flow(OutboundContent):
    """`flow_id` or `flow_name`. `screen` and its `data` (not empty when given) belong to the action "navigate"."""

    kind: ClassVar[str] = "flow"
    body: str
    cta: str
    flow_id: str = ""
    flow_name: str = ""
    token: str = "unused"  # noqa: S105 - Meta's own default, no secret
    mode: str = "published"
    action: str = "navigate"
    screen: str = ""
    data: Mapping[str, Any] | None = field(default=None, hash=False)
    header: Header = ""
    footer: str = ""

    def __post_init__(self) -> None:
        check_frame(self.body, self.header, self.footer)
        within("cta", self.cta, 30)
        no_emoji("cta", self.cta)
        one_of({"flow_id": self.flow_id, "flow_name": self.flow_name})
        within("token", self.token, 200)
        among("mode", self.mode, ("draft", "published"))
        among("action", self.action, ("navigate", "data_exchange"))
        self._check_start()

    def _check_start(self) -> None:
        if self.data is not None and not self.data:
            raise ContentError("data", "is empty: leave it out")
        if self.data is not None and not self.screen:
            raise ContentError("screen", "is needed with data")
        if self.screen and self.action != "navigate":
            raise ContentError("screen", "belongs to the action navigate only")

    def payload(self) -> dict[str, Any]:
        which = {"flow_id": self.flow_id} if self.flow_id else {"flow_name": self.flow_name}
        parameters: dict[str, Any] = {
            "flow_message_version": VERSION,
            **which,
            "flow_cta": self.cta,
            "flow_token": self.token,
            "mode": self.mode,
            "flow_action": self.action,
        }
        if self.screen:
            start = {"screen": self.screen} | ({"data": dict(self.data)} if self.data else {})
            parameters["flow_action_payload"] = start
        return interactive("flow", {"name": "flow", "parameters": parameters}, self.body, self.header, self.footer)

    def words(self) -> str:
        return self.body
