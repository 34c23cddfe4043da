"""Does a message of this number really arrive? One to a phone that the owner types, by the same way as every other.

Free text while that person has written within 24 hours; else `hello_world`, the sample that Meta gives every account.
"""

from datetime import datetime

from django.db import transaction

from atendeai.common import phones
from clinics import audit
from clinics.audit import Actor
from clinics.models import User
from whatsapp import contacts, outbox, window
from whatsapp.cloud_api import Template, Text
from whatsapp.models import Author, Conversation, Message, Number
from whatsapp.onboarding.noting import note
from whatsapp.onboarding.steps import State
from whatsapp.payloads import Identity

SAMPLE = Template("hello_world", language="en_US")
SAMPLE_SHOWN = "[hello_world]"
TEXT = "Mensagem de teste do AtendeAí: o número da clínica está enviando. ✅"


class CannotTry(Exception):
    """`code`: "phone" for what is no telephone number, else why the number sends nothing."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def send_test(*, number: Number, phone: str, by: User, now: datetime) -> Message:
    """Queues the test message; the step `test` follows its state. Raises `CannotTry`."""
    if number.blocked_code or not number.is_active:
        raise CannotTry(number.blocked_code or "inactive")
    try:
        wa_id = phones.digits(phones.to_e164(phone))
    except ValueError:
        raise CannotTry("phone") from None
    with transaction.atomic():
        conversation = _conversation(number, Identity(wa_id=wa_id), now)
        is_open = window.is_open(conversation, now=now)
        message = outbox.queue(
            conversation=conversation,
            content=Text(TEXT) if is_open else SAMPLE,
            body=TEXT if is_open else SAMPLE_SHOWN,
            author=Author.STAFF,
            staff=by,
            now=now,
        )
        note(number, "test", State.WAITING, now=now, detail=str(message.pk))
        audit.record(clinic=number.clinic, action="number_tested", target=number, by=Actor("user", by.pk), now=now)
    return message


def _conversation(number: Number, person: Identity, now: datetime) -> Conversation:
    contact = contacts.find(number.clinic_id, person) or contacts.resolve(number, person, at=now, now=now)
    conversation, _ = Conversation.objects.get_or_create(
        number=number, contact=contact, defaults={"clinic": number.clinic}
    )
    return conversation
