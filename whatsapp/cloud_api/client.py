"""How do we speak to Meta's Graph API?

Promises: a call either returns what Meta confirmed or raises an `IntegrationError` whose class is the retry
decision. There is no idempotency key: a send that ends in `OutcomeUnknown` may have arrived, so every send
carries our own `tracker`, which comes back in its status webhooks.

**Source**: Meta, WhatsApp Cloud API reference, Messages and Phone Numbers, v24.0-v26.0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from atendeai.common.errors import NotConfigured, OutcomeUnknown
from atendeai.common.phones import digits
from whatsapp.cloud_api.asking import ask
from whatsapp.cloud_api.content import ContentError, OutboundContent, Reaction

LONGEST_WAMID = 256
_OF_THE_NUMBER = ("phone_number", "webhook_configuration")
# Hints with little patience; and a call that waits for our own address as much as for Meta.
_UNJUDGED = ("mark_read", "webhook_configuration")
# Meta asks our own address while we wait.
CHALLENGE_SECONDS = 20.0


@dataclass(frozen=True)
class Waits:
    """How long a call may take, in seconds: to connect, and between two reads."""

    connect_seconds: float = 3.0
    read_seconds: float = 10.0


@dataclass(frozen=True)
class Recipient:
    """Whom to write to: `wa_id` (digits, exactly as Meta gave them) or `user_id`; of both, the phone."""

    wa_id: str | None = None
    user_id: str | None = None

    def __post_init__(self) -> None:
        # A user id in `to` is accepted by Meta and then lost without a word.
        if self.wa_id is not None and not digits(self.wa_id):
            raise ContentError("recipient.wa_id", "is not a phone number")
        if not (self.wa_id or self.user_id):
            raise ContentError("recipient", "is empty")

    def payload(self) -> dict[str, str]:
        # Without "+" Meta would put the business's own country code in front.
        return {"to": f"+{digits(self.wa_id)}"} if self.wa_id else {"recipient": self.user_id or ""}


@dataclass(frozen=True)
class Sent:
    """Accepted by Meta, no more: failure may still come as a status. `wa_id` is the canonical form."""

    wamid: str
    wa_id: str | None
    user_id: str | None
    message_status: str


class CloudApi:
    """One clinic's number at Meta. Cheap to make; holds the token, so keep it no longer than a call needs."""

    def __init__(
        self,
        base_url: str,
        version: str,
        access_token: str,
        phone_number_id: str,
        clinic_id: int | None,
        waits: Waits | None = None,
    ) -> None:
        if not access_token or not phone_number_id:
            raise NotConfigured("whatsapp", "client", detail="access token or phone_number_id is missing")
        self._url = f"{base_url.rstrip('/')}/{version}/{phone_number_id}"
        self._headers = {"Authorization": f"Bearer {access_token}"}
        self._clinic_id = clinic_id
        self._waits = waits or Waits()

    def __repr__(self) -> str:
        return f"CloudApi(clinic_id={self._clinic_id})"

    def send(
        self,
        recipient: Recipient,
        content: OutboundContent,
        tracker: str,
        context_id: str | None = None,
    ) -> Sent:
        """Send one message; `tracker` (our id, at most 512 characters) comes back in its statuses.

        `context_id`: the wamid that this answers. Raises any IntegrationError; after `OutcomeUnknown` look
        for a status with the tracker before sending again.
        """
        if len(tracker) > 512:
            raise ContentError("tracker", "is longer than %(most)s characters", most=512)
        check_context(content, context_id)
        message = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            **recipient.payload(),
            **content.payload(),
            "biz_opaque_callback_data": tracker,
        }
        if context_id:
            message["context"] = {"message_id": context_id}
        return _sent(self._call("POST", "messages", json=message))

    def mark_read(self, wamid: str, *, typing: bool = False) -> None:
        """Blue ticks for this message and all before it; `typing` shows "typing…" for up to 25 s."""
        notice: dict[str, Any] = {"messaging_product": "whatsapp", "status": "read", "message_id": wamid}
        if typing:
            notice["typing_indicator"] = {"type": "text"}
        self._call("POST", "mark_read", json=notice)

    def phone_number(self, fields: Sequence[str]) -> dict[str, Any]:
        """What Meta holds about the number: the named fields, those that it has."""
        return self._call("GET", "phone_number", params={"fields": ",".join(fields)})

    def callbacks(self) -> dict[str, str]:
        """Where the number's webhooks go, by level: `phone_number`, `whatsapp_business_account`, `application`."""
        found = self.phone_number(["webhook_configuration"]).get("webhook_configuration")
        levels = found if isinstance(found, dict) else {}
        return {str(level): url for level, url in levels.items() if isinstance(url, str) and url}

    def override(self, url: str, verify_token: str) -> None:
        """Sends this number's `messages` to an address of its own, which Meta challenges at once; "" takes it away.

        Rejected (100) while the account is not subscribed, (2200) when the address does not answer as it should.
        """
        wanted = {"override_callback_uri": url, "verify_token": verify_token}
        self._call("POST", "webhook_configuration", json={"webhook_configuration": wanted}, patient=bool(url))

    def _call(self, method: str, operation: str, *, patient: bool = False, **content: Any) -> dict[str, Any]:
        path = "" if operation in _OF_THE_NUMBER else "/messages"
        return ask(
            method,
            self._url + path,
            operation=operation,
            clinic_id=self._clinic_id,
            headers=self._headers,
            connect_seconds=self._waits.connect_seconds,
            read_seconds=CHALLENGE_SECONDS if patient else self._waits.read_seconds,
            is_judged=operation not in _UNJUDGED,
            **content,
        )


def check_context(content: OutboundContent, context_id: str | None) -> None:
    """Whether this content may answer a message: a reaction may not."""
    if context_id and isinstance(content, Reaction):
        raise ContentError("context", "a reaction cannot answer a message")
    if context_id and len(context_id) > LONGEST_WAMID:
        raise ContentError("context", "is longer than %(most)s characters", most=LONGEST_WAMID)


def _sent(answer: dict[str, Any]) -> Sent:
    message = _first(answer.get("messages"))
    contact = _first(answer.get("contacts"))
    wamid = message.get("id")
    if not isinstance(wamid, str) or not wamid:
        raise OutcomeUnknown("whatsapp", "messages", detail="the answer names no message")
    status = message.get("message_status")
    return Sent(
        wamid=wamid,
        wa_id=digits(str(contact.get("wa_id") or "")) or None,
        user_id=str(contact.get("user_id") or "") or None,
        message_status=status if isinstance(status, str) else "accepted",
    )


def _first(array: Any) -> dict[str, Any]:
    first = array[0] if isinstance(array, list) and array else {}
    return first if isinstance(first, dict) else {}
