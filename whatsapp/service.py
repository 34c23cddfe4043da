"""WhatsAppService: the contract of the integration design, a thin face on inbox, outbox and the Graph API.

Promises: everything happens inside the one clinic it was made for; ids of another clinic's rows are unknown here.
`send_message` queues and returns at once; whether it arrived is told by `get_message_status` later.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from atendeai.celery import wake
from atendeai.common import clock, phones
from atendeai.common.errors import NotConfigured, Rejected
from clinics import credentials
from clinics.credentials import Name
from clinics.models import Clinic
from whatsapp import cloud_api, contacts, inbox, media, outbox, window
from whatsapp.cloud_api.accounts import AccountApi
from whatsapp.models import Author, Conversation, Direction, MediaFile, Message, MessageState, Number
from whatsapp.payloads import Identity
from whatsapp.signature import signing_secret


class OutsideWindow(Rejected):
    """The person has not written for 24 hours: only a template may be sent."""


@dataclass(frozen=True)
class StateReport:
    """That a message reached a state; `at` None when nobody said when."""

    state: str
    at: datetime | None
    error_code: str = ""


@dataclass(frozen=True)
class MessageStatus:
    """Where a message stands, and how it came there, oldest first."""

    id: int
    state: str
    history: tuple[StateReport, ...]


@dataclass(frozen=True)
class StoredDelivery:
    """A raw call that is kept and will be worked. `signed_by_clinic`: with the clinic's own secret."""

    size_bytes: int
    signed_by_clinic: bool


@dataclass(frozen=True)
class WebhookSetting:
    """What Meta says after the change; `is_confirmed` when it names the address that was asked for."""

    account_id: str
    url: str
    is_confirmed: bool


