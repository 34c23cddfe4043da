"""May the clinic still write freely to this person, and does it cost anything?

Meta takes free text for 24 hours after the person's last message or call; afterwards approved templates only. The times
are columns of the conversation, judged by the `now` that is passed. What does not open the window: past messages that
Meta hands over (`history`), and what was written to a number of the WhatsApp Business app before it was connected.

A message that came through an advert or a page's button opens a free entry point: answered within 24 hours, the 72
hours after the answer cost nothing. It makes messages free, not free text allowed.
"""

from datetime import datetime, timedelta

from django.db.models import Q

from whatsapp.models import Conversation

WINDOW = timedelta(hours=24)
FREE_ENTRY = timedelta(hours=72)
ANSWERED_WITHIN = timedelta(hours=24)


def is_open(conversation: Conversation, *, now: datetime) -> bool:
    """Whether Meta still takes free text. What it would refuse (131047) counts against the number, so ask first."""
    closes = closes_at(conversation)
    return closes is not None and now < closes


def closes_at(conversation: Conversation) -> datetime | None:
    """When it closes, or closed; None when the person never wrote nor called."""
    opened = [at for at in (conversation.last_inbound_at, conversation.last_call_at) if at is not None]
    return max(opened) + WINDOW if opened else None


def open_rows(now: datetime) -> Q:
    """The conversations with an open window, for a query."""
    return Q(last_inbound_at__gt=now - WINDOW) | Q(last_call_at__gt=now - WINDOW)


def is_free(conversation: Conversation, *, now: datetime) -> bool:
    """Whether messages cost nothing because the person came through an advert or a page's button."""
    return conversation.free_until is not None and now < conversation.free_until


def hear(conversation: Conversation, *, at: datetime, is_from_ad: bool = False) -> None:
    """The person wrote, at the provider's time; `is_from_ad`: they came by an advert or a page. The caller saves."""
    if _is_from_before(conversation, at):
        return
    conversation.last_inbound_at = max(conversation.last_inbound_at or at, at)
    if is_from_ad:
        conversation.entered_at = max(conversation.entered_at or at, at)


def hear_call(conversation: Conversation, *, at: datetime) -> None:
    """The person called, at the provider's time; the caller saves."""
    if _is_from_before(conversation, at):
        return
    conversation.last_call_at = max(conversation.last_call_at or at, at)


def _is_from_before(conversation: Conversation, at: datetime) -> bool:
    """Whether it was said to the WhatsApp Business app alone, which shares the number with us only since then."""
    number = conversation.number
    return number.is_coexistence and number.onboarded_at is not None and at < number.onboarded_at


def note_answer(conversation: Conversation, *, now: datetime) -> None:
    """The clinic's message was taken by Meta: the first answer to an entry begins its free time. Writes by itself."""
    entered = conversation.entered_at
    if entered is None or now - entered > ANSWERED_WITHIN or (conversation.free_until or entered) > entered:
        return
    rows = Conversation.objects.for_clinic(conversation.clinic_id).filter(pk=conversation.pk, entered_at=entered)
    rows = rows.filter(Q(free_until__isnull=True) | Q(free_until__lte=entered))
    rows.update(free_until=now + FREE_ENTRY)
