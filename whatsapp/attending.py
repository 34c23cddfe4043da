"""How does a person take a conversation, answer in it and give it back? The use cases behind the portal's chat.

Each locks the conversation's row, as the workers do, so that the assistant and a person never answer at once, and
leaves an audit row (never the text).
"""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from clinics import audit, patients
from clinics.audit import Actor
from clinics.models import Appointment, Clinic, Patient, User
from whatsapp import media, merging, outbox, read_marks, template_choice, window
from whatsapp.cloud_api import ContactRequest, ContentError, Text
from whatsapp.message_templates import ask_phone_text
from whatsapp.models import AWAITS_A_PERSON, Author, Conversation, Handler, MediaFile, Message, Template

MOST_COUNTED = 1000


class CannotAnswer(Exception):
    """The answer cannot be sent; `code`: `empty`, `too_long`, `caption_too_long`, `window_closed`,
    `template` or `value`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def waiting(clinic: Clinic) -> QuerySet[Conversation]:
    """Conversations that wait for a person: handed over to nobody yet, or with messages nobody has seen."""
    return Conversation.objects.for_clinic(clinic).filter(AWAITS_A_PERSON)


def count_waiting(clinic: Clinic) -> int:
    """How many these are; MOST_COUNTED + 1 when they are more. Every page of the portal asks."""
    return waiting(clinic).order_by()[: MOST_COUNTED + 1].count()


def take_over(*, clinic: Clinic, conversation: Conversation, by: User, now: datetime) -> Conversation:
    """From now on this person answers and the assistant is silent. Taking one's own again changes nothing."""
    with transaction.atomic():
        current = locked(clinic, conversation)
        if current.handler == Handler.PERSON and current.attendant_id == by.pk:
            return current
        _take(current, by, now)
        current.save(update_fields=["handler", "attendant"])
    return current


def answer(
    *, clinic: Clinic, conversation: Conversation, text: str, by: User, now: datetime, context: str = ""
) -> Message:
    """The queued message. Answering takes the conversation over. Raises `CannotAnswer`; then nothing has changed.

    `context`: the wamid of the message that is answered.
    """
    content = _content(text)
    with transaction.atomic():
        current = begin_answer(clinic, conversation, by, now)
        message = outbox.queue(
            conversation=current, content=content, author=Author.STAFF, now=now, staff=by, context=context
        )
        record("conversation_answered", current, by, now)
    return message


def answer_with_template(
    *,
    clinic: Clinic,
    conversation: Conversation,
    template: Template,
    values: Mapping[str, str],
    appointment: Appointment | None,
    by: User,
    now: datetime,
) -> Message:
    """The same with an approved template, window or not. `appointment`: what its buttons then speak of.

    Raises `CannotAnswer`: `template` (it cannot be sent), `value` (one is missing or does not fit).
    """
    payloads = template_choice.payloads_for(template, appointment) if appointment else {}
    try:
        filled = template_choice.fill(template, values, payloads)
    except ContentError:
        raise CannotAnswer("value") from None
    with transaction.atomic():
        current = locked(clinic, conversation)
        if template_choice.refusal(current, filled.content) or template.status != template_choice.APPROVED:
            raise CannotAnswer("template")
        if current.handler != Handler.PERSON or current.attendant_id != by.pk:
            _take(current, by, now)
        current.unread = 0
        current.save(update_fields=["handler", "attendant", "unread"])
        message = outbox.queue(
            conversation=current, content=filled.content, body=filled.words, author=Author.STAFF, now=now, staff=by
        )
        record("conversation_answered", current, by, now)
    return message


def answer_with_file(
    *,
    clinic: Clinic,
    conversation: Conversation,
    file: MediaFile,
    text: str,
    by: User,
    now: datetime,
    context: str = "",
) -> Message:
    """The same with a stored file of the clinic; the text goes under it, or after it where WhatsApp shows none there.

    Raises `CannotAnswer`, also `caption_too_long`; then nothing has changed.
    """
    after = None
    if not media.takes_caption(file) and text.strip():
        after, text = _content(text), ""
    try:
        content = media.content_for(file, caption=_clean(text))
    except ContentError:
        raise CannotAnswer("caption_too_long") from None
    with transaction.atomic():
        current = begin_answer(clinic, conversation, by, now)
        message = outbox.queue(
            conversation=current,
            content=content,
            author=Author.STAFF,
            now=now,
            staff=by,
            file=file,
            context=context,
        )
        if after is not None:
            outbox.queue(conversation=current, content=after, author=Author.STAFF, now=now, staff=by)
        record("conversation_answered", current, by, now)
    return message


