"""What does the inbox show? The conversations at the left, one chat in the middle, the patient at the right."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Case, CharField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Left
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from atendeai.common import phones
from clinics.models import UPCOMING, Appointment, Clinic
from whatsapp import attending, chat_actions, window
from whatsapp.admin.bubbles import Bubble, bubbles
from whatsapp.admin.formatting import as_plain
from whatsapp.admin.kinds import LINES
from whatsapp.admin.words import count_words, reason_words, type_words
from whatsapp.media.kinds import ACCEPTED
from whatsapp.media.words import limits
from whatsapp.models import AWAITS_A_PERSON, Conversation, Direction, Handler, Message, MessageState
from whatsapp.number_health.words import stopped_words

LISTED = 40
# What was taken back is shown nowhere.
START = Case(When(revoked_at__isnull=False, then=Value("")), default=Left("body", 90), output_field=CharField())
PAGE = 40
MOST_TEXT = 4096
TABS: dict[str, Promise] = {"all": _("All"), "waiting": _("Waiting for a person"), "bot": _("Assistant")}


def conversations(clinic: Clinic, tab: str, term: str) -> QuerySet[Any]:
    """Those of a tab that fit the term, the latest first."""
    last = Message.objects.filter(conversation=OuterRef("pk"), is_past=False)
    last = last.exclude(type__in=LINES).order_by("-id")
    rows: QuerySet[Any] = Conversation.objects.for_clinic(clinic).filter(merged_into__isnull=True)
    if tab == "waiting":
        rows = attending.waiting(clinic)
    elif tab == "bot":
        rows = rows.filter(handler=Handler.BOT)
    if term:
        rows = rows.filter(_fits(term))
    rows = rows.select_related("contact__patient", "attendant").annotate(
        is_waiting=Case(When(AWAITS_A_PERSON, then=Value(True)), default=Value(False), output_field=BooleanField()),
        last_body=Subquery(last.annotate(start=START).values("start")[:1]),
        last_type=Subquery(last.values("type")[:1]),
        last_revoked_at=Subquery(last.values("revoked_at")[:1]),
        last_direction=Subquery(last.values("direction")[:1]),
    )
    return rows.order_by("-last_message_at", "-id")


def listed(clinic: Clinic, tab: str, term: str, page: int = 1) -> tuple[list[Any], bool]:
    """What a page of the list at the left holds, and whether there are older chats."""
    rows = conversations(clinic, tab, term)
    start, most = (page - 1) * LISTED, LISTED + 1
    # On the other tabs all wait, or none.
    found = waiting_first(rows, most, start) if tab == "all" else list(rows[start : start + most])
    return found[:LISTED], len(found) == most


def waiting_words(clinic: Clinic) -> str:
    """How many wait for a person; "" for none."""
    count = attending.count_waiting(clinic)
    return count_words(count, attending.MOST_COUNTED) if count else ""


def waiting_first(rows: QuerySet[Any], most: int, start: int = 0) -> list[Any]:
    """So many of these conversations from `start` on: who waits for a person, then the others.

    Two queries (and a third for how many wait, where all who do stand before `start`), each in the order of an index:
    one that sorted by who waits would walk all of the clinic's chats, and each open page asks every few seconds.
    """
    waiting = list(rows.filter(AWAITS_A_PERSON)[start : start + most])
    if len(waiting) == most:
        return waiting
    found = {one.pk for one in waiting}
    skipped = start - rows.filter(AWAITS_A_PERSON).order_by()[:start].count() if start and not waiting else 0
    others = rows.exclude(AWAITS_A_PERSON)[skipped : skipped + most - len(waiting)]
    # Somebody may have taken one in between.
    return waiting + [one for one in others if one.pk not in found]


def _fits(term: str) -> Q:
    which = (
        Q(contact__name__icontains=term)
        | Q(contact__book_name__icontains=term)
        | Q(contact__patient__name__icontains=term)
    )
    if user_name := term.removeprefix("@"):
        which |= Q(contact__username__icontains=user_name)
    digits = phones.digits(term)
    return which | Q(contact__wa_id__contains=digits) if len(digits) >= 4 else which


def who(conversation: Conversation) -> str:
    """The name a receptionist looks for: the patient's, else the one on WhatsApp, else the number."""
    contact = conversation.contact
    if contact.patient is not None:
        return contact.patient.name
    names = (contact.book_name, contact.name, username_of(conversation), phone_of(conversation))
    return next(filter(None, names), str(_("no name")))


