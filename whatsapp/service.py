"""WhatsAppService: the contract of the integration design, a thin face on inbox, outbox and the Graph API.

Promises: everything happens inside the one clinic it was made for; ids of another clinic's rows are unknown here.
`send_message` queues and returns at once; whether it arrived is told by `get_message_status` later.
"""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from atendeai.celery import wake
from atendeai.common import clock, phones
from atendeai.common.errors import NotConfigured, Rejected
from clinics import credentials
from clinics.credentials import Name
from clinics.models import Clinic
from whatsapp import callbacks, cloud_api, contacts, inbox, media, outbox, template_choice, window
from whatsapp.models import Author, Conversation, Direction, MediaFile, Message, MessageState, Number, Template
from whatsapp.payloads import Identity
from whatsapp.signature import signing_secret


class OutsideWindow(Rejected):
    """The person has not written for 24 hours: only a template may be sent. `templates`: the approved ones that fit."""

    templates: tuple[Template, ...] = ()


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


class WhatsAppService:
    """One clinic's WhatsApp. Raises Clinic.DoesNotExist for an unknown or inactive clinic."""

    def __init__(self, clinic_id: int) -> None:
        self.clinic = Clinic.objects.get(pk=clinic_id, is_active=True)

    def send_message(
        self,
        recipient: str,
        message: cloud_api.Told,
        type: str = "text",
        *,
        number: Number | None = None,
        context: str = "",
    ) -> Message:
        """Queues a message; the row tells its `id` and `state`.

        `recipient`: `+55…` or a business-scoped id. `message`: a text, or a dict with the fields of the type's content
        (`whatsapp.cloud_api.content`; also in Meta's own shape, for "interactive", "template" and "contacts").
        `number` is needed only by a clinic with several. `context`: the wamid that is answered. Raises ContentError
        (naming the field of content or recipient that cannot be), OutsideWindow, NotConfigured (no number). Stores the
        row; a worker sends it.
        """
        content = cloud_api.from_told(message, type)
        return self.send(recipient, content, now=clock.now(), number=number, context=context)

    def send(
        self,
        recipient: str,
        content: cloud_api.OutboundContent,
        *,
        now: datetime,
        number: Number | None = None,
        context: str = "",
        file: MediaFile | None = None,
    ) -> Message:
        """The same with typed content; makes contact and conversation of somebody new. `file`: a stored one of the
        clinic, above buttons, a form or a template."""
        identity = _identity(recipient)
        with transaction.atomic():
            conversation = self._conversation(identity, number or self._only_number())
            return self.send_in(conversation, content, now=now, context=context, file=file)

    def send_in(
        self,
        conversation: Conversation,
        content: cloud_api.OutboundContent,
        *,
        now: datetime,
        context: str = "",
        file: MediaFile | None = None,
    ) -> Message:
        """The same, in a conversation of the clinic."""
        if file is not None:
            content = media.with_header(content, file)
        self._check_window(conversation, content, now)
        body = template_choice.told(conversation, content) if isinstance(content, cloud_api.Template) else None
        return outbox.queue(
            conversation=conversation,
            content=content,
            author=Author.API,
            now=now,
            body=body,
            context=context,
            file=file,
        )

    def send_file(
        self,
        recipient: str | Conversation,
        file: MediaFile,
        *,
        now: datetime,
        caption: str = "",
        context: str = "",
    ) -> Message:
        """Queues a stored file of the clinic (`whatsapp.media.keep`); raises what `send` and `send_in` raise."""
        content = media.content_for(file, caption=caption if media.takes_caption(file) else "")
        with transaction.atomic():
            conversation = recipient
            if isinstance(conversation, str):
                conversation = self._conversation(_identity(conversation), self._only_number())
            self._check_window(conversation, content, now)
            return outbox.queue(
                conversation=conversation, content=content, author=Author.API, now=now, file=file, context=context
            )

    def process_webhook(self, payload: bytes, signature: str | None) -> StoredDelivery:
        """Keeps a delivery for the workers, if the clinic's own secret or else the installation's signed these bytes.

        Raises Rejected("bad_signature") and then stores nothing; NotConfigured when the clinic's secret cannot be
        read; DatabaseError when it cannot be stored.
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

    def set_webhook(
        self, url: str, verify_token: str, *, level: callbacks.Level = "account", number: Number | None = None
    ) -> callbacks.WebhookSetting:
        """Has Meta send the clinic's messages to `url`, which must answer its challenge at once; then asks Meta back.

        `level`: of the whole business account, or of one number, which goes before it. "" takes the address away. The
        result tells what goes there, and what goes to the Meta app's address all the same. Raises any
        IntegrationError; Rejected 2200 when the address did not answer as it should.
        """
        return callbacks.direct(
            clinic=self.clinic,
            number=self._own(number) if number else self._only_number(),
            url=url,
            verify_token=verify_token,
            level=level,
        )

    def _check_window(self, conversation: Conversation, content: cloud_api.OutboundContent, now: datetime) -> None:
        if not isinstance(content, cloud_api.Template) and not window.is_open(conversation, now=now):
            refusal = OutsideWindow(
                "whatsapp", "messages", code=cloud_api.OUTSIDE_WINDOW, detail="outside the 24-hour window"
            )
            refusal.templates = tuple(template_choice.fitting(conversation))
            raise refusal
        if isinstance(content, cloud_api.Template) and (code := template_choice.refusal(conversation, content)):
            raise Rejected("whatsapp", "messages", code=code, detail="this template cannot be sent now")

    def _only_number(self) -> Number:
        numbers = list(Number.objects.for_clinic(self.clinic).filter(is_active=True)[:2])
        if len(numbers) != 1:
            detail = "the clinic has no active number" if not numbers else "several numbers: say which"
            raise NotConfigured("whatsapp", "messages", code="number", detail=detail)
        return numbers[0]

    def _own(self, number: Number) -> Number:
        if number.clinic_id != self.clinic.pk:
            raise NotConfigured("whatsapp", "messages", code="number", detail="not a number of this clinic")
        return number

    def _conversation(self, identity: Identity, number: Number) -> Conversation:
        self._own(number)
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


def _identity(recipient: str) -> Identity:
    if phones.is_user_id(recipient):
        return Identity(user_id=recipient, parent_user_id=None, wa_id=None)
    try:
        return Identity(user_id=None, parent_user_id=None, wa_id=phones.digits(phones.to_e164(recipient)))
    except ValueError:
        raise cloud_api.ContentError("recipient", "is neither a phone number nor a user id") from None