def begin_answer(clinic: Clinic, conversation: Conversation, by: User, now: datetime) -> Conversation:
    """The conversation, locked and this person's own from now on; CannotAnswer when its window is closed."""
    current = locked(clinic, conversation)
    if not window.is_open(current, now=now):
        raise CannotAnswer("window_closed")
    if current.handler != Handler.PERSON or current.attendant_id != by.pk:
        _take(current, by, now)
    current.unread = 0
    current.save(update_fields=["handler", "attendant", "unread"])
    read_marks.want(current.pk)
    return current


def give_back(*, clinic: Clinic, conversation: Conversation, by: User, now: datetime) -> Conversation:
    """The assistant answers again, from the beginning: what was half said to it is forgotten."""
    with transaction.atomic():
        current = locked(clinic, conversation)
        if current.handler == Handler.BOT:
            return current
        current.handler, current.attendant, current.handover_reason, current.state = Handler.BOT, None, "", {}
        current.save(update_fields=["handler", "attendant", "handover_reason", "state"])
        record("conversation_returned", current, by, now)
    return current


def mark_seen(*, clinic: Clinic, conversation: Conversation) -> None:
    """Somebody has the chat on the screen; the patient sees blue ticks."""
    rows = Conversation.objects.for_clinic(clinic).filter(pk=conversation.pk, unread__gt=0)
    if rows.update(unread=0):
        read_marks.want(conversation.pk)


def is_typing(*, clinic: Clinic, conversation: Conversation, now: datetime) -> None:
    """Somebody writes an answer: the patient sees it, unless the chat is closed anyway."""
    if conversation.clinic_id == clinic.pk and window.is_open(conversation, now=now):
        read_marks.want_typing(conversation=conversation, now=now)


def register_patient(*, clinic: Clinic, conversation: Conversation, name: str, by: User, now: datetime) -> Patient:
    """Makes who writes a patient of the clinic; the known one if they are one already."""
    with transaction.atomic():
        contact = locked(clinic, conversation).contact
        if contact.patient is not None:
            return contact.patient
        phone = f"+{contact.wa_id}" if contact.wa_id else ""
        patient = patients.register(clinic=clinic, name=name, phone=phone, by=Actor("user", by.pk), now=now)
        contact.patient = patient
        contact.save(update_fields=["patient"])
    return patient


def ask_phone(*, clinic: Clinic, conversation: Conversation, by: User, now: datetime) -> Message:
    """Asks who writes without a number for it, by WhatsApp's own button. Raises `CannotAnswer` (`window_closed`)."""
    with transaction.atomic():
        current = begin_answer(clinic, conversation, by, now)
        content = ContactRequest(ask_phone_text(clinic.name))
        message = outbox.queue(conversation=current, content=content, author=Author.STAFF, now=now, staff=by)
        record("phone_asked", current, by, now)
    return message


def take_phone(*, clinic: Clinic, conversation: Conversation, by: User, now: datetime) -> None:
    """The patient's record gets the number that they write from; nothing when either is missing."""
    with transaction.atomic():
        contact = locked(clinic, conversation).contact
        if contact.patient is not None and contact.wa_id:
            actor = Actor("user", by.pk)
            patients.learn_phone(patient=contact.patient, phone=f"+{contact.wa_id}", by=actor, now=now)


def locked(clinic: Clinic, conversation: Conversation) -> Conversation:
    """The chat's row, held until the transaction ends; the one that stands, if it was merged."""
    rows = Conversation.objects.for_clinic(clinic).select_related("clinic", "contact__patient")
    current = rows.select_for_update(of=("self",)).get(pk=conversation.pk)
    # Merged while the page was open: the chat that stands is meant.
    return current if current.merged_into_id is None else locked(clinic, merging.standing_chat(current))


def _take(conversation: Conversation, by: User, now: datetime) -> None:
    conversation.handler, conversation.attendant = Handler.PERSON, by
    record("conversation_taken", conversation, by, now)


def _content(text: str) -> Text:
    text = _clean(text)
    if not text:
        raise CannotAnswer("empty")
    try:
        return Text(text)
    except ContentError:
        raise CannotAnswer("too_long") from None


def _clean(text: str) -> str:
    return text.replace("\x00", "").replace("\r\n", "\n").strip()


def record(action: audit.Action, conversation: Conversation, by: User, now: datetime) -> None:
    """What the person did, for the audit."""
    audit.record(clinic=conversation.clinic, action=action, target=conversation, by=Actor("user", by.pk), now=now)