def phone_of(conversation: Conversation) -> str:
    """The number as people read it; "" when WhatsApp shows none."""
    return phones.display(conversation.contact.wa_id or "")


def username_of(conversation: Conversation) -> str:
    """`@name`; "" for who has none."""
    name = conversation.contact.username
    return f"@{name}" if name else ""


def phone_in_record(conversation: Conversation) -> str | None:
    """The patient's phone where it is another one than they write from ("": none yet); None when there is no doubt."""
    contact = conversation.contact
    if contact.patient is None or not contact.match_key or contact.patient.phone_key == contact.match_key:
        return None
    return phones.display(phones.digits(contact.patient.phone))


def rows(found: Sequence[Any]) -> list[dict[str, Any]]:
    """What the list at the left shows."""
    return [
        {
            "conversation": one,
            "who": who(one),
            "reason": reason_words(one.handover_reason),
            "what": _what(one),
        }
        for one in found
    ]


def _what(row: Any) -> str:
    """What the last message says, and what it is where it has no words to show."""
    if row.last_body:
        return as_plain(row.last_body)
    if row.last_revoked_at is not None:
        return gettext("Deleted by the sender")
    return type_words(row.last_type) if row.last_type else ""


def page_of(conversation: Conversation, before: int | None = None) -> tuple[list[Bubble], int | None]:
    """A page of messages, oldest first, and before which id the older ones start (None: there are none)."""
    found = _older(conversation, before)
    shown = found[:PAGE][::-1]
    return bubbles(shown), shown[0].pk if len(found) > PAGE else None


def _older(conversation: Conversation, before: int | None) -> list[Message]:
    """A page and one more, newest first. What was said before the number came to us stands above all else, by its
    time: it comes in any order."""
    rows = (
        Message.objects.for_clinic(conversation.clinic_id)
        .filter(conversation=conversation)
        .select_related("staff", "file")
        # A reaction stands on its message; only one that failed has something to say itself.
        .exclude(~Q(state=MessageState.FAILED), type="reaction", direction=Direction.OUT)
    )
    last = rows.filter(pk=before).first() if before is not None else None
    found: list[Message] = []
    if last is None or not last.is_past:
        live = rows.filter(is_past=False).order_by("-id")
        found = list((live.filter(pk__lt=before) if before is not None else live)[: PAGE + 1])
    if len(found) > PAGE:
        return found
    past = rows.filter(is_past=True).order_by("-created_at", "-id")
    if last is not None and last.is_past:
        earlier = Q(created_at__lt=last.created_at) | Q(created_at=last.created_at, pk__lt=last.pk)
        past = past.filter(earlier)
    return found + list(past[: PAGE + 1 - len(found)])


def acts(conversation: Conversation, now: datetime) -> dict[str, Any]:
    """What the bubbles of a chat let a person do."""
    return {
        "conversation": conversation,
        "is_open": window.is_open(conversation, now=now),
        "emojis": chat_actions.EMOJIS,
    }


def chat(conversation: Conversation, now: datetime) -> dict[str, Any]:
    """What the chat and the patient's card show."""
    messages, older = page_of(conversation)
    patient = conversation.contact.patient
    upcoming = Appointment.objects.for_clinic(conversation.clinic_id).filter(
        patient=patient, status__in=UPCOMING, starts_at__gte=now
    )
    return {
        **acts(conversation, now),
        "stopped": stopped_words(conversation.number.blocked_code),
        "who": who(conversation),
        "phone": phone_of(conversation),
        "user_name": username_of(conversation),
        "phone_in_record": phone_in_record(conversation),
        "bubbles": messages,
        "older": older,
        "is_person": conversation.handler == Handler.PERSON,
        "reason": reason_words(conversation.handover_reason),
        "closes_at": window.closes_at(conversation),
        "free_until": conversation.free_until if window.is_free(conversation, now=now) else None,
        "patient": patient,
        "upcoming": upcoming.select_related("offering", "professional").order_by("starts_at")[:5] if patient else [],
        "most_text": MOST_TEXT,
        "has_place": conversation.clinic.latitude is not None,
        "file_limits": limits(),
        "file_types": ACCEPTED,
    }