class WhatsAppService:
    """One clinic's WhatsApp. Raises Clinic.DoesNotExist for an unknown or inactive clinic."""

    def __init__(self, clinic_id: int) -> None:
        self.clinic = Clinic.objects.get(pk=clinic_id, is_active=True)

    def send_message(
        self,
        recipient: str,
        message: str | Mapping[str, Any],
        type: str = "text",
        *,
        number: Number | None = None,
    ) -> Message:
        """Queues a message; the row tells its `id` and `state`.

        `recipient`: `+55…` or a business-scoped id. `message`: a text, or for type "buttons", "list" or "template" a
        dict with the fields of that content. `number` is needed only by a clinic with several. Raises ContentError
        (content or recipient cannot be), OutsideWindow, NotConfigured (no number). Stores the row; a worker sends it.
        """
        return self.send(recipient, _content(message, type), now=clock.now(), number=number)

    def send(
        self,
        recipient: str,
        content: cloud_api.OutboundContent,
        *,
        now: datetime,
        number: Number | None = None,
    ) -> Message:
        """The same with typed content; makes contact and conversation of somebody new."""
        identity = _identity(recipient)
        with transaction.atomic():
            conversation = self._conversation(identity, number or self._only_number())
            return self.send_in(conversation, content, now=now)

    def send_in(self, conversation: Conversation, content: cloud_api.OutboundContent, *, now: datetime) -> Message:
        """The same, in a conversation of the clinic."""
        self._check_window(conversation, content, now)
        return outbox.queue(conversation=conversation, content=content, author=Author.API, now=now)

    def send_file(self, recipient: str | Conversation, file: MediaFile, *, now: datetime, caption: str = "") -> Message:
        """Queues a stored file of the clinic (`whatsapp.media.keep`); raises what `send` and `send_in` raise."""
        content = media.content_for(file, caption=caption if media.takes_caption(file) else "")
        with transaction.atomic():
            conversation = recipient
            if isinstance(conversation, str):
                conversation = self._conversation(_identity(conversation), self._only_number())
            self._check_window(conversation, content, now)
            return outbox.queue(conversation=conversation, content=content, author=Author.API, now=now, file=file)

    def process_webhook(self, payload: bytes, signature: str | None) -> StoredDelivery:
        """Keeps a delivery for the workers, if the clinic's own secret or else the installation's signed these bytes.

        Raises Rejected("bad_signature") and then stores nothing; DatabaseError when it cannot be stored.
        """
        own = credentials.find(clinic=self.clinic, name=Name.WHATSAPP_APP_SECRET)
        secrets = (own,) if own else tuple(settings.WHATSAPP_APP_SECRETS)
        if len(payload) > settings.WEBHOOK_MAX_BYTES:
            raise Rejected("whatsapp", "webhook", code="too_large")
        if signing_secret(signature, payload, secrets) is None:
            raise Rejected("whatsapp", "webhook", code="bad_signature")
        inbox.store(body=payload, signed_by=self.clinic.pk if own else None)
        wake("whatsapp.unpack")
        return StoredDelivery(size_bytes=len(payload), signed_by_clinic=own is not None)

    def get_message_status(self, message_id: int) -> MessageStatus:
        """State and history from our rows, which the provider's webhooks fill. Message.DoesNotExist otherwise."""
        rows = Message.objects.for_clinic(self.clinic).filter(direction=Direction.OUT)
        message = rows.prefetch_related("events").get(pk=message_id)
        return MessageStatus(message.pk, message.state, history(message))

    def set_webhook(self, url: str, verify_token: str) -> WebhookSetting:
        """Has Meta send the clinic's messages to `url`, which must answer its challenge at once; then asks Meta back.

        Raises any IntegrationError; Rejected 2200 when the address did not answer as it should.
        """
        token = credentials.use(clinic=self.clinic, name=Name.WHATSAPP_ACCESS_TOKEN, operation="subscribed_apps")
        account_id = self._account_id()
        base, version = settings.GRAPH_API_BASE_URL, settings.GRAPH_API_VERSION
        api = AccountApi(base, version, token, account_id, self.clinic.pk)
        if not api.callbacks():
            api.subscribe()
        api.override(url, verify_token)
        return WebhookSetting(account_id, url, is_confirmed=url in api.callbacks())

    def _check_window(self, conversation: Conversation, content: cloud_api.OutboundContent, now: datetime) -> None:
        if not isinstance(content, cloud_api.Template) and not window.is_open(conversation, now=now):
            raise OutsideWindow(
                "whatsapp", "messages", code=cloud_api.OUTSIDE_WINDOW, detail="outside the 24-hour window"
            )

    def _account_id(self) -> str:
        configured = credentials.find(clinic=self.clinic, name=Name.WHATSAPP_BUSINESS_ACCOUNT_ID)
        account_id = configured or self._only_number().account_id
        if not account_id:
            raise NotConfigured("whatsapp", "subscribed_apps", code=Name.WHATSAPP_BUSINESS_ACCOUNT_ID)
        return account_id

    def _only_number(self) -> Number:
        numbers = list(Number.objects.for_clinic(self.clinic).filter(is_active=True)[:2])
        if len(numbers) != 1:
            detail = "the clinic has no active number" if not numbers else "several numbers: say which"
            raise NotConfigured("whatsapp", "messages", code="number", detail=detail)
        return numbers[0]

    def _conversation(self, identity: Identity, number: Number) -> Conversation:
        if number.clinic_id != self.clinic.pk:
            raise NotConfigured("whatsapp", "messages", code="number", detail="not a number of this clinic")
        # A known contact keeps the form of the number that WhatsApp told us.
        contact = contacts.find(self.clinic.pk, identity)
        if contact is None:
            now = clock.now()
            contact = contacts.resolve(number, identity, at=now, now=now)
        conversation, _ = Conversation.objects.get_or_create(
            number=number, contact=contact, defaults={"clinic": self.clinic}
        )
        return conversation


def history(message: Message) -> tuple[StateReport, ...]:
    """What is known of an outgoing message's way, oldest first. Needs `message.events`."""
    reports = [StateReport(MessageState.QUEUED, message.created_at)]
    events = [StateReport(event.state, event.at, event.error_code) for event in message.events.all()]
    told = {report.state for report in events}
    if message.sent_at is not None and MessageState.SENT not in told:
        reports.append(StateReport(MessageState.SENT, message.sent_at))
    reports += events
    if message.state not in told | {report.state for report in reports}:
        reports.append(StateReport(message.state, None, message.error_code))
    return tuple(reports)


def _content(message: str | Mapping[str, Any], kind: str) -> cloud_api.OutboundContent:
    if isinstance(message, str):
        if kind != "text":
            raise cloud_api.ContentError("message", f"must be an object for the type {kind}")
        return cloud_api.Text(message)
    return cloud_api.from_json({**message, "kind": kind})


def _identity(recipient: str) -> Identity:
    if phones.is_user_id(recipient):
        return Identity(user_id=recipient, parent_user_id=None, wa_id=None)
    try:
        return Identity(user_id=None, parent_user_id=None, wa_id=phones.digits(phones.to_e164(recipient)))
    except ValueError:
        raise cloud_api.ContentError("recipient", "is neither a phone number nor a user id") from None
